"""Addresses of the systems that campaigns came from: they answer as far as staff imported what the ids in them stand for.

A link leads to the partnership's own link here, and is then an ordinary click. A report is read in the other system's words
(`profiles`) and is then an ordinary report. See docs/compatibility.md.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple

from tracking.edge import clicks, pages, pixels, unsigned
from tracking.edge.http import Answer, Receive, Request, Response, json, method_not_allowed
from tracking.edge.parse import visitor_parameters
from tracking.edge.redirects import ascii_url
from tracking.edge.routes import route
from tracking.edge.state import Edge
from tracking.snapshot import Snapshot
from tracking.snapshot.foreign import FOREIGN, meaning


class Link(NamedTuple):
    """How a system's link names what it is about; "" what it does not name. `key`: one name for all of it."""

    system: str
    campaign: str
    publisher: str
    creative: str = ""
    key: str = ""


LINKS: Final[dict[bytes, tuple[Link, ...]]] = {
    b"/aff_c": (Link("tune", "offer_id", "aff_id", "file_id"),),
    b"/clk": (Link("everflow", "oid", "affid", "creative_id"),),
    b"/click": (Link("affise", "offer_id", "pid"), Link("scaleo", "o", "a", "creative_id")),
    b"/": (Link("cake", "", "a", "c"),),
    b"/cread.php": (Link("awin", "awinmid", "awinaffid"),),
    b"/awclick.php": (Link("awin", "mid", "id"),),
    b"/click.php": (Link("binom", "", "", key="key"),),
}
IMPACT: Final = re.compile(rb"/c/(?P<publisher>\d{1,20})/(?P<creative>\d{1,20})/(?P<campaign>\d{1,20})")
CJ: Final = re.compile(rb"/click-(?P<publisher>\d{1,20})-(?P<creative>\d{1,20})")
REPORTS: Final[dict[bytes, tuple[str, bool]]] = {
    b"/aff_lsr": ("tune", False),
    b"/aff_goal": ("tune", False),
    b"/aff_l": ("tune", True),
    b"/": ("everflow", False),
    b"/click.php": ("binom", False),
    b"/p.ashx": ("cake", False),
    b"/sread.php": ("awin", False),
    b"/sread.img": ("awin", True),
    b"/track/conv": ("scaleo", False),
    b"/track/conv-change": ("scaleo", False),
    b"/track/conv-addchange": ("scaleo", False),
    b"/1.7/pb/con/c/": ("tapfiliate", False),
}
"""The system, and whether a browser calls it as an image."""
KEITARO: Final = re.compile(rb"/([0-9A-Za-z]{8,64})/postback")


def answer(edge: Edge, request: Request, receive: Receive) -> Answer | None:
    """None: this is no address of another system, or nothing of it was imported."""
    snapshot = edge.snapshot
    if snapshot is None or not FOREIGN.of(snapshot):
        return None
    reported = _report_of(request.path, request.query)
    if reported is None:
        return _clicked(edge, request, snapshot)
    system, is_image, token = reported
    if request.method not in ({"GET", "HEAD"} if is_image else {"GET", "POST"}):
        return method_not_allowed("GET, HEAD" if is_image else "GET, POST")
    if is_image:
        return unsigned.image(edge, request, system) if request.method == "GET" else pixels.ANSWER
    return unsigned.report(edge, request, receive, system, token=token)


def _report_of(path: bytes, query: bytes) -> tuple[str, bool, str] | None:
    """The system that a report comes for, whether a browser calls as for an image, and the token in the path."""
    if found := KEITARO.fullmatch(path):
        return "keitaro", False, found[1].decode()
    if path == b"/aff_goal" and b"a=l&" in query + b"&":
        return "tune", True, ""
    if (path == b"/" and b"nid=" not in query) or (path == b"/click.php" and b"cnv_id=" not in query):
        return None
    known = REPORTS.get(path)
    return (*known, "") if known else None


def _clicked(edge: Edge, request: Request, snapshot: Snapshot) -> Answer | None:
    links = LINKS.get(request.path, ())
    named: dict[str, str] = {}
    if links:
        named, _ = visitor_parameters(request.query)
        if request.path == b"/" and not {"a", "c"} <= named.keys():
            return None
    else:
        for system, pattern in (("impact", IMPACT), ("cj", CJ)):
            if found := pattern.fullmatch(request.path):
                named = {name: value.decode() for name, value in found.groupdict().items()}
                links = (Link(system, "campaign", "publisher", "creative"),)
    if not links:
        return None
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed("GET, HEAD")
    for link in links:
        code = code_of(snapshot, link, named)
        if code and (way := route(snapshot, code)):
            visit = clicks.arrived(edge, request, way)
            shown = meaning(snapshot, link.system, "creative", named.get(link.creative, ""))
            visit.surplus = {**visit.surplus, "profile": link.system}
            visit.parameters = {**visit.parameters, "creative": shown.value if shown else ""}
            return _as_json(clicks.visited(visit)) if link.system == "everflow" else clicks.visited(visit)
    edge.counters["invalid_link"] += 1
    return clicks.redirect(ascii_url(snapshot.fallback_url).encode()) if snapshot.fallback_url else pages.not_found()


def code_of(snapshot: Snapshot, link: Link, named: dict[str, str]) -> str:
    """Of our link: the one imported for exactly this, else the one of the publisher in the campaign. "": none."""
    if link.key:
        found = meaning(snapshot, link.system, "link", named.get(link.key, ""))
        return found.value if found else ""
    campaign_id, publisher_id = named.get(link.campaign, ""), named.get(link.publisher, "")
    if campaign_id and (found := meaning(snapshot, link.system, "link", f"{campaign_id}|{publisher_id}")):
        return found.value
    campaign = meaning(snapshot, link.system, "campaign", campaign_id) if campaign_id else None
    if campaign is None and link.creative:
        campaign = meaning(snapshot, link.system, "creative", named.get(link.creative, ""))
    ours = snapshot.campaigns.get(campaign.campaign_id) if campaign else None
    found = meaning(snapshot, link.system, "link", f"{ours.public_id}|{publisher_id}") if ours else None
    return found.value if found else ""


def _as_json(answered: Answer) -> Answer:
    """For a click that the advertiser's server asks for: it gets the click id instead of being sent on."""
    return _click_id(answered) if isinstance(answered, Response) else _later(answered, _click_id)


async def _later(answered: Awaitable[Response], change: Callable[[Response], Response]) -> Response:
    return change(await answered)


def _click_id(answered: Response) -> Response:
    location = dict(answered.headers).get(b"location", b"").decode("ascii")
    found = CLICK_ID.search(location)
    return json(200, {"transaction_id": found[0] if found else "", "redirect_url": location})


CLICK_ID: Final = re.compile(r"v1\.[A-Za-z0-9_-]{67}")
