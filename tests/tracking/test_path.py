"""What is found about a report before it is decided: other touches of the visitor, codes, names, customers, foreign ids."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from advertisers.models import Campaign, Coupon
from network import organizations
from publishers.models import PublisherProfile, TrackingLink
from tests.cast import Member
from tests.tracking.stage import PHONE, click_id, conversion, event, ingest, process, report, send
from tracking.attribution import customer_key
from tracking.conversions import process_all
from tracking.models import Attribution, Conversion, CustomerOwner, ForeignClick, Postback, Touchpoint
from tracking.outcomes import Outcome

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def path(order_id: str) -> list[tuple[str, int, bool, str]]:
    found = Touchpoint.objects.filter(conversion=conversion(order_id)).order_by("position")
    return list(found.values_list("kind", "partnership_id", "is_winner", "code"))


@pytest.fixture
def code(campaign: Campaign, second_link: TrackingLink) -> Coupon:
    """Paul's."""
    return Coupon.objects.create(campaign=campaign, publisher=second_link.partnership.publisher, code="Paul10")


def test_it_keeps_clicks_that_were_handed_over(
    campaign: Campaign, link: TrackingLink, second_link: TrackingLink
) -> None:
    earlier = click_id(second_link, NOW - timedelta(days=3))
    given = report(
        campaign,
        "A-1",
        received_at=NOW,
        click_id=click_id(link, NOW - timedelta(days=1)),
        touches=[earlier, "nonsense", earlier],
    )
    process(given)
    assert path("A-1") == [
        ("click", second_link.partnership_id, False, ""),
        ("click", link.partnership_id, True, ""),
    ]
    first, _ = Touchpoint.objects.order_by("position")
    assert (first.at, first.link_id, first.channel) == (NOW - timedelta(days=3), second_link.pk, second_link.channel)


def test_it_lets_the_first_of_them_earn(campaign: Campaign, link: TrackingLink, second_link: TrackingLink) -> None:
    Campaign.objects.update(attribution_model="first_click")
    earlier = click_id(second_link, NOW - timedelta(days=3))
    process(report(campaign, "A-1", received_at=NOW, click_id=click_id(link, NOW), touches=[earlier]))
    assert conversion("A-1").partnership == second_link.partnership
    assert (Attribution.objects.get().method, Attribution.objects.get().kind) == ("first_click", "click")


def test_it_finds_the_visitors_other_clicks(
    redis: Redis, campaign: Campaign, link: TrackingLink, second_link: TrackingLink
) -> None:
    at = timezone.now() - timedelta(hours=3)
    send(
        redis,
        event(second_link, at, n=1, ip="192.0.2.7"),
        event(link, at + timedelta(hours=1), n=2, ip="192.0.2.7"),
        event(second_link, at + timedelta(hours=1), n=3, ip="198.51.100.9"),  # somebody else
        event(second_link, at + timedelta(hours=2), n=4, consent="denied", ip=None, ua=None),
    )
    ingest(redis)
    process(report(campaign, "A-1", click_id=click_id(link, at + timedelta(hours=1), 2)))
    assert path("A-1") == [
        ("click", second_link.partnership_id, False, ""),
        ("click", link.partnership_id, True, ""),
    ]


def test_it_counts_a_view_when_nothing_else_earns(redis: Redis, campaign: Campaign, link: TrackingLink) -> None:
    Campaign.objects.update(view_window_hours=24)
    at = timezone.now() - timedelta(hours=3)
    send(redis, event(link, at, t="impression", n=5, ip="192.0.2.7"))
    ingest(redis)
    buyer: dict[str, Any] = {"ip": "192.0.2.7", "user_agent": PHONE}  # as the advertiser's server describes it
    given = report(campaign, "A-1", coupon="NOBODYS", **buyer)
    late = report(campaign, "A-2", coupon="X", **buyer, occurred_at=(at + timedelta(hours=24)).isoformat())
    assert process(given, late) == [Outcome.CONVERTED, Outcome.UNPAID]
    found = conversion("A-1")
    assert (found.partnership, found.link, found.is_view_through, found.subs) == (link.partnership, link, True, [])
    assert path("A-1") == [("impression", link.partnership_id, True, "")]
    assert (found.attribution.kind, found.attribution.click_nonce) == ("impression", 5)


@pytest.mark.parametrize("flag", ["invalid_placement", "hidden_tab"])
def test_a_banner_that_nobody_could_see_earns_nothing(
    redis: Redis, campaign: Campaign, link: TrackingLink, flag: str
) -> None:
    Campaign.objects.update(view_window_hours=24)
    send(redis, event(link, timezone.now() - timedelta(hours=3), t="view", n=5, ip="192.0.2.7", flags=[flag]))
    ingest(redis)
    given = report(campaign, "A-1", coupon="NOBODYS", ip="192.0.2.7", user_agent=PHONE)
    assert process(given) == [Outcome.UNPAID]


def test_it_knows_the_visitor_by_the_browser_that_reports(redis: Redis, campaign: Campaign, link: TrackingLink) -> None:
    Campaign.objects.update(view_window_hours=24)
    send(redis, event(link, timezone.now() - timedelta(hours=3), t="impression", n=5, ip="192.0.2.7"))
    ingest(redis)
    given = report(campaign, "A-1", coupon="NOBODYS", channel="tag")
    Postback.objects.filter(id=given.id).update(ip="192.0.2.7", user_agent=PHONE)
    process(given)
    assert path("A-1") == [("impression", link.partnership_id, True, "")]


class TestCodes:
    def test_it_pays_the_publisher_of_a_code_in_any_case(
        self, campaign: Campaign, code: Coupon, second_link: TrackingLink
    ) -> None:
        assert process(report(campaign, "A-1", coupon=" pAUL10")) == [Outcome.CONVERTED]
        found = conversion("A-1")
        assert (found.partnership, found.link, found.subs) == (second_link.partnership, None, [])
        assert (found.attribution.kind, found.attribution.clicked_at) == ("coupon", None)

    def test_it_lets_an_exclusive_code_win_over_a_click(
        self, campaign: Campaign, code: Coupon, link: TrackingLink, second_link: TrackingLink
    ) -> None:
        Coupon.objects.update(is_exclusive=True)
        process(report(campaign, "A-1", coupon="PAUL10", click_id=click_id(link)))
        assert conversion("A-1").partnership == second_link.partnership
        assert conversion("A-1").flags == ["coupon_over_click"]

    def test_it_pays_nobody_for_a_retired_or_public_code(self, campaign: Campaign, code: Coupon) -> None:
        Coupon.objects.create(campaign=campaign, code="ALL")
        Coupon.objects.filter(pk=code.pk).update(retired_at=NOW)
        given = [report(campaign, "A-1", coupon="ALL"), report(campaign, "A-2", coupon="PAUL10", received_at=NOW)]
        assert process(*given) == [Outcome.UNPAID, Outcome.UNPAID]


class TestNamed:
    def test_it_believes_the_advertisers_server(
        self, campaign: Campaign, link: TrackingLink, second_link: TrackingLink
    ) -> None:
        partnership = second_link.partnership
        named = [partnership.public_id, partnership.publisher.public_id]
        for order_id, name in zip(("A-1", "A-2"), named, strict=True):
            process(report(campaign, order_id, click_id=click_id(link), publisher=name))
            assert conversion(order_id).partnership == partnership
            assert conversion(order_id).attribution.kind == "publisher"

    def test_it_believes_no_browser(self, campaign: Campaign, link: TrackingLink, second_link: TrackingLink) -> None:
        name = second_link.partnership.public_id
        process(report(campaign, "A-1", click_id=click_id(link), publisher=name, channel="pixel"))
        assert conversion("A-1").partnership == link.partnership

    def test_it_remarks_on_unknown_names(self, campaign: Campaign, link: TrackingLink) -> None:
        process(report(campaign, "A-1", click_id=click_id(link), publisher="nobody"))
        assert (conversion("A-1").partnership, conversion("A-1").flags) == (link.partnership, ["unknown_publisher"])

    def test_it_lets_the_servers_exclusive_code_go_before_the_browsers_click(
        self, campaign: Campaign, link: TrackingLink, second_link: TrackingLink, code: Coupon
    ) -> None:
        """As if the server had known both from the start; nothing else lets a forged click take it from the code."""
        Coupon.objects.filter(pk=code.pk).update(is_exclusive=True)
        process(report(campaign, "A-1", click_id=click_id(link), channel="tag"))
        process(report(campaign, "A-1", coupon="PAUL10"))
        found = conversion("A-1")
        assert (found.partnership, found.flags) == (second_link.partnership, ["click_replaced"])
        assert path("A-1") == [("coupon", second_link.partnership_id, True, "")]

    def test_it_keeps_the_click_of_the_codes_owner(
        self, campaign: Campaign, second_link: TrackingLink, code: Coupon
    ) -> None:
        Coupon.objects.filter(pk=code.pk).update(is_exclusive=True)
        process(report(campaign, "A-1", click_id=click_id(second_link), channel="tag"))
        process(report(campaign, "A-1", coupon="PAUL10"))
        assert (conversion("A-1").link, conversion("A-1").flags) == (second_link, [])

    def test_it_leaves_the_browsers_click_before_another_code(
        self, campaign: Campaign, link: TrackingLink, second_link: TrackingLink, code: Coupon
    ) -> None:
        process(report(campaign, "A-1", click_id=click_id(link), channel="tag"))
        process(report(campaign, "A-1", coupon="Paul10"))
        process(report(campaign, "A-2", coupon="unknown", click_id=click_id(link), channel="tag"))
        process(report(campaign, "A-2", coupon="PAUL10"))
        assert (conversion("A-1").partnership, conversion("A-1").coupon) == (link.partnership, "Paul10")
        assert conversion("A-2").partnership == link.partnership

    def test_it_lets_the_servers_code_go_before_the_browsers_code(
        self, campaign: Campaign, link: TrackingLink, second_link: TrackingLink, code: Coupon
    ) -> None:
        Coupon.objects.create(campaign=campaign, publisher=link.partnership.publisher, code="Pia5")
        process(report(campaign, "A-1", coupon="Pia5", channel="tag"))
        assert conversion("A-1").partnership == link.partnership
        process(report(campaign, "A-1", coupon="Paul10"))
        assert conversion("A-1").partnership == second_link.partnership

    def test_it_lets_the_server_name_another_than_the_browser(
        self, campaign: Campaign, link: TrackingLink, second_link: TrackingLink
    ) -> None:
        process(report(campaign, "A-1", click_id=click_id(link), channel="tag"))
        process(report(campaign, "A-1", publisher=second_link.partnership.public_id))
        found = conversion("A-1")
        assert (found.partnership, found.flags) == (second_link.partnership, ["click_replaced"])

    def test_it_pays_nobody_when_another_channel_won(self, campaign: Campaign, link: TrackingLink) -> None:
        assert process(report(campaign, "A-1", click_id=click_id(link), won_by="ppc")) == [Outcome.UNPAID]
        assert (conversion("A-1").verdict, conversion("A-1").reason) == ("invalid", "other_channel")


class TestCustomers:
    @pytest.fixture(autouse=True)
    def owned(self, campaign: Campaign) -> None:
        Campaign.objects.update(ownership_days=90)

    def test_it_pays_who_brought_the_customer(
        self, campaign: Campaign, link: TrackingLink, second_link: TrackingLink
    ) -> None:
        first = report(campaign, "A-1", received_at=NOW, click_id=click_id(link, NOW), customer_id="anna@example.com")
        again: dict[str, Any] = {"received_at": NOW + timedelta(days=89), "customer_id": "anna@example.com"}
        theirs = report(campaign, "A-2", received_at=NOW + timedelta(days=2), customer_id="bea@example.com")
        later = [
            report(campaign, "A-3", **again),
            report(campaign, "A-4", click_id=click_id(second_link, NOW + timedelta(days=89)), **again),
        ]
        process_all([first, theirs, *later])
        assert conversion("A-3").partnership == link.partnership
        assert conversion("A-3").attribution.kind == "customer"
        assert conversion("A-4").partnership == second_link.partnership
        assert conversion("A-2").reason == "no_click"
        owner = CustomerOwner.objects.get(customer_key=conversion("A-1").customer_key)
        assert (owner.partnership, owner.since) == (link.partnership, NOW)

    def test_it_ends_with_its_time(self, campaign: Campaign, link: TrackingLink) -> None:
        process(report(campaign, "A-1", received_at=NOW, click_id=click_id(link, NOW), customer_id="anna"))
        process(report(campaign, "A-2", received_at=NOW + timedelta(days=90), customer_id="anna"))
        assert conversion("A-2").verdict == "invalid"

    def test_it_outlives_the_secret_key(self, campaign: Campaign, link: TrackingLink, settings: Settings) -> None:
        """Ids arrive hashed with CUSTOMER_KEY, which stays; what else is done with them knows no key of its own."""
        process(report(campaign, "A-1", received_at=NOW, click_id=click_id(link, NOW), customer_id="5f0c"))
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a-new-one-and-the-old-one-is-forgotten", []
        process(report(campaign, "A-2", received_at=NOW + timedelta(days=1), customer_id="5f0c"))
        assert conversion("A-2").partnership == link.partnership

    def test_it_is_another_customer_in_another_campaign(self, campaign: Campaign) -> None:
        """What is kept joins nobody's purchases across campaigns."""
        assert customer_key(1, "5f0c") != customer_key(2, "5f0c")

    def test_it_keeps_no_name(self, campaign: Campaign, link: TrackingLink) -> None:
        given = report(campaign, "A-1", click_id=click_id(link), customer_id="anna@example.com")
        process(given)
        assert "customer_id" not in Postback.objects.get(pk=given.pk).fields
        assert len(conversion("A-1").customer_key) == 32

    def test_it_is_no_matter_of_tests_and_browsers(self, campaign: Campaign, link: TrackingLink) -> None:
        process(report(campaign, "A-1", click_id=click_id(link), customer_id="anna", test=True))
        process(report(campaign, "A-2", click_id=click_id(link), customer_id="anna", channel="tag"))
        assert not CustomerOwner.objects.exists()

    def test_it_stays_with_whoever_was_first_however_they_come(
        self, campaign: Campaign, link: TrackingLink, second_link: TrackingLink
    ) -> None:
        late = NOW + timedelta(days=1)
        process(report(campaign, "A-2", received_at=late, click_id=click_id(second_link, late), customer_id="anna"))
        process(report(campaign, "A-1", received_at=NOW, click_id=click_id(link, NOW), customer_id="anna"))
        assert CustomerOwner.objects.get().partnership == link.partnership


def test_it_lets_an_extension_stand_down(campaign: Campaign, link: TrackingLink, second_link: TrackingLink) -> None:
    PublisherProfile.objects.update_or_create(
        organization=second_link.partnership.publisher, defaults={"kind": "software"}
    )
    earlier = click_id(link, NOW - timedelta(minutes=40))
    process(
        report(
            campaign,
            "A-1",
            received_at=NOW,
            click_id=click_id(second_link, NOW - timedelta(minutes=11)),
            touches=[earlier],
        ),
        report(
            campaign,
            "A-2",
            received_at=NOW,
            click_id=click_id(second_link, NOW - timedelta(minutes=10)),
            touches=[earlier],
        ),
    )
    assert path("A-1") == [
        ("click", link.partnership_id, True, ""),
        ("click", second_link.partnership_id, False, "stood_down"),
    ]
    assert conversion("A-2").partnership == second_link.partnership


def test_it_knows_clicks_by_the_ids_of_the_system_before(campaign: Campaign, link: TrackingLink) -> None:
    ours = click_id(link, NOW, nonce=9)
    ForeignClick.objects.create(campaign_id=campaign.pk, system="tune", foreign_id="102abc", click_id=ours)
    process(report(campaign, "A-1", received_at=NOW, click_id="102abc", profile="tune"))
    assert (conversion("A-1").partnership, conversion("A-1").attribution.click_nonce) == (link.partnership, 9)
    assert process(report(campaign, "A-2", click_id="103abc", profile="tune")) == [Outcome.UNPAID]
    assert conversion("A-2").reason == "bad_click_id"


def test_it_forgets_the_path_of_a_browser_whose_click_was_replaced(
    campaign: Campaign, link: TrackingLink, second_link: TrackingLink
) -> None:
    process(report(campaign, "A-1", click_id=click_id(link), channel="pixel"))
    process(report(campaign, "A-1", click_id=click_id(second_link)))
    assert path("A-1") == [("click", second_link.partnership_id, True, "")]
    assert Conversion.objects.count() == Attribution.objects.count() == 1


def test_a_suspended_publisher_earns_by_no_way(
    redis: Redis, campaign: Campaign, link: TrackingLink, second_link: TrackingLink, code: Coupon, nima: Member
) -> None:
    """The edge refuses reports of its clicks; codes, names, customers, views and earlier clicks are no way around that."""
    Campaign.objects.update(attribution_model="coupon_first", ownership_days=365, view_window_hours=24)
    at, suspended = timezone.now() - timedelta(hours=1), second_link.partnership.publisher
    send(redis, event(second_link, at, t="impression", n=5, ip="192.0.2.7"))
    ingest(redis)
    process(report(campaign, "A-0", click_id=click_id(second_link, at), customer_id="c-1"))
    assert conversion("A-0").partnership == second_link.partnership
    organizations.suspend(suspended, reason="Forged orders", by=nima.actor)
    outcomes = process(
        report(campaign, "A-1", coupon="PAUL10"),
        report(campaign, "A-2", publisher=suspended.public_id),
        report(campaign, "A-3", coupon="NOBODYS", customer_id="c-1"),
        report(campaign, "A-4", coupon="NOBODYS", ip="192.0.2.7", user_agent=PHONE),
        report(campaign, "A-5", click_id=click_id(link, at), touches=[click_id(second_link, timezone.now())]),
    )
    assert outcomes == [Outcome.UNPAID] * 4 + [Outcome.CONVERTED]
    assert conversion("A-5").partnership == link.partnership
