"""Verdicts of the past judged again: the preview tells exactly what is then done, and the counts and the books follow."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from network.models import NetworkSettings
from payouts import recomputes
from payouts.models import Commission
from tests.payouts.market import Market, OpenMarket
from tests.tracking import stage
from tracking.models import Click, Conversion, DailyBreakdown, DailyCount, QualityCase, QualityRun
from tracking.quality import cases, recompute, thresholds
from tracking.quality.recompute import clicks as again

CENT = 10 * 1_000_000
NOON = (timezone.now() - timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def clicks(open_market: OpenMarket) -> Market:
    """A cent a click (ten of the smallest unit). Five visitors at noon, each once more after 15, 40 and 41 seconds: of
    these 20 clicks the last five repeat within ten seconds."""
    market = open_market({"click": (CENT, 0)})
    for after in (0, 15, 40, 41):
        for n in range(5):
            at = NOON + timedelta(seconds=after)
            stage.send(market.redis, stage.event(market.link, at, ip=f"198.51.100.{n}", subs=[f"s{n}"]))
    stage.ingest(market.redis)
    market.settle()
    return market


def counts() -> dict[str, int]:
    names = ("clicks", "unique_clicks", "invalid_clicks", "diverted_clicks")
    return DailyCount.objects.aggregate(**{name: Sum(name) for name in names})


def parts(dimension: str) -> dict[str, tuple[int, int, int]]:
    rows = DailyBreakdown.objects.filter(dimension=dimension, clicks__gte=0)
    return {
        value: (valid, unique, invalid)
        for value, valid, unique, invalid in rows.values_list("value", "clicks", "unique_clicks", "invalid_clicks")
        if valid or unique or invalid
    }


def judge(market: Market, *, proposed: dict[str, int] | None = None, back: int = 5) -> QualityRun:
    today = timezone.now().date()
    first, last = today - timedelta(days=back), today
    run = recompute.start(market.campaign, first=first, last=last, proposed=proposed, by=market.nima.actor)
    return work(run)


def work(run: QualityRun) -> QualityRun:
    recomputes.work(until=time.monotonic() + 30)
    run.refresh_from_db()
    return run


def rebuilt() -> tuple[dict[str, int], dict[str, tuple[int, int, int]]]:
    """What the stored clicks say, counted anew."""
    rows = list(Click.objects.filter(diverted="", is_test=False))
    sums = {
        "clicks": sum(row.verdict != "invalid" for row in rows),
        "unique_clicks": sum(row.is_unique for row in rows),
        "invalid_clicks": sum(row.verdict == "invalid" for row in rows),
        "diverted_clicks": 0,
    }
    subs: dict[str, list[int]] = {}
    for row in rows:
        each = subs.setdefault(row.subs[0], [0, 0, 0])
        each[0] += row.verdict != "invalid"
        each[1] += row.is_unique
        each[2] += row.verdict == "invalid"
    return sums, {sub: (valid, unique, invalid) for sub, (valid, unique, invalid) in subs.items()}


def test_it_begins_with_what_ingest_counted(clicks: Market) -> None:
    assert counts() == {"clicks": 15, "unique_clicks": 5, "invalid_clicks": 5, "diverted_clicks": 0}
    assert clicks.commission().amount == 150
    assert rebuilt() == (counts(), parts("sub1"))


def test_judging_by_the_same_rules_changes_nothing(clicks: Market) -> None:
    run = judge(clicks)
    assert (run.status, recomputes.lines(run)) == ("ready", [])


class TestClicks:
    def test_the_preview_tells_and_changes_nothing(self, clicks: Market) -> None:
        run = judge(clicks, proposed={"duplicate_seconds": 30})
        [line] = recomputes.lines(run)
        assert (line.partnership, line.clicks, line.counts) == (clicks.partnership, -5, {"clicks_invalid": 5})
        assert line.money["clicks"].amount == -50
        assert counts()["clicks"] == 15
        assert thresholds.of_campaign(clicks.campaign.pk)["duplicate_seconds"] == 10

    def test_applied_the_counts_and_the_money_follow_exactly(self, clicks: Market) -> None:
        run = work(recompute.apply(judge(clicks, proposed={"duplicate_seconds": 30}), by=clicks.nima.actor))
        assert counts() == {"clicks": 10, "unique_clicks": 5, "invalid_clicks": 10, "diverted_clicks": 0}
        assert parts("reason") == {"duplicate_click": (0, 0, 10)}
        assert parts("device") == {"phone": (10, 5, 10)}
        assert rebuilt() == (counts(), parts("sub1"))
        assert run.status == "done"
        clicks.settle()
        assert clicks.commission().amount == 100
        books = clicks.books()
        assert (books["funds"], books["pending"], books["fee pending"]) == (99_880, 100, 20)
        assert thresholds.of_campaign(clicks.campaign.pk)["duplicate_seconds"] == 30
        assert recomputes.lines(judge(clicks)) == []

    def test_and_all_the_way_back(self, clicks: Market) -> None:
        work(recompute.apply(judge(clicks, proposed={"duplicate_seconds": 30}), by=clicks.nima.actor))
        clicks.settle()
        work(recompute.apply(judge(clicks, proposed={"duplicate_seconds": 0}), by=clicks.nima.actor))
        assert counts() == {"clicks": 20, "unique_clicks": 5, "invalid_clicks": 0, "diverted_clicks": 0}
        assert parts("reason") == {}
        assert rebuilt() == (counts(), parts("sub1"))
        clicks.settle()
        assert clicks.commission().amount == 200

    def test_a_list_of_the_operator_takes_clicks_down_to_nothing(
        self, clicks: Market, tmp_path: Any, settings: Any
    ) -> None:
        path = tmp_path / "centres"
        path.write_text("198.51.100.0/24\n")
        settings.DATACENTRE_PATH = str(path)
        work(recompute.apply(judge(clicks), by=clicks.nima.actor))
        assert counts() == {"clicks": 0, "unique_clicks": 0, "invalid_clicks": 20, "diverted_clicks": 0}
        assert rebuilt() == (counts(), parts("sub1"))
        clicks.settle()
        assert (clicks.commission().amount, clicks.commission().count) == (0, 0)
        assert set(clicks.books()) == {"funds", "cash"}

    def test_many_portions_and_a_process_that_dies_make_the_same(
        self, clicks: Market, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("tracking.quality.recompute.clicks.PORTION", 3)
        run = recompute.apply(judge(clicks, proposed={"duplicate_seconds": 30}), by=clicks.nima.actor)
        while recompute.portion(run.pk, recomputes._note):
            again._judges.clear()  # another process goes on
        assert counts() == {"clicks": 10, "unique_clicks": 5, "invalid_clicks": 10, "diverted_clicks": 0}
        assert rebuilt() == (counts(), parts("sub1"))

    def test_clicks_whose_addresses_are_shortened_stay(self, clicks: Market) -> None:
        NetworkSettings.objects.update_or_create(pk=1, defaults={"ip_days": 1})
        assert recomputes.lines(judge(clicks, proposed={"duplicate_seconds": 30})) == []

    def test_days_outside_stay(self, clicks: Market) -> None:
        run = recompute.start(
            clicks.campaign,
            first=NOON.date() + timedelta(days=1),
            last=timezone.now().date(),
            proposed={"duplicate_seconds": 30},
            by=clicks.nima.actor,
        )
        assert recomputes.lines(work(run)) == []


class TestConversions:
    def sell(self, market: Market, *seconds: float) -> list[Conversion]:
        found = [
            market.report(
                f"A-{n}",
                clicked_at=NOON - timedelta(seconds=after),
                occurred_at=NOON.isoformat(),
                received_at=NOON,
            )
            for n, after in enumerate(seconds)
        ]
        market.settle()
        return found

    def verdicts(self) -> list[str]:
        return list(Conversion.objects.order_by("order_id").values_list("verdict", flat=True))

    def test_a_stricter_rule_holds_and_a_milder_one_releases(self, market: Market) -> None:
        self.sell(market, 4, 12, 60)
        assert self.verdicts() == ["suspect", "valid", "valid"]
        run = judge(market, proposed={"sale_seconds": 15})
        [line] = recomputes.lines(run)
        assert (line.held, line.released, line.declined, line.money["held"].amount) == (1, 0, 0, 800)
        assert self.verdicts() == ["suspect", "valid", "valid"]

        work(recompute.apply(run, by=market.nima.actor))
        market.settle()
        assert self.verdicts() == ["suspect", "suspect", "valid"]
        assert market.books()["held"] == 1_600
        assert QualityCase.objects.get().signals.count() == 2

        run = judge(market, proposed={"sale_seconds": 2})
        [line] = recomputes.lines(run)
        assert (line.released, line.money["released"].amount) == (2, 1_600)
        work(recompute.apply(run, by=market.nima.actor))
        market.settle()
        assert self.verdicts() == ["valid"] * 3
        assert market.books()["pending"] == 2_400
        assert not Commission.objects.exclude(status="pending").exists()

    def test_a_rule_that_rejects_takes_back_and_gives_again(self, market: Market) -> None:
        self.sell(market, 3600 * 30)
        run = judge(market, proposed={"max_hours": 24})
        [line] = recomputes.lines(run)
        assert (line.declined, line.money["taken"].amount) == (1, 800)
        work(recompute.apply(run, by=market.nima.actor))
        market.settle()
        assert set(market.books()) == {"funds", "cash"}
        run = judge(market, proposed={"max_hours": 0})
        [line] = recomputes.lines(run)
        assert (line.released, line.money["paid"].amount) == (1, 800)
        work(recompute.apply(run, by=market.nima.actor))
        market.settle()
        assert market.books()["pending"] == 800

    def test_what_somebody_decided_stays(self, market: Market) -> None:
        self.sell(market, 4)
        cases.clear(QualityCase.objects.get(), by=market.nima.actor)
        run = judge(market, proposed={"sale_seconds": 20})
        assert recomputes.lines(run) == []

    def test_the_click_that_turns_out_invalid_holds_its_sale(
        self, market: Market, tmp_path: Any, settings: Any
    ) -> None:
        at, nonce = NOON - timedelta(hours=1), 77
        stage.send(market.redis, stage.event(market.link, at, n=nonce, ip="192.0.2.7"))
        stage.ingest(market.redis)
        fields: dict[str, Any] = {"occurred_at": NOON.isoformat(), "received_at": NOON}
        market.sell("A-1", click_id=stage.click_id(market.link, at, nonce), **fields)
        path = tmp_path / "centres"
        path.write_text("192.0.2.0/24\n")
        settings.DATACENTRE_PATH = str(path)
        work(recompute.apply(judge(market), by=market.nima.actor))
        assert self.verdicts() == ["suspect"]
        market.settle()
        assert market.books()["held"] == 800


class TestRuns:
    @pytest.mark.parametrize(("first", "last"), [(0, -1), (-93, 0), (-5, 3)])
    def test_it_takes_a_sensible_period(self, market: Market, first: int, last: int) -> None:
        today = timezone.now().date()
        with pytest.raises(recompute.BadPeriod):
            recompute.start(
                market.campaign,
                first=today + timedelta(days=first),
                last=today + timedelta(days=last),
                by=market.nima.actor,
            )

    def test_it_is_applied_once(self, market: Market) -> None:
        run = judge(market)
        recompute.apply(run, by=market.nima.actor)
        with pytest.raises(recompute.NotReady):
            recompute.apply(run, by=market.nima.actor)

    def test_a_discarded_one_is_not_applied(self, market: Market) -> None:
        run = judge(market)
        recompute.discard(run, by=market.nima.actor)
        with pytest.raises(recompute.NotReady):
            recompute.apply(run, by=market.nima.actor)
