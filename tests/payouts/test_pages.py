"""The pages: what each role sees of the same money, and what it never sees."""

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.test import Client

from advertisers import mandates
from advertisers.models import Mandate, Scope
from payouts import accounts, commissions, ledger, timeline
from payouts.models import Commission, CommissionStatus
from tests.cast import Member
from tests.payouts.market import MICRO, Market, OpenMarket
from tracking.models import Conversion, Refund

type Browse = Callable[[Member], Client]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def browse() -> Browse:
    def signed_in(member: Member) -> Client:
        client = Client()
        client.force_login(member.user)
        return client

    return signed_in


def text(content: bytes) -> str:
    """The words of a page, without its markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content.decode()))


def test_it_shows_the_advertiser_what_each_conversion_costs(market: Market, browse: Browse) -> None:
    market.sell("ORD-1001", 10_000)
    page = text(browse(market.ada).get("/conversions/").content)

    for shown in ("ORD-1001", "Pia", "$100.00", "$8.00", "$9.60", "Pending"):
        assert shown in page


@pytest.mark.parametrize("state", ["pending", "approved", "refunded"])
def test_it_never_shows_a_publisher_the_fee_or_the_cost(market: Market, browse: Browse, state: str) -> None:
    """S5: absent from list, detail, balance and bonuses, also from the markup."""
    commission = market.sell("ORD-1001", 10_000)
    if state == "approved":
        commissions.approve(commission, by=market.ada.actor)
    if state == "refunded":
        market.refund("ORD-1001", 5_000)
    market.bonus(3_000)
    client = browse(market.pia)

    for url in ("/conversions/", f"/conversions/{commission.public_id}/", "/balance/", "/bonuses/"):
        html = re.sub(
            r'datetime="[^"]*"', "", client.get(url).content.decode()
        )  # fractions of seconds look like amounts
        for secret in ("ORD-1001", "1.60", "9.60", "0.80", "4.80", "6.00", "36.00", "Network fee", "Total cost"):
            assert secret not in html, (url, secret)
    assert "…1001" in client.get("/conversions/").content.decode()


def test_it_does_not_tell_a_publisher_about_conversions_of_nobody(market: Market, browse: Browse) -> None:
    market.report("1001", 10_000, click_id=None)
    market.settle()

    assert "1001" not in text(browse(market.pia).get("/conversions/?tab=unpaid").content)
    page = text(browse(market.ada).get("/conversions/?tab=unpaid").content)
    assert "1001" in page
    assert "No publisher&#x27;s click led to it" in page or "No publisher's click led to it" in page


def test_it_leads_from_a_conversions_id_to_its_commission_or_its_reason(market: Market, browse: Browse) -> None:
    paid = market.sell("1001")
    unpaid = market.report("1002", click_id=None)
    market.settle()
    client = browse(market.ada)

    found = client.get(f"/conversions/by-id/{paid.conversion_id}/")
    assert found.headers["Location"] == f"/conversions/{paid.public_id}/"
    assert "led to it" in text(client.get(f"/conversions/by-id/{unpaid.pk}/").content)
    assert browse(market.pia).get(f"/conversions/by-id/{unpaid.pk}/").status_code == 404


def test_it_filters(market: Market, browse: Browse) -> None:
    market.sell("first-1001")
    commissions.approve(market.sell("second-1002"), by=market.ada.actor)
    client = browse(market.ada)

    def orders(query: str) -> set[str]:
        page = client.get(f"/conversions/?{query}", headers=HTMX).content.decode()
        assert page.lstrip().startswith('<div id="conversions">')
        return set(re.findall(r"(?:first|second)-\d+", page))

    assert orders("order=1001") == {"first-1001"}
    assert orders("status=approved") == {"second-1002"}
    assert orders("status=pending&goal=sale") == {"first-1001"}
    assert orders("since=2020-01-01&until=2020-01-02") == set()
    assert orders(f"campaign={market.campaign.public_id}") == {"first-1001", "second-1002"}
    assert orders("tab=validate") == {"first-1001"}


def test_it_approves_the_chosen_ones(market: Market, browse: Browse) -> None:
    chosen, other = market.sell("1001"), market.sell("1002")
    answer = browse(market.ada).post(
        "/conversions/decide/?tab=validate", {"decision": "approve", "commission": chosen.public_id}, headers=HTMX
    )

    assert answer.status_code == 200
    assert "1 conversion is decided" in answer.headers["HX-Trigger"]
    assert "1002" in answer.content.decode()
    assert "1001" not in answer.content.decode()
    chosen.refresh_from_db()
    other.refresh_from_db()
    assert (chosen.status, other.status) == (CommissionStatus.APPROVED, CommissionStatus.PENDING)


def test_it_asks_for_a_reason_before_it_declines_the_chosen_ones(market: Market, browse: Browse) -> None:
    chosen = market.sell("1001")
    form = {"decision": "decline", "commission": chosen.public_id}
    answer = browse(market.ada).post("/conversions/decide/?tab=validate", form, headers=HTMX)

    assert answer.status_code == 422
    assert "Choose a reason; the publisher will see it." in text(answer.content)
    assert "checked" in answer.content.decode()
    assert Commission.objects.get().status == CommissionStatus.PENDING

    browse(market.ada).post("/conversions/decide/?tab=validate", form | {"reason": "out_of_stock"})
    assert Commission.objects.get().reason == "out_of_stock"


def test_it_leaves_what_belongs_to_others_alone(market: Market, mallory: Member, browse: Browse) -> None:
    commission = market.sell("1001")
    client = browse(mallory)

    client.post("/conversions/decide/", {"decision": "approve", "commission": commission.public_id})
    assert client.post(f"/conversions/{commission.public_id}/approve/").status_code == 404
    commission.refresh_from_db()
    assert commission.status == CommissionStatus.PENDING


def test_an_agency_decides_for_its_client_while_the_mandate_lasts(market: Market, otto: Member, browse: Browse) -> None:
    commission = market.sell("1001")
    client = browse(otto)
    assert "1001" in text(client.get("/conversions/?tab=validate").content)

    mandates.end(Mandate.objects.get(), by=market.ada.actor)
    assert client.post(f"/conversions/{commission.public_id}/approve/").status_code == 404


def test_it_records_a_refund(market: Market, browse: Browse) -> None:
    commission = market.sell("1001", 10_000)
    url = f"/conversions/{commission.public_id}/refund/"
    client = browse(market.ada)

    refused = client.post(url, {"amount": "100.01", "key": uuid4()})
    assert refused.status_code == 422
    assert "cannot exceed" in text(refused.content)
    assert client.post(url, {"amount": "25.00", "reason": "Too small", "key": uuid4()}).status_code == 302
    assert market.books()["pending"] == 600


@pytest.mark.parametrize("amount", ["25.00", ""])
def test_it_records_a_refund_once_however_often_the_form_is_sent(market: Market, browse: Browse, amount: str) -> None:
    commission = market.sell("1001", 10_000)
    url, form = f"/conversions/{commission.public_id}/refund/", {"amount": amount, "key": uuid4()}
    client = browse(market.ada)

    assert [client.post(url, form).status_code for _ in range(2)] == [302, 302]
    assert [refund.amount for refund in Refund.objects.all()] == [2_500 if amount else 10_000]
    market.books()
    assert client.post(url, {**form, "amount": "30.00"}).status_code == 422


def test_it_keeps_from_a_publisher_what_is_being_looked_into(market: Market, browse: Browse) -> None:
    commission = market.sell("1001", 10_000)
    commissions.hold(commission, note="Same card as the payout account", by=market.nima.actor)

    for url in ("/conversions/", f"/conversions/{commission.public_id}/"):
        publisher, advertiser = (text(browse(one).get(url).content) for one in (market.pia, market.ada))
        assert "Under review" in publisher
        assert "Same card" not in publisher
        assert "Same card" in advertiser


def test_it_shows_balances_that_equal_the_books(market: Market, browse: Browse) -> None:
    commissions.approve(market.sell("1001", 10_000), by=market.ada.actor)
    market.sell("1002", 5_000)
    market.bonus(3_000)

    advertiser = text(browse(market.ada).get("/balance/").content)
    for shown in ("$949.60", "$4.80", "$45.60", "$1,000.00"):  # available, reserved, spent, paid in
        assert shown in advertiser
    publisher = text(browse(market.pia).get("/balance/").content)
    for shown in ("$38.00", "$4.00"):  # payable, pending
        assert shown in publisher
    network = text(browse(market.nima).get("/money/").content)
    for shown in ("The books are sound", "$949.60", "$38.00", "$4.00", "$7.60", "$0.00"):
        assert shown in network


def test_it_shows_a_negative_balance(market: Market, browse: Browse) -> None:
    """What was paid out is refunded afterwards; the publisher owes it until it has earned as much again."""
    commission = commissions.approve(market.sell("1001", 10_000), by=market.ada.actor)
    payable, cash = accounts.payable(market.pia.organization, "USD"), accounts.cash("USD")
    with transaction.atomic():
        ledger.post("payout.confirmed", key="payout:1", moves=ledger.move(payable, cash, 800), source=commission)
    market.refund("1001")

    page = text(browse(market.pia).get("/balance/").content)
    assert "Payable \N{MINUS SIGN}$8.00" in page.replace("  ", " ")


def test_it_pages_through_the_accounts_of_a_publisher(market: Market, browse: Browse) -> None:
    market.sell("ORD-1001", 10_000)
    page = text(browse(market.pia).get("/balance/?account=pub_pending&currency=USD", headers=HTMX).content)

    assert "Commission recorded" in page
    assert "Sale, order …1001" in page


def test_it_takes_nonsense_in_the_address_calmly(market: Market, browse: Browse) -> None:
    client = browse(market.ada)
    market.sell("1001")
    for query in ("page=x", "page=99999999999", "page=-1", "currency=XXX", "account=cash", "since=soon", "tab=other"):
        assert client.get(f"/balance/?{query}").status_code == 200
        assert client.get(f"/conversions/?{query}").status_code == 200


def test_it_records_a_top_up_once(open_market: OpenMarket, browse: Browse) -> None:
    market = open_market({"sale": (0, 800)}, funds=0)
    url = f"/money/top-up/{market.ada.organization.public_id}/"
    client = browse(market.nima)
    form = {"currency": "USD", "amount": "1,500.00", "reference": "WIRE-1"}

    assert client.post(url, form).status_code == 302
    again = client.post(url, form)
    assert again.status_code == 422
    assert "already recorded" in text(again.content)
    assert market.books() == {"funds": 150_000, "cash": -150_000}


def test_it_takes_toman_in_persian(open_market: OpenMarket, browse: Browse) -> None:
    market = open_market({"sale": (0, 800)}, funds=0, currency="IRR")
    client = browse(market.nima)
    client.cookies["language"] = "fa"
    url = f"/money/top-up/{market.ada.organization.public_id}/"

    client.post(url, {"currency": "IRR", "amount": "۲۴۰٬۰۰۰", "reference": "PAYA-1"})

    assert market.books() == {"funds": 2_400_000, "cash": -2_400_000}


def test_it_gives_a_bonus_once_however_often_the_form_is_sent(market: Market, browse: Browse) -> None:
    client = browse(market.ada)
    url = f"/bonuses/give/{market.partnership.public_id}/"
    key = re.search(r'name="key" value="([^"]+)"', client.get(url).content.decode())
    assert key
    form = {"key": key[1], "amount": "30.00", "reason": "Great month"}

    client.post(url, form)
    client.post(url, form)

    assert market.books()["payable"] == 3_000
    assert "Great month" in text(browse(market.pia).get("/bonuses/").content)


def test_it_shows_a_day_of_clicks(open_market: OpenMarket, browse: Browse) -> None:
    market = open_market({"click": (100 * MICRO, 0)})
    market.happen("click", 5)
    market.settle()

    page = text(browse(market.pia).get(f"/conversions/{market.commission().public_id}/").content)
    assert "5 clicks on" in page
    assert "$5.00" in page


def test_it_lists_the_latest_day_first_whatever_was_booked_last(market: Market, browse: Browse) -> None:
    newest, older = market.sell("today-1"), market.sell("before-2")
    Commission.objects.filter(pk=older.pk).update(day=newest.day - timedelta(days=3))
    page = browse(market.ada).get("/conversions/").content.decode()
    assert page.index("today-1") < page.index("before-2")


def test_an_agency_sees_the_conversions_of_one_client(
    market: Market, otto: Member, mallory: Member, browse: Browse
) -> None:
    market.sell("1001")
    mandates.give(mallory.organization, agency=otto.organization, scopes=list(Scope), by=mallory.actor)
    client = browse(otto)
    for owner, sees in ((market.ada, True), (mallory, False)):
        of_one = client.get(f"/conversions/?client={owner.organization.public_id}", headers=HTMX)
        assert ("1001" in of_one.content.decode()) is sees
        assert ("To validate 1" in text(of_one.content)) is sees


def test_it_tells_that_a_sale_happened_before_it_was_reported(market: Market) -> None:
    commission = market.sell("1001")
    conversion = Conversion.objects.get()
    Conversion.objects.update(occurred_at=conversion.received_at + timedelta(microseconds=700))
    titles = [str(one.title) for one in timeline.moments(Commission.objects.get(pk=commission.pk))]
    assert titles.index("It happened") < titles.index("Reported")
