"""GET /c/<code>: a visitor on a publisher's link."""

import re
from typing import Final

from tracking.edge import callers, clickid, events, pages
from tracking.edge.caps import REACHED
from tracking.edge.http import COMMON, After, Answer, Request, Response
from tracking.edge.macros import Known, filled
from tracking.edge.redirects import ascii_url, deep_link, with_click_id
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
    parameters, surplus, repeated = wishes(request.query)
    visit = Visit(edge, request, way, parameters, surplus)
    if repeated:
        visit.flag("duplicate_parameter")
    return visit


def visited(visit: Visit, diverted: str | None = None) -> Answer:
    """Record the click and say where it goes. `diverted`: what the steps said, if they were asked already."""
    way = visit.route
    if diverted is None:
        diverted = way.diverted or diversion(visit)
    if way.caps and not diverted:
        found = capped(visit)
        if found is None:
            return _asked(visit)
        diverted = found
    return _sent(visit, diverted)


def capped(visit: Visit) -> str | None:
    """Take one of each cap. None: only by asking for more."""
    caps = visit.edge.caps
    if is_click(visit):
        return caps.spend(visit.route.caps, visit.at_ms)
    return REACHED if caps.is_full(visit.route.caps, visit.at_ms) else ""


async def _asked(visit: Visit) -> Response:
    answer = _sent(visit, await visit.edge.caps.asked(visit.route.caps, visit.at_ms))
    return answer if isinstance(answer, Response) else await answer


def is_click(visit: Visit) -> bool:
    """A HEAD or a prefetch goes the same way and is not recorded."""
    return visit.request.method == "GET" and not callers.is_prefetch(visit.request.headers)


def _sent(visit: Visit, diverted: str) -> Answer:
    way, landing = visit.route, None
    creative = chosen_creative(visit)
    if diverted:
        response = redirect(way.fallback.encode()) if way.fallback else pages.not_found()
    else:
        target, landing = destination(visit, creative)
        found = click_id(visit, creative)
        response = redirect(_into_app(visit, found) or _landing(visit, creative, target, found))
    if not is_click(visit):
        return response
    events.flag_request(visit)
    event = events.event(b"click", visit, creative, landing, diverted)
    return After(response, visit.edge.buffer.add(event, visit.shard))


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
    return clickid.signed(keys, head, visit.at_ms, visit.nonce)


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
    for address in (visit.parameters.get("url"), way.link.destination):
        if address and (found := deep_link(address, way.campaign)):
            return found, None
    if creative and creative.landing_url:
        return creative.landing_url, None
    landing = way.landing(visit) if way.landing else None
    return (landing.url if landing else way.campaign.landing_url), landing
