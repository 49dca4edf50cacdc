"""Queries about one click or one stretch of time look into the partitions of that time and no others, so that they cost
the same however much is stored."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from redis import Redis

from advertisers.models import Campaign
from publishers.models import TrackingLink
from tests.tracking import stage
from tracking import partitions, reconcile
from tracking.ingest.visitors import Visitors
from tracking.models import Conversion
from tracking.quality import warming

DAYS = 20
TABLES = re.compile(r"tracking_(?:click|impression)\b")


@pytest.fixture(autouse=True)
def partitioned(db: None) -> None:
    today = timezone.now().date()
    partitions.create(today - timedelta(days=DAYS), today + timedelta(days=2))


@contextmanager
def seen() -> Iterator[list[tuple[str, Any]]]:
    """Statements about raw events, with their values."""
    found: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if TABLES.search(sql) and sql.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE")):
            found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def touched(statement: str, values: Any) -> set[str]:
    """The partitions that PostgreSQL really looked into."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, values)
        plan = cursor.fetchone()[0]
    found: set[str] = set()
    waiting = [plan[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        name = node.get("Relation Name", "")
        if name.startswith(("tracking_click_", "tracking_impression_")) and node.get("Actual Loops"):
            found.add(name)
    return found


def days(*ago: int) -> set[str]:
    today = timezone.now().date()
    return {partitions.name("tracking_click", date.fromordinal(today.toordinal() - number)) for number in ago}


def test_a_conversion_looks_for_its_click_in_one_partition(
    redis: Redis, campaign: Campaign, link: TrackingLink
) -> None:
    at = stage.to_ms(timezone.now() - timedelta(days=3))
    stage.send(redis, stage.event(link, at, n=7))
    stage.ingest(redis)
    with seen() as statements:
        stage.process(stage.report(campaign, "A-1", click_id=stage.click_id(link, at, 7)))
    assert Conversion.objects.get().subs == ["newsletter", "may"]
    assert statements
    exact = [touched(*one) for one in statements if "nonce =" in one[0]]
    assert exact
    assert set().union(*exact) <= days(3)


def test_sub_ids_that_come_late_are_looked_for_in_one_partition(
    redis: Redis, campaign: Campaign, link: TrackingLink
) -> None:
    at = stage.to_ms(timezone.now() - timedelta(days=3))
    stage.process(stage.report(campaign, "A-1", click_id=stage.click_id(link, at, 7)))
    stage.send(redis, stage.event(link, at, n=7))
    stage.ingest(redis)
    assert touched(reconcile.FILL, [timezone.now() - timedelta(hours=1)]) == days(3)


def test_a_new_reader_of_a_shard_looks_at_the_last_day(redis: Redis, link: TrackingLink) -> None:
    stage.send(redis, stage.event(link))
    stage.ingest(redis)
    with seen() as statements:
        Visitors().warm()
        warming.new()
    assert statements
    for statement in statements:
        assert touched(*statement) <= {*days(-2, -1, 0, 1), "tracking_click_default"}
