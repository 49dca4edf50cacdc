"""What events name by number: links (whose partnership and campaign never change), zones and plans of campaigns."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple, cast

from advertisers.models import Campaign, CommissionPlan
from publishers.models import TrackingLink
from tracking.days import zone
from tracking.ingest import packing
from tracking.ingest.events import LAST_MS, Poison

type Claim = tuple[int, int, int, str]
"""Campaign, partnership, link, channel, as an event says it."""

MAX_LINKS: Final = 1_000_000
_links: dict[int, tuple[int, int, int | None]] = {}
"""Partnership, campaign, creative."""


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """What all events of a link on one day under one plan version share. Told apart by identity."""

    campaign_id: int
    partnership_id: int
    link_id: int
    channel: str
    day: date
    plan_version: int
    creative_id: int | None
    columns: bytes

    @classmethod
    def of(cls, claim: Claim, day: date, version: int, creative_id: int | None) -> "Slot":
        campaign, partnership, link, channel = claim
        columns = (
            packing.bigint(campaign),
            packing.bigint(partnership),
            packing.bigint(link),
            packing.integer(version),
            packing.day(day),
            packing.text(channel),
        )
        return cls(campaign, partnership, link, channel, day, version, creative_id, b"".join(columns))


class Timeline(NamedTuple):
    """`versions[n]` is in force from `starts[n - 1]` on (milliseconds); `versions[0]` is 0: no plan."""

    zone: str
    starts: list[int]
    versions: list[int]


@dataclass(slots=True)
class Way:
    """A link's slots. `slot` holds for times from `since` until before `until`."""

    claim: Claim
    timeline: Timeline
    creative_id: int | None
    since: int = 0
    until: int = 0
    slot: Slot | None = None
    slots: dict[tuple[date, int], Slot] = field(default_factory=dict)

    def at(self, at_ms: int) -> Slot:
        if self.slot is None or not self.since <= at_ms < self.until:
            self._move(at_ms)
        return cast("Slot", self.slot)

    def _move(self, at_ms: int) -> None:
        day, since, until = span(self.timeline.zone, at_ms // 900_000)
        place = bisect_right(self.timeline.starts, at_ms)
        self.since = max(since, self.timeline.starts[place - 1] if place else 0)
        self.until = min(until, self.timeline.starts[place] if place < len(self.timeline.starts) else LAST_MS + 1)
        version = self.timeline.versions[place]
        self.slot = self.slots.get((day, version))
        if self.slot is None:
            self.slot = self.slots[day, version] = Slot.of(self.claim, day, version, self.creative_id)


class References:
    """Valid for one batch, so that a plan activated a moment ago counts for the events after its start.

    `ways` has those that are known by what events say, as it stands there.
    """

    def __init__(self) -> None:
        self.ways: dict[object, Way] = {}
        self._ways: dict[Claim, Way] = {}
        self._timelines: dict[int, Timeline] = {}

    def learn(self, said: Mapping[object, Claim]) -> None:
        """Read what these events name."""
        fresh = set(said.values())
        campaigns = {claim[0] for claim in fresh} - self._timelines.keys()
        if campaigns:
            self._timelines |= _timelines(campaigns)
        places = _places({claim[2]: (claim[1], claim[0]) for claim in fresh})
        for claim in fresh:
            campaign, partnership, link, _ = claim
            *place, creative = places.get(link, (0, 0, None))
            if campaign in self._timelines and place == [partnership, campaign]:
                self._ways[claim] = Way(claim, self._timelines[campaign], creative)
        self.ways |= {key: self._ways[claim] for key, claim in said.items() if claim in self._ways}

    def missing(self, campaign_id: object) -> Poison:
        return Poison("unknown_link" if campaign_id in self._timelines else "unknown_campaign")


@lru_cache(maxsize=10_000)
def span(name: str, quarter: int) -> tuple[date, int, int]:
    """The day in the zone of this name, and the milliseconds at which it begins and ends. Offsets change on the quarter
    of an hour, so a moment of a quarter tells the day of all of it."""
    there = zone(name)
    day = datetime.fromtimestamp(quarter * 900, there).date()
    return day, _midnight(day, name), _midnight(day + timedelta(days=1), name)


def _midnight(day: date, name: str) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone(name)).timestamp() * 1000)


def _timelines(campaigns: set[int]) -> dict[int, Timeline]:
    plans: dict[int, tuple[list[int], list[int]]] = defaultdict(lambda: ([], [0]))
    found = CommissionPlan.objects.filter(campaign__in=campaigns, starts_at__isnull=False)
    for campaign, start, version in found.order_by("starts_at").values_list("campaign", "starts_at", "version"):
        starts, versions = plans[campaign]
        starts.append(_ceiling_ms(cast("datetime", start)))
        versions.append(version)
    zones = Campaign.objects.filter(pk__in=campaigns).values_list("pk", "time_zone")
    return {campaign: Timeline(zone, *plans[campaign]) for campaign, zone in zones}


def _ceiling_ms(at: datetime) -> int:
    """Events have milliseconds: those from this one on are at or after the moment."""
    return -(-round(at.timestamp() * 1_000_000) // 1000)


def _places(claimed: dict[int, tuple[int, int]]) -> dict[int, tuple[int, int, int | None]]:
    """Where the links really are. What an event claims is only believed from memory when the two agree."""
    if len(_links) > MAX_LINKS:
        _links.clear()
    if doubtful := [link for link, place in claimed.items() if _links.get(link, ())[:2] != place]:
        found = TrackingLink.objects.filter(pk__in=doubtful)
        names = ("pk", "partnership", "partnership__campaign", "creative")
        for link, partnership, campaign, creative in found.values_list(*names):
            _links[link] = (partnership, campaign, creative)
    return {link: _links[link] for link in claimed.keys() & _links.keys()}
