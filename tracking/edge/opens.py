"""GET /o/<code>.gif?r=<recipient>: an e-mail was opened. Always a gif, whatever was asked."""

from tracking.edge import callers, clicks, events
from tracking.edge.http import GIF_ANSWER, After, Answer, Request
from tracking.edge.recipients import UNSUBSCRIBED
from tracking.edge.routes import route
from tracking.edge.state import Edge
from tracking.snapshot.suppressions import suppressed


def opened(edge: Edge, request: Request, code: bytes) -> Answer:
    """Recorded also for who has unsubscribed, with that as its reason: the mail should not have been sent."""
    snapshot = edge.snapshot
    way = snapshot and route(snapshot, code.decode())
    if not snapshot or not way:
        edge.counters["invalid_link"] += 1
        return GIF_ANSWER
    if request.method != "GET" or callers.is_prefetch(request.headers) or way.diverted:
        return GIF_ANSWER
    visit = clicks.arrived(edge, request, way)
    recipient = visit.surplus.get("recipient", "")
    advertiser, publisher = way.campaign.advertiser_id, way.partnership.publisher_id
    is_unsubscribed = recipient and suppressed(snapshot).has(advertiser, publisher, recipient)
    diverted = UNSUBSCRIBED if is_unsubscribed else ""
    event = events.event(b"open", visit, clicks.chosen_creative(visit), None, diverted)
    return After(GIF_ANSWER, edge.buffer.add(event, visit.shard))
