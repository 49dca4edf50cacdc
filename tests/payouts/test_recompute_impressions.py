"""Impressions of the past judged again, by another list of data centres."""

import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Sum
from django.utils import timezone

from payouts import recomputes
from tests.payouts.market import Market, OpenMarket
from tests.tracking import stage
from tracking.models import DailyBreakdown, DailyCount, Impression, QualityRun
from tracking.quality import recompute

NOON = (timezone.now() - timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
PER_THOUSAND = 1_000 * 1_000_000
NAMES = ("impressions", "invalid_impressions", "viewable_impressions", "opens")


@pytest.fixture
def shown(open_market: OpenMarket, tmp_path: Path, settings: Any) -> Market:
    """Ten impressions, each seen, and an open of a mail; four of the impressions from what is a data centre by now."""
    market = open_market({"impression": (PER_THOUSAND, 0)})
    for n in range(10):
        ip = f"192.0.2.{n}" if n < 4 else f"198.51.100.{n}"
        for kind, after in (("impression", 0), ("view", 2)):
            stage.send(
                market.redis, stage.event(market.link, NOON + timedelta(seconds=after), t=kind, ip=ip, n=10 * n + after)
            )
    stage.send(market.redis, stage.event(market.link, NOON, t="open", ip="198.51.100.50", n=999))
    stage.ingest(market.redis)
    market.settle()
    path = tmp_path / "centres"
    path.write_text("192.0.2.0/24\n")
    settings.DATACENTRE_PATH = str(path)
    return market


def counts() -> tuple[int, ...]:
    found = DailyCount.objects.aggregate(**{name: Sum(name) for name in NAMES})
    return tuple(found[name] for name in NAMES)


def judged(market: Market, *, applied: bool) -> QualityRun:
    today = timezone.now().date()
    run = recompute.start(market.campaign, first=today - timedelta(days=5), last=today, by=market.nima.actor)
    recomputes.work(until=time.monotonic() + 30)
    if applied:
        run.refresh_from_db()
        recompute.apply(run, by=market.nima.actor)
        recomputes.work(until=time.monotonic() + 30)
    run.refresh_from_db()
    return run


def test_the_preview_counts_and_changes_nothing(shown: Market) -> None:
    assert counts() == (11, 0, 10, 1)
    [line] = recomputes.lines(judged(shown, applied=False))
    assert (line.impressions, line.clicks, line.held) == (-4, 0, 0)
    assert counts() == (11, 0, 10, 1)


def test_what_is_applied_is_counted_and_settled(shown: Market) -> None:
    before = shown.commission().count
    run = judged(shown, applied=True)
    assert run.status == "done"
    assert counts() == (7, 4, 6, 1)
    shown.settle()
    assert (before, shown.commission().count) == (11, 7)
    reasons = DailyBreakdown.objects.filter(dimension="reason").values_list("value", "impressions")
    assert list(reasons) == [("data_centre", 4)]
    assert DailyBreakdown.objects.get(dimension="device").impressions == 7
    assert Impression.objects.filter(verdict="invalid", reasons=["data_centre"]).count() == 8


def test_it_goes_on_where_it_stood(shown: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracking.quality.recompute.impressions.PORTION", 3)
    judged(shown, applied=True)
    assert counts() == (7, 4, 6, 1)


def test_another_time_it_finds_nothing_to_change(shown: Market) -> None:
    judged(shown, applied=True)
    assert recomputes.lines(judged(shown, applied=False)) == []
