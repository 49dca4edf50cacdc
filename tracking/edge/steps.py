"""From a link's code to the decision where the visitor goes: each step keeps the visitor or diverts with a reason."""

from collections.abc import Callable
from typing import Final, NamedTuple

from tracking.snapshot import Campaign, Link, Partnership, Snapshot


class Route(NamedTuple):
    link: Link
    partnership: Partnership
    campaign: Campaign


def route(snapshot: Snapshot, code: str) -> Route | None:
    """None: there is no such link."""
    link = snapshot.links.get(code)
    if link is None:
        return None
    partnership = snapshot.partnerships.get(link.partnership_id)
    campaign = partnership and snapshot.campaigns.get(partnership.campaign_id)
    return Route(link, partnership, campaign) if partnership and campaign else None


def link_in_use(snapshot: Snapshot, way: Route) -> str:
    return "link_retired" if way.link.is_retired else ""


def campaign_running(snapshot: Snapshot, way: Route) -> str:
    return "" if way.campaign.status == "active" else f"campaign_{way.campaign.status}"


def advertiser_active(snapshot: Snapshot, way: Route) -> str:
    return "" if snapshot.organizations.get(way.campaign.advertiser_id) == "active" else "advertiser_suspended"


def partnership_active(snapshot: Snapshot, way: Route) -> str:
    return "" if way.partnership.status == "active" else "partnership_not_active"


def publisher_active(snapshot: Snapshot, way: Route) -> str:
    return "" if snapshot.organizations.get(way.partnership.publisher_id) == "active" else "publisher_suspended"


STEPS: Final[tuple[Callable[[Snapshot, Route], str], ...]] = (
    link_in_use,
    campaign_running,
    advertiser_active,
    partnership_active,
    publisher_active,
)


def diversion(snapshot: Snapshot, way: Route) -> str:
    """Why the visitor must not get to the landing page, or ""."""
    for step in STEPS:
        if reason := step(snapshot, way):
            return reason
    return ""
