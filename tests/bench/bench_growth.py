"""What a click and a conversion cost when many are stored, against what they cost in an empty database.

GROWTH_ROWS (default 2,000,000; `make soak ARGS=…` with 200,000,000 takes an hour and 70 GB) clicks lie in the partitions of
the last 60 days.
"""

import os
import time
from datetime import UTC, datetime, timedelta
from statistics import median

import orjson
import pytest
from django.db import connection
from django.utils import timezone
from redis import Redis

from advertisers.models import Campaign
from publishers.models import TrackingLink
from tests.tracking import stage
from tracking import partitions
from tracking.ingest import batches, shards
from tracking.ingest.events import Entry
from tracking.ingest.store import Store
from tracking.models import Conversion

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(7200)]

ROWS = int(os.environ.get("GROWTH_ROWS", "2000000"))
DAYS = 60
CLICKS, CONVERSIONS, ROUNDS = 20_000, 100, 5

GROW = """
INSERT INTO tracking_click (campaign_id, at, nonce, partnership_id, link_id, plan_version, day, consent, ip, user_agent,
    referrer, country, device, system, browser, received_at, subs, visitor, is_unique)
SELECT %(campaign)s, moment, number, %(partnership)s, %(link)s, 1, moment::date, 'granted',
    '198.51.100.0'::inet + (number %% 200), 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)',
    'https://blog.example/review', 'IR', 'phone', 'iOS', 'Mobile Safari', moment, '{newsletter,may}', number, true
FROM (
    SELECT number, %(start)s + (number - %(first)s) * interval '1 day' / %(daily)s AS moment
    FROM generate_series(%(first)s::bigint, %(first)s::bigint + %(daily)s - 1) AS number
) AS made
"""


def grow(link: TrackingLink) -> None:
    daily = ROWS // DAYS
    today = datetime.combine(timezone.now().date(), datetime.min.time(), UTC)
    for day in range(DAYS):
        values = {
            "campaign": link.partnership.campaign_id,
            "partnership": link.partnership_id,
            "link": link.pk,
            "start": today - timedelta(days=day + 1),
            "first": day * daily,
            "daily": daily,
        }
        with connection.cursor() as cursor:
            cursor.execute(GROW, values)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tracking_click")
        cursor.execute("CHECKPOINT")


def click_cost(link: TrackingLink) -> float:
    """Seconds of one, in a batch of 20,000."""
    lines = [orjson.dumps(stage.event(link)) for _ in range(CLICKS)]
    store, rows = Store(), shards.rows()
    began = time.perf_counter()
    store.put(batches.make(rows, [Entry("1-1", b"\n".join(lines))]))
    return (time.perf_counter() - began) / CLICKS


def conversion_cost(redis: Redis, campaign: Campaign, link: TrackingLink, name: str) -> float:
    """Seconds of one whose click was three days ago."""
    at = stage.to_ms(timezone.now() - timedelta(days=3))
    clicks = [stage.event(link, at + timedelta(milliseconds=number)) for number in range(CONVERSIONS)]
    batches.take(orjson.dumps(click) for click in clicks)
    reports = [
        stage.report(
            campaign, f"{name}-{number}", click_id=stage.click_id(link, at + timedelta(milliseconds=number), click["n"])
        )
        for number, click in enumerate(clicks)
    ]
    began = time.perf_counter()
    stage.process(*reports)
    took = (time.perf_counter() - began) / CONVERSIONS
    assert Conversion.objects.filter(order_id__startswith=f"{name}-", subs__isnull=False).count() == CONVERSIONS
    return took


def measure(redis: Redis, campaign: Campaign, link: TrackingLink, name: str) -> tuple[float, float]:
    click_cost(link), conversion_cost(redis, campaign, link, f"{name}-warm")
    clicks = median(click_cost(link) for _ in range(ROUNDS))
    return clicks, median(conversion_cost(redis, campaign, link, f"{name}-{number}") for number in range(ROUNDS))


def test_cost_with_many_clicks_stored(
    redis: Redis, campaign: Campaign, link: TrackingLink, capsys: pytest.CaptureFixture[str]
) -> None:
    today = timezone.now().date()
    partitions.create(today - timedelta(days=DAYS + 1), today + timedelta(days=1))
    empty = measure(redis, campaign, link, "empty")
    grow(link)
    full = measure(redis, campaign, link, "full")
    with capsys.disabled():
        print(
            f"\nGrowth: {ROWS:,} clicks stored"
            f"\nA click      {empty[0] * 1e6:8.1f} µs, then {full[0] * 1e6:8.1f} µs: {full[0] / empty[0]:.2f} ×"
            f"\nA conversion {empty[1] * 1e3:8.2f} ms, then {full[1] * 1e3:8.2f} ms: {full[1] / empty[1]:.2f} ×"
        )
