"""Whether a visitor may go to the landing page: each step keeps the visitor or diverts with a reason, the first one wins.

What depends on the snapshot only is decided once per route (STATUSES). What depends on the visitor is compiled once per
route into `Route.steps` (COMPILERS), so a campaign without targeting costs nothing per click.
"""

from collections.abc import Callable, Iterable
from typing import Final

from tracking.edge import targeting
from tracking.edge.recipients import unsubscribed
from tracking.edge.route import Route, Step
from tracking.snapshot import Snapshot


def link_in_use(_: Snapshot, way: Route) -> str:
    return "link_retired" if way.link.is_retired else ""


def campaign_running(_: Snapshot, way: Route) -> str:
    return "" if way.campaign.status == "active" else f"campaign_{way.campaign.status}"


def advertiser_active(snapshot: Snapshot, way: Route) -> str:
    return "" if snapshot.organizations.get(way.campaign.advertiser_id) == "active" else "advertiser_suspended"


def partnership_active(_: Snapshot, way: Route) -> str:
    return "" if way.partnership.status == "active" else "partnership_not_active"


def publisher_active(snapshot: Snapshot, way: Route) -> str:
    return "" if snapshot.organizations.get(way.partnership.publisher_id) == "active" else "publisher_suspended"


STATUSES: Final[tuple[Callable[[Snapshot, Route], str], ...]] = (
    link_in_use,
    campaign_running,
    advertiser_active,
    partnership_active,
    publisher_active,
    targeting.funded,
    targeting.welcome,
)

COMPILERS: Final[tuple[Callable[[Snapshot, Route], Iterable[Step]], ...]] = (unsubscribed, targeting.compiled)
"""Each yields the steps that this route's visitors need, in the order in which their reasons count."""


def diversion(snapshot: Snapshot, way: Route) -> str:
    """Why no visitor of this route may get to the landing page, or ""."""
    return next(filter(None, (status(snapshot, way) for status in STATUSES)), "")


def compiled(snapshot: Snapshot, way: Route) -> tuple[Step, ...]:
    return tuple(step for compiler in COMPILERS for step in compiler(snapshot, way))
