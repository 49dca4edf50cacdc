"""GET /i/<code>.gif: a banner was shown. Always a gif, whatever was asked."""

from tracking.edge import callers, clicks, events
from tracking.edge.http import GIF_ANSWER, Request, Response
from tracking.edge.state import Edge
from tracking.edge.steps import diversion, route


async def impression(edge: Edge, request: Request, code: bytes) -> Response:
    snapshot = edge.snapshot
    way = snapshot and route(snapshot, code.decode())
    if not snapshot or not way:
        edge.counters["invalid_link"] += 1
        return GIF_ANSWER
    if request.method != "GET" or callers.is_prefetch(request.headers) or diversion(snapshot, way):
        return GIF_ANSWER
    parameters, repeated = clicks.read_parameters(request.query)
    creative = clicks.chosen_creative(snapshot, way, parameters)
    identity = events.identity(way, creative.id if creative else None, clicks.consent_of(request, parameters))
    flags = ["duplicate_parameter"] if repeated else []
    await edge.buffer.add(
        events.event(edge, request, "impression", way, identity, parameters=parameters, diverted="", flags=flags)
    )
    return GIF_ANSWER
