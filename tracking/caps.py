"""Caps on conversions: counted here when conversions are made, a batch at a time; the edges are told when one is reached.

A conversion counts in the period in which it happened, by the campaign's time zone. Several caps can concern it (of the
campaign, of the publisher; a day, in all): it counts in all of them or, if a hard one is full, in none.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from advertisers import periods
from advertisers.models import Campaign, Cap, Metric
from tracking.models.caps import CapTaken, CapUse

OVER_CAP = "over_cap"
"""The reason of the verdict "suspect" on a conversion for which `take` had no room."""

LOCK: Final = """
INSERT INTO tracking_capuse AS known (cap_id, starts_at, ends_at, used, bound, alerted, changed_at)
SELECT cap_id, starts_at, ends_at, 0, 0, 0, now()
FROM unnest(%s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS wanted (cap_id, starts_at, ends_at)
ORDER BY cap_id, starts_at
ON CONFLICT (cap_id, starts_at) DO UPDATE SET used = known.used
RETURNING id, cap_id, starts_at, used"""
"""The rows of these periods, made where there is none, and locked: all in one order, lest two wait for each other."""
COUNT: Final = """
UPDATE tracking_capuse AS known SET used = known.used + more.number, changed_at = now()
FROM unnest(%s::bigint[], %s::bigint[]) AS more (id, number) WHERE known.id = more.id"""
REMEMBER: Final = "INSERT INTO tracking_captaken (use_id, conversion_id) SELECT * FROM unnest(%s::bigint[], %s::uuid[])"


class Wanted(NamedTuple):
    """A conversion that asks to be counted: an attributed, valid one that is no test."""

    campaign: Campaign
    partnership_id: int
    conversion_id: UUID
    occurred_at: datetime


@dataclass(slots=True)
class _Room:
    """What one period of a cap has left, while its row is locked."""

    cap: Cap
    use_id: int
    used: int
    taken: list[UUID] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return self.cap.is_hard and self.used + len(self.taken) >= self.cap.limit


@transaction.atomic
def take(wanted: Sequence[Wanted]) -> set[UUID]:
    """Count these, in this order. Returns those for which a hard cap has no room: of them nothing was counted.

    Call it once for each, in the database transaction that makes it; a few statements serve all of them.
    """
    concerned = [(one, _periods(caps, one)) for one, caps in _with_caps(wanted)]
    rooms = _locked({period: cap for _, periods_of in concerned for period, cap in periods_of.items()})
    over = set()
    for one, periods_of in concerned:
        own = [rooms[period[:2]] for period in periods_of]
        if any(room.is_full for room in own):
            over.add(one.conversion_id)
            continue
        for room in own:
            room.taken.append(one.conversion_id)
    _keep([room for room in rooms.values() if room.taken])
    return over


@transaction.atomic
def give_back(conversion_id: UUID) -> int:
    """A conversion that came to nothing makes room again, in periods that are not over. Returns in how many caps."""
    found = CapTaken.objects.select_for_update(of=("self",)).filter(
        conversion_id=conversion_id, use__ends_at__gt=timezone.now()
    )
    uses = [taken.use for taken in found.select_related("use__cap").order_by("use__cap_id")]
    _undo(uses)
    CapTaken.objects.filter(conversion_id=conversion_id, use__in=uses).delete()
    for use in uses:
        tell_edges(use.cap.campaign_id)
    return len(uses)


def use_of(cap: Cap, at: datetime, time_zone: str) -> CapUse:
    """The row of the period in which this moment lies."""
    period = periods.span(cap.period, at, time_zone)
    found = CapUse.objects.filter(cap=cap, starts_at=period.starts_at).first()
    if found is None:
        found, _ = CapUse.objects.get_or_create(
            cap=cap, starts_at=period.starts_at, defaults={"ends_at": period.ends_at}
        )
    return found


def tell_edges(campaign_id: int) -> None:
    """They read this campaign again, with what of its caps is used up."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tracking_snapshot_change (kind, key) VALUES ('campaign', %s)", [str(campaign_id)])
        cursor.execute("SELECT pg_notify('peyvand_snapshot', '')")


type _Period = tuple[int, datetime, datetime]
"""Of a cap: its id, when the period begins and ends."""


def _with_caps(wanted: Sequence[Wanted]) -> Iterator[tuple[Wanted, list[Cap]]]:
    caps: dict[int, list[Cap]] = {}
    campaigns = {one.campaign.pk for one in wanted}
    for cap in Cap.objects.filter(campaign__in=campaigns, metric=Metric.CONVERSIONS) if campaigns else ():
        caps.setdefault(cap.campaign_id, []).append(cap)
    for one in wanted:
        if of_campaign := caps.get(one.campaign.pk):
            yield one, [cap for cap in of_campaign if cap.partnership_id in {None, one.partnership_id}]


def _periods(caps: Iterable[Cap], one: Wanted) -> dict[_Period, Cap]:
    spans = ((cap, periods.span(cap.period, one.occurred_at, one.campaign.time_zone)) for cap in caps)
    return {(cap.pk, span.starts_at, span.ends_at): cap for cap, span in spans}


def _locked(wanted: Mapping[_Period, Cap]) -> dict[tuple[int, datetime], _Room]:
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(column) for column in zip(*sorted(wanted), strict=True)])
        found = {(cap_id, starts_at): (use_id, used) for use_id, cap_id, starts_at, used in cursor.fetchall()}
    return {period[:2]: _Room(cap, *found[period[:2]]) for period, cap in wanted.items()}


def _keep(rooms: Collection[_Room]) -> None:
    if not rooms:
        return
    taken = [(room.use_id, conversion_id) for room in rooms for conversion_id in room.taken]
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [[room.use_id for room in rooms], [len(room.taken) for room in rooms]])
        cursor.execute(REMEMBER, [list(column) for column in zip(*taken, strict=True)])
    for campaign_id in sorted({room.cap.campaign_id for room in rooms if room.is_full}):
        tell_edges(campaign_id)


def _undo(uses: list[CapUse]) -> None:
    for use in uses:
        CapUse.objects.filter(pk=use.pk, used__gt=0).update(used=F("used") - 1, changed_at=timezone.now())
