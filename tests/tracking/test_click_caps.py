"""What keeps caps on clicks true over time, and who is told of caps that fill up."""

import re
from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

import pytest
from django.conf import settings
from redis import Redis

from advertisers import caps as rules
from advertisers import periods, targeting
from advertisers.models import Campaign, Cap
from network.tasks import send_mail
from publishers import links
from publishers.models import Partnership
from tests.cast import Member
from tests.publishers.conftest import application, campaign, partnership
from tests.tracking import stage
from tracking import converted, leases, pacing
from tracking.models import CapUse, ConvertedVisitor, DailyCount

__all__ = ["application", "campaign", "partnership"]


@pytest.fixture
def cap(campaign: Campaign, ada: Member) -> Cap:
    return rules.add(campaign, metric="clicks", period="total", limit=100, by=ada.actor)


def count(partnership: Partnership, kept: int) -> None:
    DailyCount.objects.update_or_create(
        campaign_id=partnership.campaign_id,
        day=datetime.now(UTC).date(),
        link_id=1,
        plan_version=1,
        defaults={"partnership_id": partnership.pk, "clicks": kept - 1, "invalid_clicks": 1, "diverted_clicks": 7},
    )


def handed_out(cap: Cap, used: int) -> CapUse:
    span = periods.span(cap.period, datetime.now(UTC), "UTC")
    return CapUse.objects.create(cap=cap, starts_at=span.starts_at, ends_at=span.ends_at, used=used, bound=cap.limit)


def test_it_brings_back_what_a_killed_edge_held(cap: Cap, partnership: Partnership, redis: Redis) -> None:
    use = handed_out(cap, 100)
    redis.set(f"{settings.STREAM}:cap:{cap.pk}:0:100", 20)
    count(partnership, 70)
    assert leases.reconcile() == 0
    with patch.object(leases, "QUIET", 0.0):
        assert leases.reconcile() == 10
        assert leases.reconcile() == 0
    use.refresh_from_db()
    assert use.used == 90


def test_it_waits_while_clicks_are_on_their_way(cap: Cap, partnership: Partnership, redis: Redis) -> None:
    handed_out(cap, 100)
    count(partnership, 70)
    with patch.object(leases, "QUIET", 0.0):
        leases.reconcile()
        redis.xadd(f"{settings.STREAM}:0", {"e": b"{}"})
        assert leases.reconcile() == 0
        redis.delete(f"{settings.STREAM}:0")
        count(partnership, 75)
        assert leases.reconcile() == 0
        assert leases.reconcile() == 25


def test_it_tells_people_once_per_level(
    cap: Cap, partnership: Partnership, otto: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails: list[dict[str, Any]] = []
    monkeypatch.setattr(send_mail, "delay_on_commit", lambda **fields: mails.append(fields))
    told = []
    for kept in (79, 80, 85, 90, 99, 100, 120):
        count(partnership, kept)
        told.append(pacing.watch(datetime.now(UTC)))
    assert told == [0, 1, 0, 1, 0, 1, 0]
    assert [one["to"] for one in mails] == ["ada@example.com", "otto@example.com"] * 3
    assert [one["subject"] for one in mails[::2]] == [
        "80% of a cap is used up: Autumn sale",
        "90% of a cap is used up: Autumn sale",
        "A cap is reached: Autumn sale",
    ]
    assert "100 of 100 clicks (In all) have come to Autumn sale." in mails[-1]["text"]


def test_it_tells_again_in_the_next_period(campaign: Campaign, ada: Member) -> None:
    cap = rules.add(campaign, metric="conversions", period="day", limit=10, is_hard=False, by=ada.actor)
    for day in (1, 2):
        at = datetime(2026, 6, day, 12, tzinfo=UTC)
        span = periods.span("day", at, "UTC")
        CapUse.objects.create(cap=cap, starts_at=span.starts_at, ends_at=span.ends_at, used=8)
        assert [pacing.watch(at), pacing.watch(at)] == [1, 0]


def test_it_remembers_who_converted_where_only_new_visitors_are_wanted(
    partnership: Partnership, ada: Member, pia: Member, redis: Redis
) -> None:
    targeting.change(partnership.campaign, rules={}, new_visitors_only=True, by=ada.actor)
    link = links.grab(partnership, by=pia.actor)
    event = stage.event(link)
    stage.send(redis, event)
    stage.ingest(redis)
    at = datetime.fromtimestamp(event["at"] / 1000, UTC)
    stage.process(stage.report(partnership.campaign, "1", click_id=stage.click_id(link, at, event["n"])))
    assert converted.collect() == 1
    assert converted.collect() == 0
    [known] = ConvertedVisitor.objects.all()
    assert known.key == f"{partnership.campaign_id}:{known.visitor}"
    assert re.fullmatch(r"-?\d+", str(known.visitor))
    targeting.change(partnership.campaign, rules={}, by=ada.actor)
    assert converted.forget() == 1
