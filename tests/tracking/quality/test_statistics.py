"""Rules about whole partnerships, each at, below and above its threshold."""

from datetime import UTC, datetime, timedelta
from fractions import Fraction
from math import comb
from typing import Any

import pytest
from django.utils import timezone

from advertisers.models import Campaign
from publishers import profiles, properties
from publishers.models import PublisherKind, TrackingLink
from tests.cast import Member
from tests.tracking.quality.conftest import stored_click
from tracking.models import (
    Attribution,
    ClickPulse,
    Conversion,
    DailyBreakdown,
    DailyCount,
    QualityCase,
    QualitySignal,
    Refund,
)
from tracking.quality import cases, statistics, thresholds
from tracking.quality.statistics import outcomes, software, traffic

NOW = timezone.now().replace(microsecond=0)


def count(link: TrackingLink, clicks: int, day: Any = None, invalid: int = 0) -> None:
    DailyCount.objects.create(
        campaign_id=link.partnership.campaign_id,
        day=day or NOW.date(),
        link_id=link.pk,
        plan_version=1,
        partnership_id=link.partnership_id,
        clicks=clicks,
        invalid_clicks=invalid,
    )


def sold(
    link: TrackingLink, number: int, *, after: float = 3600, ago: timedelta = timedelta(hours=2), **values: Any
) -> None:
    """So many sales of 50.00, each so many seconds after its click."""
    campaign = link.partnership.campaign
    goal = campaign.goals.get(code=values.pop("goal", "sale"))
    at = NOW - ago
    known = Conversion.objects.count()
    made = Conversion.objects.bulk_create(
        Conversion(
            campaign=campaign,
            goal=goal,
            order_id=f"{known}-{n}",
            occurred_at=at,
            received_at=at,
            day=at.date(),
            **(
                {"amount": 5_000, "currency": "USD", "partnership": link.partnership, "link": link, "is_trusted": True}
                | {"channel": "server"}
                | values
            ),
        )
        for n in range(number)
    )
    Attribution.objects.bulk_create(
        Attribution(
            conversion=one,
            clicked_at=at - timedelta(seconds=after),
            click_nonce=known + n,
            window_days=30,
            code="attributed",
            kind="click",
        )
        for n, one in enumerate(made)
    )


def found(link: TrackingLink) -> dict[str, str]:
    """Rules and actions of the cases that a run opens about this link's partnership."""
    statistics.run(NOW)
    return dict(QualityCase.objects.filter(partnership=link.partnership).values_list("rule", "action"))


def held(link: TrackingLink) -> int:
    return Conversion.objects.filter(partnership=link.partnership, verdict="suspect").count()


def test_r22_it_knows_what_is_outdated() -> None:
    assert software.is_old(
        "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0 Safari/537.36"
    )
    assert not software.is_old(
        "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"
    )


class TestR8:
    def pulses(self, link: TrackingLink, usual: int, last: int, hours: int = 30) -> None:
        hour = NOW.replace(minute=0, second=0)
        count(link, last)
        for n in range(1, hours + 1):
            totals = {str(NOW.date()): 0} if n == 1 else {}
            ClickPulse.objects.create(
                partnership_id=link.partnership_id, hour=hour - timedelta(hours=n), clicks=usual, totals=totals
            )

    @pytest.mark.parametrize(
        ("usual", "last", "watched"),
        [(100, 500, False), (100, 501, True), (101, 505, False), (101, 506, True), (10, 500, False), (10, 501, True)],
    )
    def test_an_hour_against_the_usual_one(self, link: TrackingLink, usual: int, last: int, *, watched: bool) -> None:
        self.pulses(link, usual, last)
        assert found(link) == ({"R8": "W"} if watched else {})

    def test_a_day_must_be_known(self, link: TrackingLink) -> None:
        self.pulses(link, 10, 5_000, hours=23)
        assert found(link) == {}

    def test_the_pulse_is_what_the_days_grew_by(self, link: TrackingLink) -> None:
        count(link, 100, invalid=5)
        traffic.pulse(NOW)
        DailyCount.objects.update(clicks=130)
        traffic.pulse(NOW + timedelta(hours=1))
        assert list(ClickPulse.objects.order_by("hour").values_list("clicks", flat=True)) == [105, 30]


class TestR12:
    @pytest.mark.parametrize(("late", "holds"), [(12, False), (13, True)])
    def test_sixty_per_cent_after_two_hours(self, link: TrackingLink, late: int, *, holds: bool) -> None:
        sold(link, late, after=7201)
        sold(link, 20 - late, after=7200)
        assert found(link) == ({"R12": "H"} if holds else {})
        assert held(link) == (late if holds else 0)

    def test_nine_are_no_sample(self, link: TrackingLink) -> None:
        sold(link, 9, after=9_999)
        assert found(link) == {}

    def test_what_all_publishers_have_is_the_campaigns_nature(
        self, link: TrackingLink, second_link: TrackingLink
    ) -> None:
        sold(link, 20, after=90_000)
        sold(second_link, 20, after=90_000)
        assert found(link) == {}


@pytest.mark.parametrize(("soon", "holds"), [(10, False), (11, True)])
def test_r13_half_within_a_minute(link: TrackingLink, soon: int, *, holds: bool) -> None:
    sold(link, soon, after=59.9)
    sold(link, 20 - soon, after=60)
    assert found(link) == ({"R13": "H"} if holds else {})
    assert held(link) == (soon if holds else 0)


class TestR17:
    @pytest.mark.parametrize(("sales", "holds"), [(50, False), (51, True)])
    def test_half_of_all_clicks(self, link: TrackingLink, sales: int, *, holds: bool) -> None:
        count(link, 100)
        sold(link, sales)
        assert found(link) == ({"R17": "H"} if holds else {})
        assert held(link) == (sales if holds else 0)

    @pytest.mark.parametrize(("sales", "watched"), [(15, False), (16, True)])
    def test_less_on_a_content_site(self, link: TrackingLink, pia: Member, sales: int, *, watched: bool) -> None:
        profiles.describe(pia.organization, kind=PublisherKind.BLOG, description="", audience="", by=pia.actor)
        count(link, 100)
        sold(link, sales)
        assert found(link) == ({"R17": "W"} if watched else {})
        assert held(link) == 0

    def test_few_clicks_are_no_sample(self, link: TrackingLink) -> None:
        count(link, 99)
        sold(link, 90)
        assert found(link) == {}


class TestR18:
    @pytest.mark.parametrize(
        ("clicks", "sales", "watched"), [(4_999, 0, False), (5_000, 0, True), (20_000, 9, True), (20_000, 10, False)]
    )
    def test_many_clicks_and_hardly_a_sale(
        self, link: TrackingLink, second_link: TrackingLink, clicks: int, sales: int, *, watched: bool
    ) -> None:
        count(second_link, 1_000)
        sold(second_link, 20)
        count(link, clicks)
        sold(link, sales)
        assert found(link) == ({"R18": "W"} if watched else {})

    def test_where_nobody_sells_nobody_stands_out(self, link: TrackingLink, second_link: TrackingLink) -> None:
        count(second_link, 10_000)
        count(link, 10_000)
        assert found(link) == {}


@pytest.mark.parametrize(("old", "watched"), [(14, False), (15, True)])
def test_r22_seven_in_ten_on_old_software(link: TrackingLink, old: int, *, watched: bool) -> None:
    sold(link, 20)
    for n, one in enumerate(Attribution.objects.order_by("click_nonce")):
        agent = (
            f"Mozilla/5.0 (Windows NT {'6.1' if n < old else '10.0'}) AppleWebKit/537.36 Chrome/126.0.0.0 Safari/537.36"
        )
        assert one.clicked_at
        stored_click(link, one.clicked_at, nonce=one.click_nonce, user_agent=agent)
    assert found(link) == ({"R22": "W"} if watched else {})


@pytest.mark.parametrize(("values", "watched"), [(700, False), (701, True)])
def test_r23_seven_hundred_sub_ids(link: TrackingLink, values: int, *, watched: bool) -> None:
    count(link, 1)
    DailyBreakdown.objects.bulk_create(
        DailyBreakdown(
            campaign_id=link.partnership.campaign_id,
            day=(NOW - timedelta(days=n % 3)).date(),
            partnership_id=link.partnership_id,
            dimension="sub2",
            value=f"s{n}",
            clicks=1,
        )
        for n in range(values)
    )
    assert found(link) == ({"R23": "W"} if watched else {})


class TestR29:
    def clicks(self, link: TrackingLink, **referrers: int) -> None:
        sites = {"own": "https://www.blog.example/a", "other": "https://forum.example/", "none": ""}
        count(link, 1)
        for name, number in referrers.items():
            for n in range(number):
                stored_click(link, NOW - timedelta(seconds=n + 1), referrer=sites[name])

    @pytest.mark.parametrize(("other", "watched"), [(30, False), (31, True)])
    def test_a_third_from_undeclared_sites(self, link: TrackingLink, pia: Member, other: int, *, watched: bool) -> None:
        properties.add(pia.organization, kind="blog", name="Blog", url="https://blog.example/", by=pia.actor)
        self.clicks(link, own=100 - other, other=other)
        assert found(link) == ({"R29": "W"} if watched else {})

    @pytest.mark.parametrize(("none", "watched"), [(70, False), (71, True)])
    def test_most_of_a_blogs_without_referrer(
        self, link: TrackingLink, pia: Member, none: int, *, watched: bool
    ) -> None:
        profiles.describe(pia.organization, kind=PublisherKind.BLOG, description="", audience="", by=pia.actor)
        self.clicks(link, own=100 - none, none=none)
        assert found(link) == ({"R29": "W"} if watched else {})


class TestR32:
    def refunded(self, link: TrackingLink, sales: int, refunds: int, reason: str = "") -> None:
        sold(link, sales)
        for n, one in enumerate(Conversion.objects.filter(partnership=link.partnership)[:refunds]):
            Refund.objects.create(
                campaign=one.campaign,
                order_id=one.order_id,
                refund_id=str(n),
                conversion=one,
                currency="USD",
                channel="server",
                received_at=NOW,
                reason=reason,
            )

    @pytest.mark.parametrize(("refunds", "holds"), [(5, False), (6, True)])
    def test_more_than_a_quarter_refunded(self, link: TrackingLink, refunds: int, *, holds: bool) -> None:
        self.refunded(link, 20, refunds)
        assert found(link) == ({"R32": "H"} if holds else {})
        assert held(link) == (20 - refunds if holds else 0)

    @pytest.mark.parametrize(("refunds", "holds"), [(14, False), (15, True)])
    def test_more_than_twice_the_others(
        self, link: TrackingLink, second_link: TrackingLink, refunds: int, *, holds: bool
    ) -> None:
        """Five per cent of 200 come back to others. Of 100 it is 15 or more once in 3,000 times, 14 or more once in 940."""
        self.refunded(second_link, 200, 10)
        self.refunded(link, 100, refunds)
        assert found(link) == ({"R32": "H"} if holds else {})

    def test_a_few_of_few_are_chance(self, link: TrackingLink, second_link: TrackingLink) -> None:
        self.refunded(second_link, 20, 1)
        self.refunded(link, 20, 4)
        assert found(link) == {}

    @pytest.mark.parametrize(("sales", "holds"), [(34, False), (33, True)])
    def test_three_per_cent_charged_back(self, link: TrackingLink, sales: int, *, holds: bool) -> None:
        self.refunded(link, sales, 1, reason="Charge-back by the bank")
        assert found(link) == ({"R32": "H"} if holds else {})


@pytest.mark.parametrize(
    ("part", "whole", "share"), [(6, 40, 0.05), (15, 100, 0.0545), (40, 40, 0.5), (900, 9000, 0.06)]
)
def test_the_tail_of_the_binomial_distribution(part: int, whole: int, share: float) -> None:
    exact = Fraction(share)
    tail = sum(comb(whole, n) * exact**n * (1 - exact) ** (whole - n) for n in range(part, part + 60) if n <= whole)
    assert outcomes.at_least(part, whole, share) == pytest.approx(float(tail), rel=1e-6)


@pytest.mark.parametrize(("returning", "watched"), [(18, False), (19, True)])
def test_r33_almost_only_known_customers(
    link: TrackingLink, second_link: TrackingLink, returning: int, *, watched: bool
) -> None:
    sold(second_link, 20, customer="new")
    sold(link, returning, customer="returning")
    sold(link, 20 - returning, customer="new")
    assert found(link) == ({"R33": "W"} if watched else {})


@pytest.mark.parametrize(
    ("idle", "clicks", "watched"), [(29, 1_000, False), (30, 1_000, True), (30, 200, False), (30, 201, True)]
)
def test_r35_a_spike_after_a_month_of_silence(link: TrackingLink, idle: int, clicks: int, *, watched: bool) -> None:
    count(link, 20, day=NOW.date() - timedelta(days=idle + 1))
    count(link, clicks)
    assert found(link) == ({"R35": "W"} if watched else {})


@pytest.mark.parametrize(("unconfirmed", "holds"), [(1, False), (2, True)])
def test_r40_pixels_that_no_server_confirmed(link: TrackingLink, unconfirmed: int, *, holds: bool) -> None:
    ago = timedelta(days=2)
    sold(link, 20 - unconfirmed, channel="pixel", ago=ago)
    sold(link, unconfirmed, channel="pixel", is_trusted=False, ago=ago)
    assert found(link) == ({"R40": "H"} if holds else {})
    assert held(link) == (unconfirmed if holds else 0)


class TestCases:
    def test_a_case_is_refreshed_not_opened_again(self, link: TrackingLink) -> None:
        count(link, 100)
        sold(link, 51)
        statistics.run(NOW)
        sold(link, 4)
        statistics.run(NOW)
        case = QualityCase.objects.get()
        assert (case.evidence["conversions"], case.signals.count()) == (55, 55)

    def test_what_was_cleared_rests(self, link: TrackingLink, nima: Member) -> None:
        count(link, 100)
        sold(link, 51)
        statistics.run(NOW)
        cases.clear(QualityCase.objects.get(), by=nima.actor)
        assert held(link) == 0
        statistics.run(NOW)
        assert (QualityCase.objects.get().status, held(link)) == ("cleared", 0)

    def test_a_campaign_may_want_other_figures(self, link: TrackingLink, campaign: Campaign, ada: Member) -> None:
        thresholds.change(campaign, {"rate_percent": 60}, by=ada.actor)
        count(link, 100)
        sold(link, 60)
        assert found(link) == {}

    def test_a_click_that_turned_out_invalid_later_gets_its_case(self, link: TrackingLink) -> None:
        sold(link, 1, verdict="suspect", reason="invalid_click")
        one = Attribution.objects.get()
        assert one.clicked_at
        stored_click(link, one.clicked_at, nonce=one.click_nonce, verdict="invalid", reasons=["data_centre"])
        statistics.run(datetime.now(UTC))
        assert QualitySignal.objects.get().rule == "R2"
        assert QualityCase.objects.get().rule == "R2"
