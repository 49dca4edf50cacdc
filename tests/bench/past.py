"""Many clicks of the last weeks, made as fast as PostgreSQL can write: each day's partition is filled and given its key in one
transaction while the server keeps no log of that (`wal_level=minimal`), two days at once, and is attached when it is whole.

What lies there then is what ingest would have left: logged tables of the same columns, keys and indexes, on a server with
its usual settings. Only vacuum is kept from them, which would run beside what is measured. Seven of eight
visitors denied consent: so little is known of them that 200,000,000 fit on a small disk.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from pathlib import Path

import psycopg
from django.db import connection
from django.utils import timezone
from psycopg import sql

from network import services as embedded
from publishers.models import TrackingLink
from tests import services
from tracking import partitions

AT_ONCE = 2

MAKE = (
    "DROP TABLE IF EXISTS {child}",
    "CREATE TABLE {child} (LIKE tracking_click INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (autovacuum_enabled = off)",
    "ALTER TABLE {child} ADD CONSTRAINT {of_the_day} CHECK (at >= {start} AND at < {end})",
    """INSERT INTO {child} (campaign_id, at, nonce, partnership_id, link_id, plan_version, day, consent, ip, user_agent,
        referrer, country, device, system, browser, language, channel, received_at, subs, visitor, is_unique)
    SELECT {campaign}, at, hashint8extended(number, {seed}), {partnership}, {link}, 1, {day},
        CASE WHEN known THEN 'granted' ELSE 'denied' END, CASE WHEN known THEN '198.51.100.0'::inet + (number / 8 % 200) END,
        CASE WHEN known THEN 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)' ELSE '' END,
        CASE WHEN known THEN 'https://blog.example/review' ELSE '' END, 'IR', 'phone', 'iOS', 'Mobile Safari', 'en',
        'website', at, ARRAY['newsletter'], CASE WHEN known THEN hashint8extended(number, 0) END, known
    FROM (
        SELECT number, {start} + number * {pause} AS at, number % 8 = 0 AS known
        FROM generate_series(0::bigint, {count} - 1) AS number
    ) AS made""",
    "ALTER TABLE {child} ADD PRIMARY KEY (campaign_id, at, nonce)",
)
ATTACH = (
    "ALTER TABLE tracking_click ATTACH PARTITION {child} FOR VALUES FROM ({start}) TO ({end})",
    "ALTER TABLE {child} DROP CONSTRAINT {of_the_day}",
)
FAST = {"wal_level": "minimal", "max_wal_senders": "0", "maintenance_work_mem": "512MB", "max_wal_size": "4GB"}


def grow(link: TrackingLink, rows: int, days: int) -> int:
    """As many on each of the days before today, in place of what was there. Returns the bytes that they take, with keys
    and indexes."""
    today = timezone.now().date()
    past = [today - timedelta(days=number) for number in range(days, 0, -1)]
    with unlogged(), ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(partial(make, link, rows // days), past))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE tracking_click")
        cursor.execute("SELECT sum(pg_total_relation_size(relid)) FROM pg_partition_tree('tracking_click')")
        return int(cursor.fetchone()[0])


def make(link: TrackingLink, count: int, day: date) -> None:
    start, name = datetime.combine(day, time(), UTC), partitions.name("tracking_click", day)
    values = {
        "start": start,
        "end": start + timedelta(days=1),
        "day": day,
        "pause": timedelta(days=1) / count,
        "count": count,
        "seed": day.toordinal(),
        "campaign": link.partnership.campaign_id,
        "partnership": link.partnership_id,
        "link": link.pk,
    }
    parts = {key: sql.Literal(value) for key, value in values.items()}
    names = {"child": sql.Identifier(name), "of_the_day": sql.Identifier(f"{name}_of_the_day")}
    with psycopg.connect(services.postgres.url(services.DATABASE)) as made:
        for statements in (MAKE, ATTACH):
            for statement in statements:
                made.execute(sql.SQL(statement).format(**parts, **names))
            made.commit()


@contextmanager
def unlogged() -> Iterator[None]:
    """What is filled in the transaction that makes it is not written to the log, but synced at its end."""
    restart(*(f"SET {name} = '{value}'" for name, value in FAST.items()))
    try:
        yield
    finally:
        restart(*(f"RESET {name}" for name in FAST))


def restart(*changes: str) -> None:
    with psycopg.connect(services.postgres.url("postgres"), autocommit=True) as server:
        for change in changes:
            server.execute(f"ALTER SYSTEM {change}")
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
    services.postgres.end_leftovers()
    embedded.start(Path(os.environ["VAR_DIR"]), bound=True)
