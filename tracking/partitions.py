"""Daily partitions (UTC days) of the raw events. A day without one lands in DEFAULT and is moved out when it gets its own.

A creator attaches a table that it filled beforehand, so that writers to other days wait for milliseconds at most.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.db import connection, transaction
from django.utils import timezone
from psycopg import sql

TABLES: Final = {
    "tracking_click": "at",
    "tracking_impression": "at",
    "tracking_postback": "received_at",
    "tracking_stay": "at",
}
DAYS_AHEAD: Final = 14
CREATORS: Final = 0x70767564  # the advisory lock that creators take turns on


def ensure() -> int:
    """Partitions from yesterday until DAYS_AHEAD days ahead; the number made."""
    today = timezone.now().astimezone(UTC).date()
    return create(today - timedelta(days=1), today + timedelta(days=DAYS_AHEAD))


def create(first: date, last: date) -> int:
    """One partition per table and day, both ends included; existing ones stay. The number made."""
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    missing = [(table, day) for table in TABLES for day in days if not exists(name(table, day))]
    return sum(_create_one(table, day) for table, day in missing)


def existing(table: str) -> list[tuple[date, str]]:
    """The partitions of days, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(CHILDREN, [table])
        return sorted((datetime.strptime(name[-8:], "%Y%m%d").replace(tzinfo=UTC).date(), name) for (name,) in cursor)


CHILDREN: Final = """
SELECT child.relname FROM pg_inherits JOIN pg_class AS child ON child.oid = inhrelid
WHERE inhparent = %s::regclass AND child.relname ~ '_[0-9]{8}$'
"""


def name(table: str, day: date) -> str:
    return f"{table}_{day:%Y%m%d}"


def exists(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def _create_one(table: str, day: date) -> bool:
    start = datetime.combine(day, time(), UTC)
    values = {
        "parent": sql.Identifier(table),
        "rest": sql.Identifier(f"{table}_default"),
        "child": sql.Identifier(name(table, day)),
        "key": sql.Identifier(TABLES[table]),
        "start": sql.Literal(start),
        "end": sql.Literal(start + timedelta(days=1)),
    }
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CREATORS])
        if exists(name(table, day)):
            return False
        for statement in STATEMENTS:
            cursor.execute(sql.SQL(statement).format(**values))
    return True


STATEMENTS: Final = (
    "CREATE TABLE {child} (LIKE {parent} INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)",
    "LOCK TABLE {rest} IN ACCESS EXCLUSIVE MODE",
    """WITH moved AS (DELETE FROM {rest} WHERE {key} >= {start} AND {key} < {end} RETURNING *)
    INSERT INTO {child} SELECT * FROM moved""",
    "ALTER TABLE {parent} ATTACH PARTITION {child} FOR VALUES FROM ({start}) TO ({end})",
)
