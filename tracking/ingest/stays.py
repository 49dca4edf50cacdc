"""What `tag.js` tells of clicks: one row for each click, however often its page was looked at, and the counts of its day.

All that is told of one click comes through one shard of the stream, so what is stored cannot change under our feet.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from django.db import connection

from tracking.ingest.events import Found, Poison, moment, number
from tracking.ingest.references import Way
from tracking.models import DailyStays

LONGEST_MS: Final = 86_400_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

type Key = tuple[int, datetime, int]
"""Of a click: campaign, time, nonce."""


class Stayed(NamedTuple):
    """`stayed_ms` None: she arrived."""

    campaign_id: int
    at_ms: int
    nonce: int
    partnership_id: int
    day: date
    stayed_ms: int | None

    @property
    def key(self) -> Key:
        return self.campaign_id, EPOCH + timedelta(milliseconds=self.at_ms), self.nonce


def stayed(found: Found, way: Way) -> Stayed:
    """Raises Poison."""
    at_ms, nonce, length = moment(found, "at"), number(found, "n"), found.get("ms")
    if length is not None and (type(length) is not int or not 0 <= length <= LONGEST_MS):
        raise Poison("invalid_ms")
    slot = way.at(at_ms)
    return Stayed(slot.campaign_id, at_ms, nonce, slot.partnership_id, slot.day, length)


def add(told: Sequence[Stayed]) -> None:
    """Within the database transaction that moves the position behind them. The longest stay of a click counts."""
    if not told:
        return
    longest: dict[Key, Stayed] = {}
    for one in told:
        before = longest.get(one.key)
        if before is None or _longer(one.stayed_ms, before.stayed_ms):
            longest[one.key] = one
    known = _known(list(longest))
    fresh = {key: one for key, one in longest.items() if key not in known or _longer(one.stayed_ms, known[key])}
    if fresh:
        _put(fresh)
        _count(fresh, known)


def _longer(length: int | None, than: int | None) -> bool:
    return length is not None and (than is None or length > than)


KNOWN: Final = """
SELECT asked.c, asked.a, asked.n, stay.stayed_ms
FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[]) AS asked (c, a, n)
CROSS JOIN LATERAL (
    SELECT stayed_ms FROM tracking_stay WHERE campaign_id = asked.c AND at = asked.a AND nonce = asked.n OFFSET 0
) AS stay"""
PUT: Final = """
INSERT INTO tracking_stay (campaign_id, at, nonce, partnership_id, stayed_ms)
SELECT * FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[], %s::bigint[], %s::integer[])
ON CONFLICT (campaign_id, at, nonce) DO UPDATE SET stayed_ms = excluded.stayed_ms"""
COUNT: Final = """
INSERT INTO tracking_dailystays AS total (partnership_id, day, arrived, "left", short)
SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::bigint[], %s::bigint[])
ON CONFLICT (partnership_id, day) DO UPDATE SET arrived = total.arrived + excluded.arrived,
    "left" = total."left" + excluded."left", short = total.short + excluded.short"""


def _known(keys: list[Key]) -> dict[Key, int | None]:
    with connection.cursor() as cursor:
        cursor.execute(KNOWN, [list(column) for column in zip(*keys, strict=True)])
        return {(campaign, at, nonce): length for campaign, at, nonce, length in cursor.fetchall()}


def _put(fresh: dict[Key, Stayed]) -> None:
    rows = [(*key, fresh[key].partnership_id, fresh[key].stayed_ms) for key in sorted(fresh)]
    with connection.cursor() as cursor:
        cursor.execute(PUT, [list(column) for column in zip(*rows, strict=True)])


def _count(fresh: dict[Key, Stayed], known: dict[Key, int | None]) -> None:
    sums: dict[tuple[int, date], list[int]] = {}
    for key, one in fresh.items():
        before = _counted(known[key]) if key in known else (0, 0, 0)
        total = sums.setdefault((one.partnership_id, one.day), [0, 0, 0])
        for place, (now, then) in enumerate(zip(_counted(one.stayed_ms), before, strict=True)):
            total[place] += now - then
    rows = [(*key, *sums[key]) for key in sorted(sums)]
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [list(column) for column in zip(*rows, strict=True)])


def _counted(length: int | None) -> tuple[int, int, int]:
    """Arrived, left, left soon."""
    return 1, int(length is not None), int(length is not None and length < DailyStays.SHORT_MS)
