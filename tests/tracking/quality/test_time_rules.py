"""Rules about time at the conversion, each at, below and above its threshold."""

from datetime import datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from advertisers import goals
from advertisers.models import Campaign, GoalKind
from publishers.models import TrackingLink
from tests.cast import Member
from tests.tracking import stage
from tests.tracking.quality.conftest import VALID, Sell, only, signals, stored_click, verdict
from tracking.models import Conversion, QualityCase, QualityFacts
from tracking.quality import thresholds


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


class TestR11:
    @pytest.mark.parametrize(("stayed", "noted"), [(0, True), (1_999, True), (2_000, False), (None, False)])
    def test_it_notes_who_left_at_once_and_bought_all_the_same(
        self, sell: Sell, link: TrackingLink, stayed: int | None, *, noted: bool
    ) -> None:
        clicked = timezone.now().replace(microsecond=0) - timedelta(hours=1)
        nonce = 77
        stayed_for(link, clicked, nonce, stayed)
        sale = sell("A-1", at=clicked + timedelta(hours=1), click={"nonce": nonce})
        assert (verdict(sale), signals(sale)) == (VALID, [("R11", "W")] if noted else [])

    def test_what_is_not_known_is_not_blamed(self, sell: Sell) -> None:
        assert signals(sell("A-1")) == []


def stayed_for(link: TrackingLink, at: datetime, nonce: int, stayed: int | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tracking_stay VALUES (%s, %s, %s, %s, %s)",
            [link.partnership.campaign_id, at, nonce, link.partnership_id, stayed],
        )


class TestR26:
    @pytest.mark.parametrize(("milliseconds", "held"), [(1, True), (2_999, True), (3_000, False), (60_000, False)])
    def test_it_holds_leads_that_are_filled_in_too_fast(self, sell: Sell, milliseconds: int, *, held: bool) -> None:
        lead = sell("A-1", goal="lead", filled_in=milliseconds)
        assert verdict(lead) == (("suspect", "fast_form") if held else VALID)

    def test_it_keeps_what_it_saw(self, sell: Sell) -> None:
        assert only(sell("A-1", goal="lead", filled_in=1_250)).inputs == {"filled_in": 1.25, "least": 3}

    def test_a_sale_or_an_untold_time_is_nothing(self, sell: Sell) -> None:
        assert verdict(sell("A-1", filled_in=10)) == VALID
        assert verdict(sell("A-2", goal="lead")) == VALID
