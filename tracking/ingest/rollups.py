"""What a batch adds to DailyCount and DailyBreakdown, summed here and added in the database transaction of its rows.

Rows are updated in the order of their keys by every process, so that two of them wait for each other and never deadlock.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from django.db import connection

from tracking.ingest.references import Slot
from tracking.ingest.rows import (
    DIVERTED,
    IMPRESSION,
    INVALID,
    INVALID_IMPRESSION,
    NO_MORE,
    NOTHING,
    OPEN,
    UNIQUE,
    VALID,
    VIEWABLE,
    Made,
)
from tracking.models import DailyBreakdown
from tracking.models.events import OTHER, Dimension

type Group = tuple[int, date, int, str]
"""Campaign, day, partnership, dimension."""
type Sums = dict[tuple[int, date, int, str, str], list[int]]

COUNTS: Final = (
    "impressions invalid_impressions clicks invalid_clicks diverted_clicks unique_clicks viewable_impressions opens"
).split()
PARTS: Final = "impressions clicks unique_clicks invalid_clicks diverted_clicks".split()

_counted: Final[dict[int, tuple[int, ...]]] = {  # of an outcome, by COUNTS
    VALID: (0, 0, 1, 0, 0, 0, 0, 0),
    UNIQUE: (0, 0, 1, 0, 0, 1, 0, 0),
    INVALID: (0, 0, 0, 1, 0, 0, 0, 0),
    DIVERTED: (0, 0, 0, 0, 1, 0, 0, 0),
    IMPRESSION: (1, 0, 0, 0, 0, 0, 0, 0),
    INVALID_IMPRESSION: (0, 1, 0, 0, 0, 0, 0, 0),
    VIEWABLE: (0, 0, 0, 0, 0, 0, 1, 0),
    OPEN: (1, 0, 0, 0, 0, 0, 0, 1),
}
_parts: Final[dict[int, tuple[int, ...]]] = {  # of an outcome, by PARTS
    VALID: (0, 1, 0, 0, 0),
    UNIQUE: (0, 1, 1, 0, 0),
    INVALID: (0, 0, 0, 1, 0),
    DIVERTED: (0, 0, 0, 0, 1),
    IMPRESSION: (1, 0, 0, 0, 0),
    OPEN: (1, 0, 0, 0, 0),
}
_reasons: Final = {INVALID: (0, 0, 0, 1, 0), INVALID_IMPRESSION: (1, 0, 0, 0, 0)}
_no_part: Final = (0, 0, 0, 0, 0)


class Values:
    """Which values of each group have a row, as of the last look: a new one must be let in under a lock."""

    MAX_GROUPS: Final = 20_000

    def __init__(self) -> None:
        self._known: dict[Group, frozenset[str]] = {}

    def bounded(self, sums: Sums) -> tuple[Sums, dict[Group, frozenset[str]]]:
        """With what is too much under OTHER; and what will be known once the transaction is committed."""
        fresh: defaultdict[Group, set[str]] = defaultdict(set)
        for *group, value in sums:
            known = self._known.get(tuple(group), frozenset())  # type: ignore[arg-type]
            if value not in known and len(known) < DailyBreakdown.MAX_VALUES:
                fresh[tuple(group)].add(value)  # type: ignore[index]
        learned = _let_in(fresh) if fresh else {}
        full = {
            group for group in {key[:4] for key in sums} if len(self._in(group, learned)) >= DailyBreakdown.MAX_VALUES
        }
        if full:
            sums = self._with_other(sums, full, learned)
        return sums, learned

    def remember(self, learned: dict[Group, frozenset[str]]) -> None:
        if len(self._known) + len(learned) > self.MAX_GROUPS:
            self._known.clear()
        self._known |= learned

    def _in(self, group: Group, learned: dict[Group, frozenset[str]]) -> frozenset[str]:
        return learned.get(group) or self._known.get(group, frozenset())

    def _with_other(self, sums: Sums, full: set[Group], learned: dict[Group, frozenset[str]]) -> Sums:
        found: Sums = {}
        for key, counts in sums.items():
            group = key[:4]
            if group in full and key[4] not in self._in(group, learned):
                key = (*group, OTHER)  # noqa: PLW2901
            _add(found, key, counts)
        return found


def _let_in(fresh: dict[Group, set[str]]) -> dict[Group, frozenset[str]]:
    """The values of these groups, with as many of the new ones as there is room for. Others wait until the commit."""
    groups = sorted(fresh)
    columns = [list(column) for column in zip(*groups, strict=True)]
    with connection.cursor() as cursor:
        cursor.execute(LOCK, columns)
        cursor.execute(KNOWN, columns)
        found: defaultdict[Group, set[str]] = defaultdict(set)
        for *group, value in cursor.fetchall():
            found[tuple(group)].add(value)
    for group in groups:
        known = found[group]
        room = DailyBreakdown.MAX_VALUES - len(known - {OTHER})
        known.update(sorted(fresh[group] - known)[: max(0, room)])
    return {group: frozenset(found[group] - {OTHER}) for group in groups}


def add(facts: Sequence[Made], values: Values) -> dict[Group, frozenset[str]]:
    """Within the transaction that stores these events. What `values` is to remember once that is committed."""
    counts = Counter(zip((fact.slot for fact in facts), (fact.outcome for fact in facts), strict=True))
    sums, learned = values.bounded(breakdown(facts, counts))
    _add_counts(counts)
    if sums:
        keys = sorted(sums)
        columns = [*zip(*keys, strict=True), *zip(*(sums[key] for key in keys), strict=True)]
        with connection.cursor() as cursor:
            cursor.execute(ADD_PARTS, [list(column) for column in columns])
    return learned


def _add_counts(counts: dict[tuple[Slot, int], int]) -> None:
    sums: dict[tuple[int, date, int, int], list[int]] = {}
    slots: dict[tuple[int, date, int, int], Slot] = {}
    for (slot, outcome), number in counts.items():
        if outcome != NOTHING:
            key = (slot.campaign_id, slot.day, slot.link_id, slot.plan_version)
            slots[key] = slot
            _add(sums, key, [number * part for part in _counted[outcome]])
    if sums:
        rows = [(*key, slots[key].partnership_id, slots[key].creative_id, *sums[key]) for key in sorted(sums)]
        columns = zip(*rows, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(ADD_COUNTS, [list(column) for column in columns])


def breakdown(facts: Sequence[Made], counts: dict[tuple[Slot, int], int]) -> Sums:
    sums: Sums = {}
    for (slot, outcome), number in counts.items():
        _part(sums, slot, Dimension.CHANNEL, slot.channel, outcome, number)
    for (slot, outcome, agent), number in Counter((fact.slot, fact.outcome, fact.agent) for fact in facts).items():
        _part(sums, slot, Dimension.DEVICE, agent.device, outcome, number)
        _part(sums, slot, Dimension.SYSTEM, agent.system, outcome, number)
        _part(sums, slot, Dimension.BROWSER, agent.browser, outcome, number)
    for (slot, outcome, country), number in Counter((fact.slot, fact.outcome, fact.country) for fact in facts).items():
        _part(sums, slot, Dimension.COUNTRY, country, outcome, number)
    labelled = Counter((fact.slot, fact.outcome, fact.subs) for fact in facts if fact.subs)
    for (slot, outcome, subs), number in labelled.items():
        for dimension, sub in zip(SUBS, subs, strict=False):
            _part(sums, slot, dimension, sub, outcome, number)
    for (slot, outcome, source), number in Counter((fact.slot, fact.outcome, fact.source) for fact in facts).items():
        _part(sums, slot, Dimension.SOURCE, source, outcome, number)
    _of_few(sums, Counter((fact.slot, fact.outcome, fact.more) for fact in facts if fact.more is not NO_MORE))
    return sums


SUBS: Final = (Dimension.SUB1, Dimension.SUB2, Dimension.SUB3, Dimension.SUB4, Dimension.SUB5)


def _of_few(sums: Sums, counts: dict[tuple[Slot, int, Any], int]) -> None:
    for (slot, outcome, more), number in counts.items():
        _part(sums, slot, Dimension.CREATIVE, str(more.creative_id or ""), outcome, number)
        _part(sums, slot, Dimension.LANDING, str(more.landing_id or ""), outcome, number)
        _part(sums, slot, Dimension.SMART_LINK, str(more.smart_link_id or ""), outcome, number)
        if outcome == DIVERTED:
            _part(sums, slot, Dimension.DIVERSION, more.diverted, outcome, number)
        for reason in more.reasons if outcome in _reasons else ():
            key = (slot.campaign_id, slot.day, slot.partnership_id, Dimension.REASON.value, reason)
            _add(sums, key, [number * part for part in _reasons[outcome]])


def _part(  # noqa: PLR0917  a dozen calls a line each
    sums: Sums, slot: Slot, dimension: Dimension, value: str, outcome: int, number: int
) -> None:
    parts = _parts.get(outcome, _no_part)
    if value and parts is not _no_part:
        key = (slot.campaign_id, slot.day, slot.partnership_id, dimension.value, value)
        _add(sums, key, [number * part for part in parts])


def _add[Key](sums: dict[Key, list[int]], key: Key, counts: Iterable[int]) -> None:
    if (found := sums.get(key)) is None:
        sums[key] = list(counts)
    else:
        found[:] = map(int.__add__, found, counts)


GROUPS: Final = (
    "unnest(%s::bigint[], %s::date[], %s::bigint[], %s::text[]) AS grp (campaign_id, day, partnership_id, dimension)"
)

LOCK: Final = f"""
SELECT pg_advisory_xact_lock(lock) FROM (
    SELECT DISTINCT hashtextextended(concat_ws(' ', campaign_id, day, partnership_id, dimension), 20) AS lock
    FROM {GROUPS} ORDER BY lock
) AS locks
"""  # noqa: S608  only names from this file

KNOWN: Final = f"""
SELECT known.campaign_id, known.day, known.partnership_id, known.dimension, known.value
FROM {GROUPS} JOIN tracking_dailybreakdown AS known USING (campaign_id, day, partnership_id, dimension)
"""  # noqa: S608

ADD_COUNTS: Final = f"""
INSERT INTO tracking_dailycount AS total
    (campaign_id, day, link_id, plan_version, partnership_id, creative_id, {", ".join(COUNTS)}, needs_settling)
SELECT *, true FROM unnest(
    %s::bigint[], %s::date[], %s::bigint[], %s::integer[], {", ".join(["%s::bigint[]"] * 10)}
)
ON CONFLICT (campaign_id, day, link_id, plan_version) DO UPDATE SET needs_settling = true,
    {", ".join(f"{name} = total.{name} + excluded.{name}" for name in COUNTS)}
"""  # noqa: S608

ADD_PARTS: Final = f"""
INSERT INTO tracking_dailybreakdown AS total (campaign_id, day, partnership_id, dimension, value, {", ".join(PARTS)})
SELECT * FROM unnest(%s::bigint[], %s::date[], %s::bigint[], %s::text[], %s::text[], {", ".join(["%s::bigint[]"] * 5)})
ON CONFLICT (campaign_id, day, partnership_id, dimension, value) DO UPDATE SET
    {", ".join(f"{name} = total.{name} + excluded.{name}" for name in PARTS)}
"""  # noqa: S608
