"""Whether a recipient of a mail has unsubscribed from the advertiser: asked of each click and open that names one (`r=`)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tracking.edge.route import Route, Step
from tracking.snapshot import Snapshot
from tracking.snapshot.suppressions import suppressed

if TYPE_CHECKING:
    from tracking.edge.visit import Visit

UNSUBSCRIBED: Final = "unsubscribed"


def unsubscribed(snapshot: Snapshot, way: Route) -> Iterator[Step]:
    """Costs nothing where the advertiser has no list."""
    known = suppressed(snapshot)
    advertiser, publisher = way.campaign.advertiser_id, way.partnership.publisher_id
    if advertiser not in known.advertisers:
        return

    def step(visit: "Visit") -> str:
        recipient = visit.surplus.get("recipient")
        return UNSUBSCRIBED if recipient and known.has(advertiser, publisher, recipient) else ""

    yield step
