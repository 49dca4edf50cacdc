"""GET /i/<code>.gif: a banner was shown. Always a gif, whatever was asked."""

from tracking.edge import callers, clicks, events, placement
from tracking.edge.http import GIF_ANSWER, After, Answer, Request
from tracking.edge.routes import route
from tracking.edge.state import Edge


def impression(edge: Edge, request: Request, code: bytes, kind: bytes = b"impression") -> Answer:
    """`kind` is the event's: "impression", "view" (it was seen) or "open" (of an e-mail)."""
    snapshot = edge.snapshot
    way = snapshot and route(snapshot, code.decode("latin-1"))
    if not way:
        edge.counters["invalid_link"] += 1
        return GIF_ANSWER
    if request.method != "GET" or callers.is_prefetch(request.headers) or way.diverted:
        return GIF_ANSWER
    visit = clicks.arrived(edge, request, way)
    placement.flag(visit)
    event = events.event(kind, visit, clicks.chosen_creative(visit))
    return After(GIF_ANSWER, edge.buffer.add(event, visit.shard))
