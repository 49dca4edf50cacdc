"""Addresses of the systems that campaigns came from: they answer as far as staff imported what the ids in them stand for.

A link leads to the partnership's own link here, and is then an ordinary click. A report is read in the other system's words
(`profiles`) and is then an ordinary report. See docs/compatibility.md.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from tracking.edge import callers, clicks, impressions, legacy_paths, pages, pixels, unsigned
from tracking.edge.http import GIF_ANSWER, Answer, Request, Response, json, method_not_allowed
from tracking.edge.legacy_paths import Clicked, Link, Reported
from tracking.edge.profiles import PROFILES
from tracking.edge.redirects import ascii_url
from tracking.edge.routes import route
from tracking.edge.state import Edge
from tracking.snapshot import Snapshot
from tracking.snapshot.foreign import FOREIGN, Account, account, accounts, hosts

CLICK_ID: Final = re.compile(r"v1\.[A-Za-z0-9_-]{67}")
ANY_ORIGIN: Final = (b"access-control-allow-origin", b"*")
"""The advertiser's pages ask for a click id, too; no cookie and no secret is in the answer."""


def answer(edge: Edge, request: Request) -> Answer | None:
    """None: this is no address of another system, or nothing of it was imported."""
    snapshot = edge.snapshot
    if snapshot is None or not FOREIGN.of(snapshot):
        return None
    if found := legacy_paths.reported(request.path, request.query):
        return _reported(edge, request, found)
    if shown := legacy_paths.seen(request.path, request.query):
        return _seen(edge, request, snapshot, shown)
    clicked = legacy_paths.clicked(request.path, request.query)
    return _clicked(edge, request, snapshot, clicked) if clicked else None


def is_hosted(edge: Edge, host: bytes) -> bool:
    """Whether it is the host name of an imported account, whose links therefore arrive here."""
    snapshot = edge.snapshot
    return snapshot is not None and callers.host_name(host) in hosts(snapshot)


def _reported(edge: Edge, request: Request, found: Reported) -> Answer:
    if found.is_image:
        if request.method not in {"GET", "HEAD"}:
            return method_not_allowed("GET, HEAD")
        return unsigned.image(edge, request, found) if request.method == "GET" else pixels.ANSWER
    return unsigned.report(edge, request, found) if request.method in {"GET", "POST"} else _GET_POST


_GET_POST: Final = method_not_allowed("GET, POST")


def _seen(edge: Edge, request: Request, snapshot: Snapshot, shown: Clicked) -> Answer:
    """An image is always an image."""
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed("GET, HEAD")
    for link in shown.links:
        if len(codes := _codes(snapshot, link, shown.named, callers.host_name(request.headers.get(b"host", b"")))) == 1:
            return impressions.impression(edge, request, codes.pop().encode())
    return GIF_ANSWER


def _clicked(edge: Edge, request: Request, snapshot: Snapshot, clicked: Clicked) -> Answer | None:
    host = callers.host_name(request.headers.get(b"host", b""))
    found = [(link, codes) for link in clicked.links if (codes := _codes(snapshot, link, clicked.named, host))]
    if not found and not clicked.is_certain:
        return None
    if request.method not in {"GET", "HEAD"}:
        return method_not_allowed("GET, HEAD")
    for link, codes in found:
        if len(codes) == 1 and (way := route(snapshot, codes.pop())):
            visit = clicks.arrived(edge, request, way)
            if clicked.said is not None:
                visit.parameters = clicked.said
            shown = _account(snapshot, link, clicked.named, host).meaning(
                snapshot, "creative", visit.parameters.get("creative", "") or clicked.named.get(link.creative, "")
            )
            visit.surplus = {**visit.surplus, "profile": link.system}
            visit.parameters = {**visit.parameters, "creative": shown.value if shown else ""}
            return _as_json(clicks.visited(visit)) if request.path == b"/clk" else clicks.visited(visit)
    edge.counters["ambiguous_link" if found else "invalid_link"] += 1
    return clicks.redirect(ascii_url(snapshot.fallback_url).encode()) if snapshot.fallback_url else pages.not_found()


def _account(snapshot: Snapshot, link: Link, named: Mapping[str, str], host: str) -> Account:
    parameter = PROFILES[link.system].account
    return account(snapshot, link.system, named.get(parameter, "") if parameter else "", host)


def _codes(snapshot: Snapshot, link: Link, named: Mapping[str, str], host: str) -> set[str]:
    """Of our links that it can mean: one at most where the account is told, else one of each account that has it."""
    if link.system not in accounts(snapshot):
        return set()
    whose = _account(snapshot, link, named, host)
    found = [code for one in whose.alone() if (code := code_of(snapshot, one, link, named))]
    return set(found[:1] if whose.is_told else found)


def code_of(snapshot: Snapshot, whose: Account, link: Link, named: Mapping[str, str]) -> str:
    """Of our link: the one imported for exactly this, else the one of the publisher in the campaign. "": none."""
    if link.key:
        found = whose.meaning(snapshot, "link", named.get(link.key, ""))
        return found.value if found else ""
    campaign_id, publisher_id = named.get(link.campaign, ""), named.get(link.publisher, "")
    if campaign_id and (found := whose.meaning(snapshot, "link", f"{campaign_id}|{publisher_id}")):
        return found.value
    campaign = whose.meaning(snapshot, "campaign", campaign_id) if campaign_id else None
    if campaign is None and link.creative:
        campaign = whose.meaning(snapshot, "creative", named.get(link.creative, ""))
    ours = snapshot.campaigns.get(campaign.campaign_id) if campaign else None
    found = whose.meaning(snapshot, "link", f"{ours.public_id}|{publisher_id}") if ours else None
    return found.value if found else ""


def _as_json(answered: Answer) -> Answer:
    """For a click that the advertiser's server or page asks for: it gets the click id instead of being sent on."""
    return _click_id(answered) if isinstance(answered, Response) else _later(answered, _click_id)


async def _later(answered: Awaitable[Response], change: Callable[[Response], Response]) -> Response:
    return change(await answered)


def _click_id(answered: Response) -> Response:
    location = dict(answered.headers).get(b"location", b"").decode("ascii")
    found = CLICK_ID.search(location)
    return json(200, {"transaction_id": found[0] if found else "", "redirect_url": location}, [ANY_ORIGIN])
