"""GET /c/<code>: a visitor on a publisher's link."""

import re
from typing import Final

from tracking.edge import callers, clickid, events, pages
from tracking.edge.caps import REACHED
from tracking.edge.http import COMMON, After, Answer, Request, Response
from tracking.edge.macros import Known, filled
from tracking.edge.redirects import ascii_url, deep_link, standing, with_click_id
from tracking.edge.route import Landing, Route
from tracking.edge.routes import route
from tracking.edge.state import Edge
from tracking.edge.visit import Visit
from tracking.edge.wishes import wishes
from tracking.snapshot import Creative

CODE: Final = re.compile(rb"[0-9A-Za-z_-]{1,64}")


def click(edge: Edge, request: Request, code: bytes) -> Answer:
    snapshot = edge.snapshot
    if snapshot is None:
        return pages.starting()
    way = route(snapshot, code.decode("latin-1"))
    if way is None:
        if not CODE.fullmatch(code):
            return pages.not_found()
        edge.counters["invalid_link"] += 1
        return redirect(ascii_url(snapshot.fallback_url).encode()) if snapshot.fallback_url else pages.not_found()
    return visited(arrived(edge, request, way))


def arrived(edge: Edge, request: Request, way: Route) -> Visit:
    return Visit(edge, request, way, wishes(request.query))


def visited(visit: Visit, diverted: str | None = None) -> Answer:
    """Record the click and say where it goes. `diverted`: what the steps said, if they were asked already."""
    way, request = visit.route, visit.request
    if request.method != "GET" or callers.is_prefetch(request.headers):
        return _looked(visit, diverted)
    if diverted is None:
        diverted = way.diverted or diversion(visit)
    if way.caps and not diverted:
        found = visit.edge.caps.spend(way.caps, visit.at_ms)
        if found is None:
            return _asked(visit)
        diverted = found
    return _recorded(visit, diverted)


async def _asked(visit: Visit) -> Response:
    caps = visit.edge.caps
    return await _recorded(visit, await caps.asked(visit.route.caps, visit.at_ms))


def _recorded(visit: Visit, diverted: str) -> After:
    response, creative, landing = _sent(visit, diverted)
    events.flag_request(visit)
    event = events.event(b"click", visit, creative, landing, diverted)
    return After(response, visit.edge.buffer.add(event, visit.shard))


def _looked(visit: Visit, diverted: str | None) -> Response:
    """A HEAD or a prefetch goes the same way, is not recorded and spends nothing."""
    way, caps = visit.route, visit.edge.caps
    if diverted is None:
        diverted = way.diverted or diversion(visit)
    if way.caps and not diverted and caps.is_full(way.caps, visit.at_ms):
        diverted = REACHED
    return _sent(visit, diverted)[0]


def _sent(visit: Visit, diverted: str) -> tuple[Response, Creative | None, Landing | None]:
    """Where to, and what was chosen on the way."""
    way, parameters = visit.route, visit.parameters
    if diverted:
        response = redirect(way.fallback.encode()) if way.fallback else pages.not_found()
        return response, chosen_creative(visit), None
    if (straight := way.straight) and "url" not in parameters and "creative" not in parameters:
        before, after = straight
        return redirect(before + click_id(visit, way.creative) + after), way.creative, None
    creative = chosen_creative(visit)
    target, landing = destination(visit, creative)
    found = click_id(visit, creative)
    return redirect(_into_app(visit, found) or _landing(visit, creative, target, found)), creative, landing


def _into_app(visit: Visit, found: bytes) -> bytes:
    """A deep link is a page that was chosen on purpose; it wins."""
    way = visit.route
    if way.app is None or way.link.destination or visit.parameters.get("url"):
        return b""
    return way.app(visit, found.decode()).encode()


def _landing(visit: Visit, creative: Creative | None, url: str, click_id: bytes) -> bytes:
    parameter = visit.route.campaign.click_parameter
    if "{" in url:  # only in what the advertiser wrote: deep links are checked, and have none
        return filled(url, parameter, Known(visit, click_id, creative))
    return with_click_id(url, parameter, click_id)


def redirect(location: bytes) -> Response:
    return Response(302, [(b"location", location), *COMMON])


def diversion(visit: Visit) -> str:
    for step in visit.route.steps:
        if reason := step(visit):
            return reason
    return ""


def click_id(visit: Visit, creative: Creative | None) -> bytes:
    way, keys = visit.route, visit.edge.config.keys
    kept = (creative.id if creative else None, visit.consent)
    head = way.id_heads.get(kept)
    if head is None:
        head = way.id_heads[kept] = clickid.head(keys, way.partnership.id, way.link.id, *kept)
    return clickid.signed(keys.signing, head, visit.at_ms, visit.nonce)


def chosen_creative(visit: Visit) -> Creative | None:
    """The one the visitor saw, if it is of this campaign, else the link's."""
    if (named := visit.parameters.get("creative")) and (snapshot := visit.edge.snapshot):
        creative = snapshot.creatives_by_public_id.get(named)
        if creative and creative.campaign_id == visit.route.campaign.id:
            return creative
    return visit.route.creative


def destination(visit: Visit, creative: Creative | None) -> tuple[str, Landing | None]:
    """The click's deep link, the link's, the creative's page, one of the campaign's pages; the first that may be reached."""
    way = visit.route
    address = visit.parameters.get("url")
    if address and (found := deep_link(address, way.campaign)):
        return found, None
    if found := standing(way.link, way.campaign, creative):
        return found, None
    landing = way.landing(visit) if way.landing else None
    return (landing.url if landing else way.campaign.landing_url), landing
