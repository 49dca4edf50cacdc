"""A conversion becomes a commission, or a reason why not; again and again with the same result."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from network.models import Kind
from payouts import accrual, commissions, tasks
from payouts.models import Commission, CommissionStatus, Rejection
from publishers import links, partnerships
from tests.cast import Member
from tests.cast import member as make_member
from tests.payouts.market import MICRO, Market, OpenMarket, activate
from tests.tracking import stage
from tracking.models import Conversion, DailyCount

Status = CommissionStatus


def test_it_records_a_commission_and_keeps_why(market: Market) -> None:
    commission = market.sell("1001", 10_000)

    assert (commission.amount, commission.fee, commission.base, commission.status) == (800, 160, 10_000, "pending")
    assert commission.plan.version == 1
    assert commission.rule.percent_basis_points == 800
    assert commission.publisher == market.pia.organization
    assert not Conversion.objects.filter(needs_settling=True).exists()


def test_it_books_nothing_when_it_runs_again(market: Market) -> None:
    commission = market.sell("1001", 10_000)
    before = market.books()

    for _ in range(3):
        Conversion.objects.update(needs_settling=True)
        market.settle()

    commission.refresh_from_db()
    assert commission.step == 1
    assert market.books() == before


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"test": True}, "test"),
        ({"click_id": None}, "unattributed"),
        ({"goal": "lead", "amount": None}, "no_rule"),
        ({"clicked_at": timezone.now() - timedelta(days=35)}, "invalid"),  # outside the window of 30 days
        ({"clicked_at": timezone.now() - timedelta(days=41), "occurred_at": "old"}, "no_plan"),
    ],
)
def test_it_keeps_the_reason_why_nothing_is_paid(market: Market, fields: dict[str, object], code: str) -> None:
    if fields.get("occurred_at") == "old":
        fields = fields | {"occurred_at": (timezone.now() - timedelta(days=40, hours=23)).isoformat()}
    amount = fields.pop("amount", 10_000) if "amount" in fields else 10_000
    market.report("1001", amount, **fields)  # type: ignore[arg-type]
    market.settle()

    assert Rejection.objects.get().code == code
    assert not Commission.objects.exists()
    assert market.books() == {"funds": 100_000, "cash": -100_000}


def test_it_follows_a_refund_before_approval(market: Market) -> None:
    market.sell("1001", 10_000)
    market.refund("1001", 2_500)

    commission = market.commission()
    assert (commission.amount, commission.fee, commission.refunded, commission.status) == (600, 120, 2_500, "pending")
    assert market.books() == {"funds": 99_280, "pending": 600, "fee pending": 120, "cash": -100_000}


def test_it_takes_a_refund_after_approval_from_what_is_payable(market: Market) -> None:
    commissions.approve(market.sell("1001", 10_000), by=market.ada.actor)
    market.refund("1001", 2_500)

    assert market.commission().status == Status.APPROVED
    assert market.books() == {"funds": 99_280, "payable": 600, "fee": 120, "cash": -100_000}


def test_it_reverses_an_approved_commission_when_all_is_refunded(market: Market) -> None:
    commissions.approve(market.sell("1001", 10_000), by=market.ada.actor)
    market.refund("1001")

    commission = market.commission()
    assert (commission.status, commission.reason, commission.amount) == ("reversed", "refunded", 0)
    assert market.books() == {"funds": 100_000, "cash": -100_000}


def test_it_takes_at_most_the_whole_sale_back(market: Market) -> None:
    market.sell("1001", 10_000)
    market.refund("1001", 12_500)

    commission = market.commission()
    assert (commission.amount, commission.refunded, commission.count) == (0, 10_000, 0)
    assert market.books() == {"funds": 100_000, "cash": -100_000}


def test_it_nets_a_sale_whose_refund_came_first(market: Market) -> None:
    market.refund("1001", 2_500)
    commission = market.sell("1001", 10_000)

    assert (commission.amount, commission.fee) == (600, 120)
    assert market.books() == {"funds": 99_280, "pending": 600, "fee pending": 120, "cash": -100_000}


def test_it_leaves_nothing_after_many_partial_refunds(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 750)})
    market.sell("1001", 10_000)
    for number in range(50):
        market.refund("1001", 200, f"r{number}")

    assert market.books() == {"funds": 100_000, "cash": -100_000}


def test_it_holds_a_commission_that_the_balance_does_not_cover(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=959)  # 8.00 and 1.60 are 9.60
    commission = market.sell("1001", 10_000)

    assert (commission.status, commission.reason) == ("held", "unfunded")
    assert (commission.amount, commission.due_amount, commission.due_fee) == (0, 800, 160)
    assert market.books() == {"funds": 959, "cash": -959}


@pytest.mark.django_db(transaction=True)
def test_it_books_what_waited_with_the_top_up_the_oldest_first(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=0)
    first, second = market.sell("1001", 10_000), market.sell("1002", 10_000)

    market.top_up(1_000)

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.status, first.amount, first.due_amount) == ("pending", 800, 0)
    assert (second.status, second.amount, second.due_amount) == ("held", 0, 800)
    assert market.books() == {"funds": 40, "pending": 800, "fee pending": 160, "cash": -1_000}


def test_it_books_what_waited_also_by_the_workers_next_round(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=0)
    commission = market.sell("1001", 10_000)
    market.top_up(100_000)  # what it does on commit does not run inside this test

    tasks.settle_conversions()

    commission.refresh_from_db()
    assert (commission.status, commission.amount) == ("pending", 800)


def test_it_keeps_what_is_funded_of_a_day_and_books_the_rest_later(open_market: OpenMarket) -> None:
    market = open_market({"click": (100 * MICRO, 0)}, funds=1_300)  # 1.00 and 0.20 each
    market.happen("click", 10)
    market.settle()
    market.happen("click", 2)
    market.settle()

    commission = market.commission()
    assert (commission.status, commission.amount, commission.due_amount, commission.due_fee) == (
        "pending",
        1_000,
        200,
        40,
    )
    market.top_up(140)
    tasks.settle_conversions()
    assert market.books() == {"pending": 1_200, "fee pending": 240, "cash": -1_440}


def test_it_pays_a_day_per_plan_version(open_market: OpenMarket) -> None:
    market = open_market({"click": (10 * MICRO, 0)})
    market.happen("click", 3)
    activate(market.campaign, {"click": (20 * MICRO, 0)}, market.ada)
    later = market.campaign.plans.get(version=2).starts_at
    assert later
    stage.send(market.redis, *(stage.event(market.link, later + timedelta(seconds=1)) for _ in range(2)))
    stage.ingest(market.redis)
    market.settle()

    paid = Commission.objects.order_by("plan__version").values_list("plan__version", "count", "amount")
    assert list(paid) == [(1, 3, 30), (2, 2, 40)]


def test_it_adds_up_a_day_over_all_links_of_a_partnership(open_market: OpenMarket) -> None:
    market = open_market({"click": (400_000, 0)})  # 0.004
    second = links.grab(market.partnership, by=market.pia.actor, name="second")
    stage.send(market.redis, stage.event(market.link), stage.event(second))
    stage.ingest(market.redis)
    market.settle()

    commission = market.commission()
    assert (commission.count, commission.amount) == (2, 1)  # 0.8, rounded once; each link alone would give 0


def test_it_leaves_a_day_without_a_rule_alone(market: Market) -> None:
    market.happen("click", 3)
    market.settle()

    assert not Commission.objects.exists()
    assert not DailyCount.objects.filter(needs_settling=True).exists()


def test_it_approves_what_the_advertisers_server_approves(market: Market) -> None:
    market.sell("1001", 10_000)
    stage.process(stage.status(market.campaign, "1001", "approved"))
    market.settle()

    assert market.commission().status == Status.APPROVED
    assert market.books() == {"funds": 99_040, "payable": 800, "fee": 160, "cash": -100_000}


def test_it_holds_what_the_advertisers_server_holds_until_it_says_more(market: Market) -> None:
    commission = market.sell("1001", 10_000, status="held", reason="Stock is checked")
    assert (commission.status, commission.reason, commission.amount) == (Status.HELD, "on_hold", 800)
    before = market.books()
    commissions.approve_due(commission)
    Conversion.objects.update(needs_settling=True)
    market.settle()
    assert (market.commission().status, market.books()) == (Status.HELD, before)

    stage.process(stage.status(market.campaign, "1001", "approved"))
    market.settle()
    assert (market.commission().status, market.commission().reason) == (Status.APPROVED, "")
    assert market.books() == {"funds": 99_040, "payable": 800, "fee": 160, "cash": -100_000}


def test_it_holds_what_was_pending_or_approved_and_declines_it_from_there(market: Market) -> None:
    for order, approved_before in (("1001", False), ("1002", True)):
        commission = market.sell(order, 10_000)
        if approved_before:
            commissions.approve(commission, by=market.ada.actor)
        stage.process(stage.status(market.campaign, order, "held"))
        market.settle()
        commission.refresh_from_db()
        assert (commission.status, commission.reason) == (Status.HELD, "on_hold")
        stage.process(stage.status(market.campaign, order, "declined"))
        market.settle()
        commission.refresh_from_db()
        assert commission.status in {Status.DECLINED, Status.REVERSED}
    assert market.books() == {"funds": 100_000, "cash": -100_000}


def test_what_a_person_releases_is_not_held_again_by_the_old_word(market: Market) -> None:
    commission = market.sell("1001", 10_000, status="held")
    commissions.release(commission, by=market.ada.actor)
    Conversion.objects.update(needs_settling=True)
    market.settle()
    assert market.commission().status == Status.PENDING


def test_what_the_advertiser_lets_go_stays_held_while_its_traffic_is_under_review(market: Market) -> None:
    market.sell("1001", 10_000, status="held")
    Conversion.objects.update(verdict="suspect")
    stage.process(stage.status(market.campaign, "1001", "approved"))
    market.settle()
    assert (market.commission().status, market.commission().reason) == (Status.HELD, "suspect")


@pytest.mark.parametrize(("approved_before", "status"), [(False, "declined"), (True, "reversed")])
def test_it_withdraws_what_the_advertisers_server_declines(
    market: Market, *, approved_before: bool, status: str
) -> None:
    commission = market.sell("1001", 10_000)
    if approved_before:
        commissions.approve(commission, by=market.ada.actor)
    stage.process(stage.status(market.campaign, "1001", "declined", reason="Fraud"))
    market.settle()

    commission.refresh_from_db()
    assert (commission.status, commission.reason, commission.note) == (status, "reported", "Fraud")
    assert market.books() == {"funds": 100_000, "cash": -100_000}


def test_it_pays_the_servers_amount_once_the_server_confirms_a_pixel(market: Market) -> None:
    commission = market.sell("1001", 99_999, channel="pixel")
    assert commission.amount == 8_000  # 7,999.92

    market.report("1001", 10_000, click_id=None)
    market.settle()

    commission.refresh_from_db()
    assert (commission.amount, commission.fee, commission.base) == (800, 160, 10_000)
    assert market.books() == {"funds": 99_040, "pending": 800, "fee pending": 160, "cash": -100_000}


def test_it_pays_the_publisher_whose_click_the_server_names(market: Market, nima: Member) -> None:
    paula = make_member("Paula", Kind.PUBLISHER, nima, currency="USD")
    applied = partnerships.apply(market.campaign, publisher=paula.organization, by=paula.actor)
    link = links.grab(partnerships.approve(applied, by=market.ada.actor), by=paula.actor)
    first = market.sell("1001", 10_000, channel="pixel")

    market.report("1001", 10_000, link=link)
    market.settle()

    first.refresh_from_db()
    assert (first.status, first.reason, first.amount) == ("declined", "other_click", 0)
    assert Commission.objects.get(publisher=paula.organization).amount == 800
    assert market.books() == {"funds": 99_040, "fee pending": 160, "cash": -100_000}


def test_it_holds_what_came_from_a_suspect_click(market: Market) -> None:
    conversion = market.report("1001", 10_000)
    Conversion.objects.update(verdict="suspect", reason="invalid_click")
    commission = accrual.settle(conversion.pk)

    assert commission
    assert (commission.status, commission.reason) == ("held", "suspect")
    assert market.books() == {"funds": 99_040, "held": 800, "fee pending": 160, "cash": -100_000}

    Conversion.objects.update(verdict="valid", needs_settling=True)
    market.settle()
    assert market.books() == {"funds": 99_040, "pending": 800, "fee pending": 160, "cash": -100_000}


def test_it_goes_on_with_the_others_when_one_fails(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, _good = market.report("bad"), market.report("good")
    priced = accrual.priced

    def sometimes(conversion: Conversion, *args: accrual.Tariff) -> object:
        if conversion.pk == bad.pk:
            raise RuntimeError("broken")
        return priced(conversion, *args)

    monkeypatch.setattr(accrual, "priced", sometimes)
    with pytest.raises(ExceptionGroup):
        tasks.settle_conversions()

    assert market.commission().conversion.order_id == "good"  # type: ignore[union-attr]
    bad.refresh_from_db()
    assert bad.needs_settling


class TestTogether:
    """New conversions are settled together; what comes out is what comes out one by one."""

    def test_it_takes_a_handful_of_queries(self, market: Market) -> None:
        market.sell("0")
        found = [market.report(f"{number}").pk for number in range(1, 21)]
        with CaptureQueriesContext(connection) as few:
            assert accrual.settle_new(found[:2]) == set(found[:2])
        with CaptureQueriesContext(connection) as many:
            assert accrual.settle_new(found[2:]) == set(found[2:])
        assert len(many) == len(few)
        assert Commission.objects.count() == 21
        assert market.books()["pending"] == 21 * 800

    def test_it_holds_what_the_balance_does_not_cover(self, open_market: OpenMarket) -> None:
        market = open_market({"sale": (0, 800)}, funds=2_000)  # each sale of 100.00 costs 8.00 and a fee of 1.60
        for order in ("1", "2", "3"):
            market.report(order)
        market.report("4", amount=100)
        market.settle()
        found = Commission.objects.order_by("conversion__received_at").values_list(
            "status", "reason", "amount", "due_amount"
        )
        assert list(found) == [
            ("pending", "", 800, 0),
            ("pending", "", 800, 0),
            ("held", "unfunded", 0, 800),
            ("pending", "", 8, 0),
        ]
        assert market.books() == {"cash": -2_000, "funds": 70, "pending": 1_608, "fee pending": 322}

    def test_it_leaves_the_rest_to_be_settled_one_by_one(self, market: Market) -> None:
        settled, refunded = market.sell("settled"), market.report("refunded")
        stage.process(stage.refund(market.campaign, "refunded", 1_000))
        approved, unpaid = (
            market.report("approved", status="approved"),
            market.report("unpaid", click_id=None, coupon="X"),
        )
        Conversion.objects.update(needs_settling=True)
        assert settled.conversion_id
        everything = [settled.conversion_id, refunded.pk, approved.pk, unpaid.pk]
        assert accrual.settle_new(everything) == {unpaid.pk}
        market.settle()
        found = Commission.objects.order_by("conversion__received_at").values_list(
            "conversion__order_id", "status", "amount"
        )
        assert list(found) == [("settled", "pending", 800), ("refunded", "pending", 720), ("approved", "approved", 800)]
        assert Rejection.objects.get().code == "unattributed"
        assert market.books()["pending"] == 1_520
