"""What is forgotten by itself: addresses are shortened after some days, raw events and reports go with their partitions.

Counts, conversions and money stay. `NetworkSettings` says after how many days.
"""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

import orjson
import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from psycopg import sql

from network.models import NetworkSettings
from tracking import partitions
from tracking.edge import spool
from tracking.models import DailyCount, DeadLetter, Postback

log = structlog.get_logger(__name__)

PAGES: Final = 1_000  # of a table that are looked at in one transaction: eight megabytes
LOCK_PATIENCE: Final = "2s"  # others wait as long for a partition to go; then the next run tries again
MARK: Final = "addresses shortened, rows inserted until then: "


def run(now: datetime | None = None) -> dict[str, int]:
    """What was done, as numbers."""
    today = (now or timezone.now()).astimezone(UTC).date()
    days = NetworkSettings.current()
    kept = {
        "tracking_click": days.click_days,
        "tracking_stay": days.click_days,
        "tracking_impression": days.impression_days,
        "tracking_postback": days.postback_days,
    }
    dropped = sum(drop(table, today - timedelta(days=number)) for table, number in kept.items())
    whole_since = today - timedelta(days=days.ip_days)
    found = {
        "partitions": dropped,
        "addresses": sum(shorten_addresses(table, whole_since) for table in SHORTEN),
        "letters": forget_letters(whole_since, today - timedelta(days=days.click_days)),
        "files": forget_files(today - timedelta(days=days.click_days)),
    }
    log.info("retention.done", **found)
    return found


# partitions


def drop(table: str, before: date) -> int:
    """Partitions that end before this day go, unless something in them still waits; those rows of DEFAULT, too."""
    number = 0
    for day, name in partitions.existing(table):
        if day < before and not _waits(table, day):
            number += _drop_one(table, name)
    _forget_in_default(table, before)
    return number


def _waits(table: str, day: date) -> bool:
    """Reports that are not processed, or counts of these events that are not settled."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    if table == "tracking_postback":
        within = Postback.objects.filter(received_at__gte=start, received_at__lt=start + timedelta(days=1))
        return within.filter(accepted=True, processed_at=None).exists()
    near = (day - timedelta(days=1), day + timedelta(days=1))  # days of campaigns are days somewhere
    return DailyCount.objects.filter(needs_settling=True, day__range=near).exists()


def _drop_one(table: str, name: str) -> bool:
    names = {"table": sql.Identifier(table), "name": sql.Identifier(name)}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [LOCK_PATIENCE])
            cursor.execute(sql.SQL("ALTER TABLE {table} DETACH PARTITION {name}").format(**names))
            cursor.execute(sql.SQL("DROP TABLE {name}").format(**names))
    except OperationalError as error:
        log.warning("retention.busy", partition=name, error=str(error))
        return False
    log.info("retention.dropped", partition=name)
    return True


def _forget_in_default(table: str, before: date) -> None:
    """What came with a time that had no partition."""
    start = datetime(before.year, before.month, before.day, tzinfo=UTC)
    waits = "AND NOT (accepted AND processed_at IS NULL)" if table == "tracking_postback" else ""
    statement = f"DELETE FROM {table}_default WHERE {partitions.TABLES[table]} < %s {waits}"  # noqa: S608  our names
    with connection.cursor() as cursor:
        cursor.execute(statement, [start])


# addresses

SHORT: Final = "host(network(set_masklen(ip, CASE family(ip) WHEN 4 THEN 24 ELSE 48 END)))::inet"
SHORTEN: Final = {
    "tracking_click": f"ip = {SHORT}",
    "tracking_impression": f"ip = {SHORT}",
    "tracking_postback": f"ip = {SHORT}, fields = fields - 'ip',"
    r""" raw = regexp_replace(raw, '(^|[?&"])ip("?\s*[=:]\s*"?)[0-9a-fA-F:.%%]+', '\1ip\2***', 'g')""",
}
IS_WHOLE: Final = {
    "tracking_click": f"ip <> {SHORT}",
    "tracking_impression": f"ip <> {SHORT}",
    "tracking_postback": f"(ip <> {SHORT} OR fields ? 'ip')",
}


def shorten_addresses(table: str, before: date) -> int:
    """To /24 and /48, in partitions that end before this day; the number of rows. A partition that was done is not looked
    at again before something is inserted into it."""
    names = [name for day, name in partitions.existing(table) if day < before]
    changed = 0
    rest = f"{table}_default"  # whose rows have any time
    for name in [*names, rest]:
        inserted = _inserted(name)
        if name == rest or _mark(name) != f"{MARK}{inserted}":
            changed += _shorten(table, name, before)
            with connection.cursor() as cursor:
                comment = sql.SQL("COMMENT ON TABLE {} IS {}")
                cursor.execute(comment.format(sql.Identifier(name), sql.Literal(f"{MARK}{inserted}")))
    return changed


def _shorten(table: str, name: str, before: date) -> int:
    start = datetime(before.year, before.month, before.day, tzinfo=UTC)
    statement = f"UPDATE {name} SET {SHORTEN[table]} WHERE ctid >= %s AND ctid < %s AND {partitions.TABLES[table]} < %s"  # noqa: S608
    changed = 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s::regclass) / current_setting('block_size')::int", [name])
        pages = cursor.fetchone()[0]
        for first in range(0, pages, PAGES):
            values: tuple[Any, ...] = (f"({first},0)", f"({first + PAGES},0)", start)
            cursor.execute(f"{statement} AND {IS_WHOLE[table]}", values)
            changed += cursor.rowcount
    return changed


def _inserted(name: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_get_tuples_inserted(%s::regclass)", [name])
        return int(cursor.fetchone()[0])


def _mark(name: str) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT obj_description(%s::regclass, 'pg_class')", [name])
        found: str | None = cursor.fetchone()[0]
        return found


# what was never stored


def forget_letters(whole_since: date, kept_since: date) -> int:
    """Dead letters keep no visitor after as many days as addresses stay whole, and go with the clicks of their time."""
    DeadLetter.objects.filter(buried_at__date__lt=kept_since).delete()
    changed = 0
    for letter in DeadLetter.objects.filter(buried_at__date__lt=whole_since).iterator():
        blank = blanked(bytes(letter.event))
        if blank != bytes(letter.event):
            DeadLetter.objects.filter(pk=letter.pk).update(event=blank)
            changed += 1
    return changed


def blanked(event: bytes) -> bytes:
    """Without what tells one person from others. What cannot be read is nobody's loss."""
    try:
        found: Any = orjson.loads(event)
    except orjson.JSONDecodeError:
        return b""
    if not isinstance(found, dict):
        return b""
    return orjson.dumps({key: value for key, value in found.items() if key not in PERSONAL})


PERSONAL: Final = frozenset({"ip", "ua", "ref", "x"})


def forget_files(before: date) -> int:
    """Spool files that nobody drained since then."""
    end = time.mktime(before.timetuple())
    number = 0
    for path in settings.SPOOL_DIR.glob("*-*.jsonl"):
        with spool.taken(path) as file:
            if file and path.stat().st_mtime < end:
                spool.finish(path)
                number += 1
    return number
