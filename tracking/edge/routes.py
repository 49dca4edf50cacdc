"""From a link's code to its route. Routes are kept until the snapshot changes."""

from typing import Final

from tracking.edge import appstores, caps, steps, targeting
from tracking.edge.redirects import around_click_id, ascii_url, standing
from tracking.edge.route import Route
from tracking.snapshot import Snapshot

KEPT: Final = 50_000


def route(snapshot: Snapshot, code: str) -> Route | None:
    """None: there is no such link."""
    found: Route | None = snapshot.derived.get(code)
    if found is None and (found := made(snapshot, code)):
        if len(snapshot.derived) >= KEPT:
            snapshot.derived.clear()
        snapshot.derived[code] = found
    return found


def made(snapshot: Snapshot, code: str) -> Route | None:
    link = snapshot.links.get(code)
    partnership = snapshot.partnerships.get(link.partnership_id) if link else None
    campaign = snapshot.campaigns.get(partnership.campaign_id) if partnership else None
    if not link or not partnership or not campaign:
        return None
    creative = snapshot.creatives.get(link.creative_id) if link.creative_id else None
    found = Route(link, partnership, campaign, creative, ascii_url(campaign.fallback_url or snapshot.fallback_url))
    found.diverted = steps.diversion(snapshot, found)
    if not found.diverted:
        found.steps = steps.compiled(snapshot, found)
        found.landing = targeting.chooser(found)
        found.caps = caps.of(found)
        found.app = appstores.chooser(campaign)
        found.straight = _straight(found)
    return found


def _straight(way: Route) -> tuple[bytes, bytes] | None:
    """None: where the visitor goes depends on who it is, or has placeholders to be filled."""
    address = standing(way.link, way.campaign, way.creative) or way.campaign.landing_url
    if way.landing or way.app or "{" in address:
        return None
    return around_click_id(address, way.campaign.click_parameter)
