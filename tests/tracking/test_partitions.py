from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from redis import Redis

from publishers.models import TrackingLink
from tests.tracking.stage import event, ingest, send
from tracking import partitions
from tracking.models import Click
from tracking.tasks import create_partitions

LONG_AGO = date(2019, 2, 27)


def homes() -> list[str]:
    """The partitions that hold clicks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass::text FROM tracking_click ORDER BY at")
        return [row[0] for row in cursor.fetchall()]


def indexes(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE tablename = %s", [table])
        return sorted(row[0].split(" USING ")[1] for row in cursor.fetchall())


@pytest.mark.django_db
def test_it_has_todays_on_a_fresh_installation() -> None:
    today = timezone.now().astimezone(UTC).date()
    assert all(partitions.exists(partitions.name(table, today)) for table in partitions.TABLES)


@pytest.mark.django_db
def test_it_keeps_fourteen_days_ahead() -> None:
    create_partitions()
    last = timezone.now().astimezone(UTC).date() + timedelta(days=14)
    assert all(partitions.exists(partitions.name(table, last)) for table in partitions.TABLES)
    assert create_partitions() == 0


@pytest.mark.django_db
def test_it_makes_each_day_once() -> None:
    tables = len(partitions.TABLES)
    assert partitions.create(LONG_AGO, LONG_AGO + timedelta(days=2)) == 3 * tables
    assert partitions.create(LONG_AGO, LONG_AGO + timedelta(days=2)) == 0
    assert partitions.create(LONG_AGO, LONG_AGO + timedelta(days=3)) == tables


def test_it_takes_every_time_and_moves_days_out_of_the_default(redis: Redis, link: TrackingLink) -> None:
    midnight = datetime(2019, 2, 27, tzinfo=UTC)
    moments = [
        midnight - timedelta(milliseconds=1),
        midnight,
        midnight + timedelta(hours=23, minutes=59, seconds=59.999),
    ]
    events = [event(link, at) for at in moments]
    send(redis, *events)
    ingest(redis)
    assert homes() == ["tracking_click_default"] * 3

    partitions.create(LONG_AGO, LONG_AGO)

    assert homes() == ["tracking_click_default", "tracking_click_20190227", "tracking_click_20190227"]
    send(redis, *events)  # recognised wherever they are now
    assert ingest(redis).repeated == 3
    assert Click.objects.count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize("table", partitions.TABLES)
def test_it_has_the_indexes_of_the_whole(table: str) -> None:
    partitions.create(LONG_AGO, LONG_AGO)
    assert indexes(partitions.name(table, LONG_AGO)) == indexes(table)


@pytest.mark.django_db
def test_it_needs_no_further_migration() -> None:
    call_command("makemigrations", "tracking", check=True, dry_run=True, verbosity=0)
