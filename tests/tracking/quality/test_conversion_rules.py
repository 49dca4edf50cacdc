"""Each rule at, below and above its threshold."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from advertisers import goals
from advertisers.models import Campaign, Coupon, GoalKind
from network.models import Membership
from network.roles import Role
from publishers import profiles
from publishers.models import PublisherKind, TrackingLink
from tests.cast import Member, person
from tests.tracking import stage
from tests.tracking.quality.conftest import Sell, signals, stored_click, verdict
from tracking import conversions
from tracking.models import Conversion, QualityCase, QualityFacts, QualitySignal
from tracking.quality import hosts, mail, thresholds
from tracking.quality.rules import Category

VALID = ("valid", "")


def only(conversion: Conversion) -> QualitySignal:
    return QualitySignal.objects.get(conversion=conversion)


def test_it_finds_an_ordinary_sale_valid(sell: Sell) -> None:
    sale = sell("A-1")
    assert (verdict(sale), signals(sale)) == (VALID, [])
    facts = QualityFacts.objects.get(pk=sale.pk)
    assert facts.address
    assert (facts.device, facts.mail, facts.countries) == (None, None, "")
    assert not QualityCase.objects.exists()


def test_it_asks_the_database_as_often_for_many_as_for_two(
    campaign: Campaign, link: TrackingLink, django_assert_max_num_queries: Any
) -> None:
    reports = [
        stage.report(campaign, f"A-{n}", click_id=stage.click_id(link), kept={"email": f"b{n}@x.example"})
        for n in range(40)
    ]
    with django_assert_max_num_queries(45):
        conversions.process_all(reports)
    assert Conversion.objects.filter(verdict="valid").count() == 40


def test_r1_it_holds_the_sale_of_a_robots_click(sell: Sell) -> None:
    sale = sell("A-1", click={"verdict": "invalid", "reasons": ["known_robot"]})
    assert (verdict(sale), signals(sale)) == (("suspect", "invalid_click"), [("R1", "H")])


def test_r2_it_holds_the_sale_of_a_data_centres_click(sell: Sell) -> None:
    sale = sell("A-1", click={"verdict": "invalid", "reasons": ["truncated", "data_centre"]})
    assert (verdict(sale), signals(sale)) == (("suspect", "invalid_click"), [("R2", "H")])
    assert only(sale).inputs == {"click": ["truncated", "data_centre"]}


class TestR9:
    @pytest.mark.parametrize(("before", "held"), [(0.001, True), (5, True), (5.001, False), (60, False)])
    def test_it_holds_the_later_of_two_publishers(
        self, sell: Sell, second_link: TrackingLink, before: float, *, held: bool
    ) -> None:
        clicked = timezone.now().replace(microsecond=0) - timedelta(hours=1)
        stored_click(second_link, clicked - timedelta(seconds=before))
        sale = sell("A-1", at=clicked + timedelta(hours=1))
        assert verdict(sale) == (("suspect", "second_publisher") if held else VALID)
        if held:
            assert only(sale).inputs == {"partnership": second_link.partnership_id, "seconds": before}

    def test_another_visitor_or_the_same_publisher_is_nothing(
        self, sell: Sell, link: TrackingLink, second_link: TrackingLink
    ) -> None:
        at = timezone.now().replace(microsecond=0)
        clicked = at - timedelta(hours=1)
        stored_click(second_link, clicked - timedelta(seconds=1), ip="198.51.100.8")
        stored_click(link, clicked - timedelta(seconds=1))
        assert verdict(sell("A-1", at=at)) == VALID


class TestR10:
    @pytest.mark.parametrize(
        ("goal", "seconds", "held"),
        [
            ("sale", 9.999, True),
            ("sale", 10, False),
            ("sale", 10.001, False),
            ("lead", 14.999, True),
            ("lead", 15, False),
            ("install", 19.999, True),
            ("install", 20, False),
            ("bonus", 14.999, True),
            ("bonus", 15, False),
        ],
    )
    def test_it_holds_what_is_too_fast(
        self, sell: Sell, campaign: Campaign, ada: Member, goal: str, seconds: float, *, held: bool
    ) -> None:
        goals.add(campaign, kind=GoalKind.INSTALL, by=ada.actor)
        goals.add(campaign, kind=GoalKind.CUSTOM, code="bonus", name="Bonus", by=ada.actor)
        done = sell("A-1", after=seconds, goal=goal)
        assert verdict(done) == (("suspect", "too_fast") if held else VALID)

    def test_it_keeps_what_it_saw(self, sell: Sell, link: TrackingLink) -> None:
        signal = only(sell("A-1", after=4))
        assert (signal.rule, signal.version, signal.action) == ("R10", 1, "H")
        assert signal.inputs == {"seconds": 4.0, "least": 10}
        assert signal.case
        assert (signal.case.partnership, signal.case.rule, signal.case.status) == (link.partnership, "R10", "open")

    def test_two_of_one_publisher_share_a_case(self, sell: Sell) -> None:
        sell("A-1", after=4)
        sell("A-2", after=5)
        assert QualityCase.objects.get().signals.count() == 2

    def test_a_campaign_may_want_another_figure(self, sell: Sell, campaign: Campaign, ada: Member) -> None:
        thresholds.change(campaign, {"sale_seconds": 3}, by=ada.actor)
        assert verdict(sell("A-1", after=3)) == VALID
        assert verdict(sell("A-2", after=2.9)) == ("suspect", "too_fast")

    def test_the_network_may_switch_it_off(self, sell: Sell, nima: Member) -> None:
        thresholds.change(None, {"sale_seconds": 0}, by=nima.actor)
        assert verdict(sell("A-1", after=0)) == VALID


class TestR14:
    def test_it_holds_an_order_of_the_publishers_own_people(self, sell: Sell, pia: Member) -> None:
        sale = sell("A-1", email="PIA+shop@example.com")
        assert (verdict(sale), only(sale).inputs) == (("suspect", "self_referral"), {"same": "mail"})

    def test_it_holds_an_order_from_the_publishers_own_domain(self, sell: Sell, pia: Member) -> None:
        sale = sell("A-1", email="somebody@example.com")
        assert (verdict(sale), only(sale).inputs) == (("suspect", "self_referral"), {"same": "mail domain"})

    def test_everybodys_provider_is_no_tie(self, sell: Sell, pia: Member) -> None:
        user = person("pia.private@gmail.com", "Pia")
        Membership.objects.create(user=user, organization=pia.organization, role=Role.ANALYST)
        assert verdict(sell("A-1", email="somebody@gmail.com")) == VALID
        assert verdict(sell("A-2", email="pi.aprivate+x@googlemail.com")) == ("suspect", "self_referral")

    def test_other_mails_are_others(self, sell: Sell) -> None:
        assert verdict(sell("A-1", email="buyer@elsewhere.example")) == VALID


class TestR15:
    def test_the_sixth_sale_of_an_address_in_a_day_is_held(self, sell: Sell) -> None:
        assert [verdict(sell(f"A-{n}"))[0] for n in range(6)] == ["valid"] * 5 + ["suspect"]
        assert only(stage.conversion("A-5")).inputs == {"conversions": 6, "most": 5, "hours": 24}

    def test_the_second_lead_is(self, sell: Sell) -> None:
        assert verdict(sell("A-1", goal="lead")) == VALID
        assert verdict(sell("A-2", goal="lead")) == ("suspect", "repeated_address")

    def test_a_day_later_it_is_forgotten(self, sell: Sell) -> None:
        now = timezone.now().replace(microsecond=0)
        sell("A-1", goal="lead", at=now - timedelta(hours=24))
        assert verdict(sell("A-2", goal="lead", at=now)) == VALID
        sell("A-3", goal="lead", at=now - timedelta(hours=50), click={"ip": "198.51.100.9"})
        late = now - timedelta(hours=26, milliseconds=1)
        assert verdict(sell("A-4", goal="lead", at=late, click={"ip": "198.51.100.9"}))[0] == "suspect"

    def test_the_buyers_address_counts_before_the_clicks(self, sell: Sell) -> None:
        sell("A-1", goal="lead", ip="203.0.113.5")
        assert verdict(sell("A-2", goal="lead", ip="203.0.113.6")) == VALID
        assert verdict(sell("A-3", goal="lead", ip="203.0.113.5")) == ("suspect", "repeated_address")

    def test_two_of_one_batch_know_of_each_other(self, campaign: Campaign, link: TrackingLink) -> None:
        reports = [
            stage.report(campaign, f"A-{n}", goal="lead", amount=None, click_id=stage.click_id(link), ip="203.0.113.5")
            for n in range(3)
        ]
        conversions.process_all(reports)
        found = Conversion.objects.order_by("occurred_at").values_list("verdict", flat=True)
        assert list(found) == ["valid", "suspect", "suspect"]


def test_r16_the_second_conversion_of_a_device_is_held(sell: Sell) -> None:
    assert verdict(sell("A-1", gaid="38400000-8cf0-11bd-b23e-10b96e40000d")) == VALID
    again = sell("A-2", gaid="38400000-8CF0-11BD-B23E-10B96E40000D")
    assert (verdict(again), only(again).inputs) == (("suspect", "repeated_device"), {"conversions": 2, "most": 1})
    assert verdict(sell("A-3", gaid="another")) == VALID
    assert verdict(sell("A-4", gaid="00000000-0000-0000-0000-000000000000")) == VALID
    assert verdict(sell("A-5", gaid="00000000-0000-0000-0000-000000000000")) == VALID


class TestR21:
    def sales(self, sell: Sell, same: int, other: int) -> Conversion:
        for n in range(same + other):
            country = "IR" if n < same else "DE"
            last = sell(f"A-{n}", click={"country": "IR", "ip": f"198.51.100.{n}"}, country=country)
        return last

    def test_one_of_many_is_only_noted(self, sell: Sell) -> None:
        sale = self.sales(sell, same=9, other=1)
        assert (verdict(sale), signals(sale)) == (VALID, [("R21", "W")])
        assert only(sale).inputs == {"click": "IR", "conversion": "DE", "percent": 10.0, "of": 10, "most": 20}

    @pytest.mark.parametrize(("same", "other", "held"), [(8, 2, False), (7, 2, False), (7, 3, True)])
    def test_it_holds_them_where_they_are_many(self, sell: Sell, same: int, other: int, *, held: bool) -> None:
        assert (verdict(self.sales(sell, same, other))[0] == "suspect") is held

    def test_the_same_country_is_nothing(self, sell: Sell) -> None:
        sale = sell("A-1", click={"country": "IR"}, country="ir")
        assert signals(sale) == []
        assert QualityFacts.objects.get(pk=sale.pk).countries == "IR-IR"


class TestR24:
    @pytest.mark.parametrize(("hours", "kept"), [(23.999, True), (24, False), (25, False)])
    def test_it_rejects_what_is_too_late(
        self, sell: Sell, campaign: Campaign, ada: Member, hours: float, *, kept: bool
    ) -> None:
        thresholds.change(campaign, {"max_hours": 24}, by=ada.actor)
        assert verdict(sell("A-1", after=hours * 3600)) == (VALID if kept else ("invalid", "too_old"))

    def test_by_default_the_campaigns_window_decides(self, sell: Sell) -> None:
        assert verdict(sell("A-1", after=29 * 86400)) == VALID


class TestR25:
    def minutes(self, sell: Sell, *numbers: int) -> Conversion:
        """So many sales in each of consecutive minutes."""
        start = timezone.now().replace(second=0, microsecond=0) - timedelta(hours=2)
        for minute, number in enumerate(numbers):
            for n in range(number):
                at = start + timedelta(minutes=minute, seconds=(7 * n * n) % 59)
                last = sell(f"A-{minute}-{n}", at=at, click={"ip": f"198.51.{minute}.{n}"})
        return last

    @pytest.mark.parametrize(
        ("numbers", "held"), [((3,), False), ((3, 2), False), ((2, 3), False), ((3, 3), True), ((3, 0, 1, 3), True)]
    )
    def test_it_holds_full_minutes_when_they_repeat(self, sell: Sell, numbers: tuple[int, ...], *, held: bool) -> None:
        sale = self.minutes(sell, *numbers)
        assert verdict(sale) == (("suspect", "velocity") if held else VALID)

    def test_who_always_sells_much_may(self, sell: Sell, link: TrackingLink) -> None:
        QualityFacts.objects.all().delete()
        sale = self.minutes(sell, 3, 2)
        week_ago = sale.occurred_at - timedelta(days=3)
        rows = [
            Conversion(
                campaign=sale.campaign,
                goal=sale.goal,
                order_id=f"old-{n}",
                occurred_at=week_ago,
                received_at=week_ago,
                day=week_ago.date(),
                currency="USD",
                partnership=link.partnership,
                channel="server",
                is_trusted=True,
            )
            for n in range(10_080)
        ]
        Conversion.objects.bulk_create(rows)
        QualityFacts.objects.bulk_create(
            QualityFacts(conversion=row, campaign=sale.campaign, partnership=link.partnership, at=week_ago)
            for row in rows
        )
        at = sale.occurred_at.replace(second=58)
        assert verdict(sell("B-1", at=at, click={"ip": "198.51.99.1"})) == VALID

    @pytest.mark.parametrize(("jitter", "held"), [(0, True), (5, True), (6.5, False)])
    def test_it_holds_what_comes_like_clockwork(self, sell: Sell, jitter: float, *, held: bool) -> None:
        """Gaps of a minute, by turns longer and shorter: the variation is twice the jitter by 60 seconds."""
        start = timezone.now().replace(second=30, microsecond=0) - timedelta(hours=3)
        for n in range(20):
            at = start + timedelta(minutes=n, seconds=jitter / 2 * (-1) ** n)
            sale = sell(f"A-{n}", at=at, click={"ip": f"198.51.100.{n}"})
        assert verdict(sale) == (("suspect", "velocity") if held else VALID)
        assert verdict(stage.conversion("A-18")) == VALID


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("a@mailinator.com", "disposable"),
        ("a@x.yopmail.com", "disposable"),
        ("info@shop.example", "role"),
        ("Sales+1@shop.example", "role"),
        ("ida@shop.example", ""),
        ("mailinator.com@shop.example", ""),
        ("not an address", ""),
    ],
)
def test_r27_it_holds_leads_with_throwaway_mails(sell: Sell, address: str, kind: str) -> None:
    lead = sell("A-1", goal="lead", email=address)
    assert verdict(lead) == (("suspect", "throwaway_mail") if kind else VALID)
    if kind:
        assert only(lead).inputs == {"kind": kind, "domain": mail.domain(mail.normal(address))}
    assert verdict(sell("A-1", email=address)) == VALID


class TestR28:
    @pytest.mark.parametrize(
        "click",
        [
            {"extra": {"gclid": "abc"}},
            {"referrer": "https://www.google.com/search?q=shop&gad_source=1"},
            {"referrer": "https://blog.example/?msclkid=1"},
        ],
    )
    def test_it_holds_paid_traffic_where_that_is_forbidden(
        self, sell: Sell, campaign: Campaign, ada: Member, click: dict[str, Any]
    ) -> None:
        assert verdict(sell("A-1", click=click)) == VALID
        thresholds.change(campaign, {"no_paid_traffic": 1}, by=ada.actor)
        assert verdict(sell("A-2", click=click)) == ("suspect", "paid_search")

    def test_other_traffic_is_free(self, sell: Sell, campaign: Campaign, ada: Member) -> None:
        thresholds.change(campaign, {"no_paid_traffic": 1}, by=ada.actor)
        assert (
            verdict(sell("A-1", click={"referrer": "https://blog.example/?ngclid=1", "extra": {"click": "1"}})) == VALID
        )


class TestR30:
    def test_a_code_of_somebody_else_is_held(self, sell: Sell, second_link: TrackingLink, campaign: Campaign) -> None:
        paul = second_link.partnership.publisher
        Coupon.objects.create(campaign=campaign, publisher=paul, code="PAUL10", is_exclusive=True)
        campaign.attribution_model = "click_first"
        campaign.save()
        sale = sell("A-1", coupon="paul10")
        assert (verdict(sale), only(sale).inputs) == (
            ("suspect", "coupon_poaching"),
            {"code": "paul10", "owner": paul.pk},
        )

    @pytest.mark.parametrize(("seconds", "held"), [(59.999, True), (60, False)])
    @pytest.mark.parametrize("kind", [PublisherKind.COUPON, PublisherKind.BLOG])
    def test_a_click_at_the_checkout_is_held(
        self, sell: Sell, pia: Member, kind: PublisherKind, seconds: float, *, held: bool
    ) -> None:
        profiles.describe(pia.organization, kind=kind, description="", audience="", by=pia.actor)
        expected = ("suspect", "coupon_poaching") if held and kind == PublisherKind.COUPON else VALID
        assert verdict(sell("A-1", after=seconds)) == expected


class TestR34:
    def test_it_is_off_by_default(self, sell: Sell) -> None:
        assert verdict(sell("A-1")) == VALID

    def test_it_holds_the_first_conversions(self, sell: Sell, nima: Member) -> None:
        thresholds.change(None, {"new_publisher_conversions": 2}, by=nima.actor)
        now = timezone.now().replace(microsecond=0)
        found = [verdict(sell(f"A-{n}", at=now + timedelta(seconds=n)))[0] for n in range(3)]
        assert found == ["suspect", "suspect", "valid"]

    def test_it_holds_the_first_days(self, sell: Sell, nima: Member) -> None:
        now = timezone.now().replace(microsecond=0)
        sell("A-1", at=now - timedelta(days=30))
        thresholds.change(None, {"new_publisher_days": 30}, by=nima.actor)
        assert verdict(sell("A-2", at=now - timedelta(seconds=1))) == ("suspect", "new_publisher")
        assert verdict(sell("A-3", at=now)) == VALID


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("shop.example.com", "shop.example.com", False),
        ("shap.example.com", "shop.example.com", True),
        ("shp.example.com", "shop.example.com", True),
        ("shoop.example.com", "shop.example.com", True),
        ("hsop.example.com", "shop.example.com", True),
        ("shaap.example.com", "shop.example.com", False),
        ("shop.example.co", "shop.example.com", True),
        ("blog.example", "shop.example.com", False),
        ("a.co", "b.c", False),
    ],
)
def test_r39_one_letter_makes_a_lookalike(one: str, other: str, *, alike: bool) -> None:
    assert hosts.is_lookalike(one, other) is alike


def test_r39_it_holds_orders_from_a_lookalike_of_the_shop(sell: Sell) -> None:
    sale = sell("A-1", click={"referrer": "https://www.shap.example.com/"})
    assert (verdict(sale), only(sale).inputs) == (
        ("suspect", "lookalike_site"),
        {"site": "shap.example.com", "like": "shop.example.com"},
    )
    assert verdict(sell("A-2", click={"referrer": "https://www.shop.example.com/x"})) == VALID


def test_it_leaves_tests_and_what_nobody_earns_alone(sell: Sell, campaign: Campaign) -> None:
    assert signals(sell("A-1", after=1, test=True)) == []
    stage.process(stage.report(campaign, "A-2"))
    assert signals(stage.conversion("A-2")) == []


def test_every_reason_has_a_category_for_the_publisher() -> None:
    from tracking.quality.rules import CODES, category

    assert {category(code) for code in CODES} <= set(Category)
    assert category("outside_window") == Category.ATTRIBUTION


class TestThresholds:
    def test_a_campaign_overrides_the_network_which_overrides_the_product(
        self, campaign: Campaign, ada: Member, nima: Member
    ) -> None:
        thresholds.change(None, {"sale_seconds": 20, "lead_seconds": 30}, by=nima.actor)
        thresholds.change(campaign, {"sale_seconds": 5, "lead_seconds": 30}, by=ada.actor)
        values = thresholds.of_campaign(campaign.pk)
        assert (values["sale_seconds"], values["lead_seconds"], values["install_seconds"]) == (5, 30, 20)
        thresholds.change(None, {"sale_seconds": 20}, by=nima.actor)
        assert thresholds.of_campaign(campaign.pk)["lead_seconds"] == 15

    @pytest.mark.parametrize("wanted", [{"nonsense": 1}, {"sale_seconds": -1}, {"rate_percent": 101}])
    def test_it_refuses_what_makes_no_sense(self, campaign: Campaign, ada: Member, wanted: dict[str, int]) -> None:
        with pytest.raises(thresholds.UnknownThreshold):
            thresholds.change(campaign, wanted, by=ada.actor)
        assert thresholds.of_campaign(campaign.pk) == thresholds.DEFAULTS

    def test_arrival_hears_of_those_that_concern_it(self, campaign: Campaign, ada: Member, nima: Member) -> None:
        assert thresholds.of_arrival() == ((10_000, 30, 300), {})
        thresholds.change(campaign, {"sale_seconds": 5}, by=ada.actor)
        assert thresholds.of_arrival()[1] == {}
        thresholds.change(campaign, {"clicks_per_minute": 5}, by=ada.actor)
        thresholds.change(None, {"duplicate_seconds": 20}, by=nima.actor)
        assert thresholds.of_arrival() == ((20_000, 30, 300), {campaign.pk: (20_000, 5, 300)})


def test_what_was_held_stays_held_when_the_server_confirms_it(sell: Sell, link: TrackingLink) -> None:
    """Tag and server report the same order: the second report opens no way around the rules."""
    held = sell("A-1", after=2, channel="tag")
    assert verdict(held)[0] == "suspect"
    click = stage.click_id(link, held.attribution.clicked_at, held.attribution.click_nonce or 0)
    stage.process(stage.report(link.partnership.campaign, "A-1", click_id=click))
    held.refresh_from_db()
    assert held.is_trusted
    assert verdict(held) == ("suspect", "too_fast")


def test_a_conversion_that_the_server_attributes_is_judged_as_a_new_one(sell: Sell, link: TrackingLink) -> None:
    campaign = link.partnership.campaign
    stage.process(stage.report(campaign, "A-1", channel="pixel", click_id="", coupon="UNKNOWN"))
    assert verdict(stage.conversion("A-1"))[0] == "invalid"
    confirmed = sell("A-1", after=2)
    assert confirmed.is_trusted
    assert verdict(confirmed) == ("suspect", "too_fast")
    assert ("R10", "H") in signals(confirmed)


def test_a_browsers_test_opens_no_way_around_the_rules(sell: Sell, link: TrackingLink) -> None:
    tested = sell("A-1", after=2, channel="pixel", test=True)
    assert verdict(tested) == VALID
    stage.process(stage.report(link.partnership.campaign, "A-1", click_id=""))
    tested.refresh_from_db()
    assert (tested.is_test, tested.is_trusted) == (False, True)
    assert verdict(tested) == ("suspect", "too_fast")
