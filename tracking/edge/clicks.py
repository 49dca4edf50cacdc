"""GET /c/<code>: a visitor on a publisher's link."""

import re
from typing import Final

from tracking.edge import callers, events, pages
from tracking.edge.aliases import CLICK
from tracking.edge.clickid import sign
from tracking.edge.http import COMMON, Request, Response
from tracking.edge.parse import visitor_parameters
from tracking.edge.redirects import ascii_url, deep_link, with_click_id
from tracking.edge.state import Edge
from tracking.edge.steps import Route, diversion, route
from tracking.snapshot import Creative, Snapshot

CODE: Final = re.compile(rb"[0-9A-Za-z_-]{1,64}")
_EMPTY: Final = (b"content-length", b"0")


async def click(edge: Edge, request: Request, code: bytes) -> Response:
    snapshot = edge.snapshot
    if snapshot is None:
        return pages.starting()
    way = route(snapshot, code.decode())
    if way is None:
        edge.counters["invalid_link"] += 1
        return redirect(snapshot.fallback_url) if snapshot.fallback_url else pages.not_found()
    parameters, repeated = read_parameters(request.query)
    creative = chosen_creative(snapshot, way, parameters)
    identity = events.identity(way, creative.id if creative else None, consent_of(request, parameters))
    diverted = diversion(snapshot, way)
    if diverted:
        fallback = way.campaign.fallback_url or snapshot.fallback_url
        response = redirect(ascii_url(fallback)) if fallback else pages.not_found()
    else:
        target = destination(way, creative, parameters)
        response = redirect(with_click_id(target, way.campaign.click_parameter, sign(edge.config.keys, identity)))
    if request.method == "GET" and not callers.is_prefetch(request.headers):
        flags = events.request_flags(request, repeated)
        await edge.buffer.add(
            events.event(edge, request, "click", way, identity, parameters=parameters, diverted=diverted, flags=flags)
        )
    return response


def redirect(location: str) -> Response:
    return Response(302, [(b"location", location.encode("ascii")), _EMPTY, *COMMON])


def read_parameters(query: bytes) -> tuple[dict[str, str], bool]:
    if not query:
        return {}, False
    found, repeated = visitor_parameters(query)
    for name, ours in CLICK.items() if len(found) > len(found.keys() & _OURS) else ():
        if name in found:
            found.setdefault(ours, found[name])
    return found, repeated


_OURS: Final = {"sub1", "sub2", "sub3", "sub4", "sub5", "source", "creative", "url", "consent"}


def consent_of(request: Request, parameters: dict[str, str]) -> str:
    return callers.consent(request, parameters.get("consent", ""))


def chosen_creative(snapshot: Snapshot, way: Route, parameters: dict[str, str]) -> Creative | None:
    """The one the visitor saw, if it is of this campaign, else the link's."""
    if named := parameters.get("creative"):
        creative = snapshot.creatives_by_public_id.get(named)
        if creative and creative.campaign_id == way.campaign.id:
            return creative
    return snapshot.creatives.get(way.link.creative_id) if way.link.creative_id else None


def destination(way: Route, creative: Creative | None, parameters: dict[str, str]) -> str:
    """The click's deep link, the link's, the creative's page, the campaign's; the first that may be reached."""
    for address in (parameters.get("url"), way.link.destination):
        if address and (found := deep_link(address, way.campaign)):
            return found
    return (creative and creative.landing_url) or way.campaign.landing_url
