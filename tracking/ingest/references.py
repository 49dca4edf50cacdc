"""What events name by number: links (whose partnership and campaign never change), zones and plans of campaigns."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection
from datetime import date, datetime
from typing import cast

from advertisers.models import Campaign, CommissionPlan
from publishers.models import TrackingLink
from tracking.days import day_of
from tracking.ingest.events import Event, Poison

type LinkPlace = tuple[int, int]

_links: dict[int, LinkPlace] = {}
MAX_LINKS = 1_000_000


class References:
    """Valid for one batch, so that a plan activated a moment ago counts for the events after its start."""

    def __init__(self, events: Collection[Event]) -> None:
        self._places = _places({event.link_id: (event.partnership_id, event.campaign_id) for event in events})
        campaigns = {event.campaign_id for event in events}
        self._zones = dict(Campaign.objects.filter(pk__in=campaigns).values_list("pk", "time_zone"))
        self._plans = _plans(campaigns)

    def check(self, event: Event) -> None:
        if event.campaign_id not in self._zones:
            raise Poison("unknown_campaign")
        if self._places.get(event.link_id) != (event.partnership_id, event.campaign_id):
            raise Poison("unknown_link")

    def day(self, event: Event) -> date:
        return day_of(event.at, self._zones[event.campaign_id])

    def plan_version(self, event: Event) -> int:
        """The version in force at the event's time; 0 before the first."""
        starts, versions = self._plans[event.campaign_id]
        return versions[bisect_right(starts, event.at)]


def _plans(campaigns: set[int]) -> dict[int, tuple[list[datetime], list[int]]]:
    timelines: dict[int, tuple[list[datetime], list[int]]] = defaultdict(lambda: ([], [0]))
    plans = CommissionPlan.objects.filter(campaign__in=campaigns, starts_at__isnull=False)
    for campaign, start, version in plans.order_by("starts_at").values_list("campaign", "starts_at", "version"):
        starts, versions = timelines[campaign]
        starts.append(cast("datetime", start))
        versions.append(version)
    return timelines


def _places(claimed: dict[int, LinkPlace]) -> dict[int, LinkPlace]:
    """Where the links really are. What an event claims is only believed from memory when the two agree."""
    if len(_links) > MAX_LINKS:
        _links.clear()
    if doubtful := [link for link, place in claimed.items() if _links.get(link) != place]:
        found = TrackingLink.objects.filter(pk__in=doubtful)
        for link, partnership, campaign in found.values_list("pk", "partnership", "partnership__campaign"):
            _links[link] = (partnership, campaign)
    return {link: _links[link] for link in claimed.keys() & _links.keys()}
