"""GET /c/<code>: a visitor on a publisher's link."""

from typing import Final

from tracking.edge import callers, events, pages
from tracking.edge.clickid import ClickId, sign
from tracking.edge.http import COMMON, Request, Response
from tracking.edge.redirects import ascii_url, deep_link, with_click_id
from tracking.edge.route import Landing, Route
from tracking.edge.routes import route
from tracking.edge.state import Edge
from tracking.edge.visit import Visit
from tracking.edge.wishes import wishes
from tracking.snapshot import Creative

_EMPTY: Final = (b"content-length", b"0")


async def click(edge: Edge, request: Request, code: bytes) -> Response:
    snapshot = edge.snapshot
    if snapshot is None:
        return pages.starting()
    way = route(snapshot, code.decode())
    if way is None:
        edge.counters["invalid_link"] += 1
        return redirect(ascii_url(snapshot.fallback_url)) if snapshot.fallback_url else pages.not_found()
    return await visited(arrived(edge, request, way))


def arrived(edge: Edge, request: Request, way: Route) -> Visit:
    parameters, surplus, repeated = wishes(request.query)
    visit = Visit(edge, request, way, parameters, surplus)
    if repeated:
        visit.flag("duplicate_parameter")
    return visit


async def visited(visit: Visit, diverted: str | None = None) -> Response:
    """Record the click and say where it goes. `diverted`: what the steps said, if they were asked already."""
    way, landing = visit.route, None
    creative = chosen_creative(visit)
    if diverted is None:
        diverted = way.diverted or diversion(visit)
    if diverted:
        response = redirect(way.fallback) if way.fallback else pages.not_found()
    else:
        target, landing = destination(visit, creative)
        click_id = sign(visit.edge.config.keys, identity(visit, creative))
        response = redirect(_into_app(visit, click_id) or with_click_id(target, way.campaign.click_parameter, click_id))
    if visit.request.method == "GET" and not callers.is_prefetch(visit.request.headers):
        events.flag_request(visit)
        await visit.edge.buffer.add(*events.event("click", visit, creative, landing, diverted))
    return response


def _into_app(visit: Visit, click_id: str) -> str:
    """A deep link is a page that was chosen on purpose; it wins."""
    way = visit.route
    if way.app is None or way.link.destination or visit.parameters.get("url"):
        return ""
    return way.app(visit, click_id)


def redirect(location: str) -> Response:
    return Response(302, [(b"location", location.encode("ascii")), _EMPTY, *COMMON])


def diversion(visit: Visit) -> str:
    for step in visit.route.steps:
        if reason := step(visit):
            return reason
    return ""


def identity(visit: Visit, creative: Creative | None) -> ClickId:
    way = visit.route
    creative_id = creative.id if creative else None
    return ClickId(way.partnership.id, way.link.id, creative_id, visit.at_ms, visit.nonce, visit.consent)


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
