"""What a click and a conversion cost when many are stored, against what they cost in an empty database.

GROWTH_ROWS (default 2,000,000; `make soak` takes 200,000,000) clicks lie in the partitions of the last
60 days. The empty database has the partitions of a new one, and is measured before and, when the old partitions are gone,
after. Cost is processor time, ours and that of our PostgreSQL backend: it tells the same while others use the machine.
"""

import os
import shutil
import time
from datetime import datetime, timedelta
from statistics import median

import orjson
import psutil
import pytest
from django.db import connection
from django.utils import timezone
from uuid_utils.compat import uuid7

from advertisers.models import Campaign
from publishers.models import TrackingLink
from tests.bench import past
from tests.tracking import stage
from tracking import conversions, partitions
from tracking.ingest import batches, shards
from tracking.ingest.events import Entry
from tracking.ingest.store import Store
from tracking.models import Conversion, Postback

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(36_000)]

ROWS = int(os.environ.get("GROWTH_ROWS", "2000000"))
DAYS = 60
CLICKS, CONVERSIONS, ROUNDS = 10_000, 200, 4  # rounds before and after, twice as many between
ALLOWED = 1.2
BYTES = 275  # of the disk for a click: its row and its key


def spent() -> float:
    """Seconds of processor time until now."""
    connection.ensure_connection()
    backend = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return time.process_time() + float(backend.user + backend.system)


def click_cost(link: TrackingLink) -> float:
    """Seconds of one, in a batch."""
    lines = [orjson.dumps(stage.event(link)) for _ in range(CLICKS)]
    store, rows = Store(), shards.rows()
    began = spent()
    store.put(batches.make(rows, [Entry("1-1", b"\n".join(lines))]))
    return (spent() - began) / CLICKS


def conversion_cost(campaign: Campaign, link: TrackingLink, name: str) -> float:
    """Seconds of one whose click was three days ago, in a batch."""
    began = timezone.now() - timedelta(days=3)
    clicks = [stage.event(link, began + timedelta(milliseconds=number)) for number in range(CONVERSIONS)]
    batches.take(orjson.dumps(click) for click in clicks)
    now = timezone.now()
    reports = Postback.objects.bulk_create(
        report(
            campaign, f"{name}-{number}", stage.click_id(link, began + timedelta(milliseconds=number), click["n"]), now
        )
        for number, click in enumerate(clicks)
    )
    at = spent()
    conversions.process_all(reports)
    took = (spent() - at) / CONVERSIONS
    assert Conversion.objects.filter(order_id__startswith=f"{name}-", subs__isnull=False).count() == CONVERSIONS
    return took


def report(campaign: Campaign, order_id: str, click_id: str, at: datetime) -> Postback:
    fields = {"kind": "conversion", "goal": "sale", "amount": 5_000, "currency": campaign.currency}
    return Postback(
        id=uuid7(),
        campaign_id=campaign.pk,
        received_at=at,
        channel="server",
        method="POST",
        fields=fields | {"order_id": order_id, "click_id": click_id},
        status_code=200,
        answer={"status": "accepted"},
        accepted=True,
    )


def shrink() -> None:
    """An empty database again, with the partitions of a new one."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE tracking_click")
        for day, name in partitions.existing("tracking_click"):
            if day < timezone.now().date() - timedelta(days=4):
                cursor.execute(f"DROP TABLE {name}")


def stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = 'tracking_click'::regclass")
        return int(cursor.fetchone()[0])


def measure(campaign: Campaign, link: TrackingLink, name: str, rounds: int) -> list[tuple[float, float]]:
    click_cost(link), conversion_cost(campaign, link, f"{name}-warm")
    return [(click_cost(link), conversion_cost(campaign, link, f"{name}-{number}")) for number in range(rounds)]


def medians(made: list[tuple[float, float]]) -> tuple[float, float]:
    return median(click for click, _ in made), median(conversion for _, conversion in made)


def test_cost_with_many_clicks_stored(
    campaign: Campaign, link: TrackingLink, capsys: pytest.CaptureFixture[str]
) -> None:
    if shutil.disk_usage(".").free < ROWS * BYTES:
        pytest.skip(f"{ROWS:,} clicks need {ROWS * BYTES / 2**30:.0f} GB of the disk")
    today = timezone.now().date()
    partitions.create(today - timedelta(days=4), today)
    partitions.ensure()
    before = measure(campaign, link, "before", ROUNDS)
    began = time.perf_counter()
    size = past.grow(link, ROWS, DAYS)
    grown = time.perf_counter() - began
    assert stored() >= ROWS * 0.95  # as PostgreSQL estimates it; to count them all takes long
    full = medians(measure(campaign, link, "full", ROUNDS * 2))
    shrink()
    after = measure(campaign, link, "after", ROUNDS)
    empty = medians([*before, *after])
    with capsys.disabled():
        print(
            f"\nGrowth: {ROWS:,} clicks stored in {DAYS} days' partitions, {size / ROWS:.0f} bytes each (made in {grown:.0f} s)"
            f"\nA click      {empty[0] * 1e6:8.1f} µs, then {full[0] * 1e6:8.1f} µs: {full[0] / empty[0]:.2f} ×"
            f"\nA conversion {empty[1] * 1e3:8.2f} ms, then {full[1] * 1e3:8.2f} ms: {full[1] / empty[1]:.2f} ×"
        )
    assert full[0] < empty[0] * ALLOWED
    assert full[1] < empty[1] * ALLOWED
