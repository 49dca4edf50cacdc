"""GET /go/<slug>: sends each visitor to the best campaign that takes them. The rule is in docs/channels.md."""

import random
from collections.abc import Iterator
from typing import Final

from tracking.edge import callers, clicks, events, pages
from tracking.edge.http import After, Answer, Request, Response
from tracking.edge.redirects import ascii_url
from tracking.edge.routes import route
from tracking.edge.state import Edge
from tracking.edge.visit import Visit
from tracking.snapshot import Snapshot
from tracking.snapshot.smart_links import Choice, SmartLink, catch_all, smart_link

EXPLORED: Final = 0.1  # of the visitors see what chance and weights choose, so that a score can change
NO_MATCH: Final = "smart_link_no_match"
_random: Final = random.SystemRandom()


def go(edge: Edge, request: Request, slug: bytes) -> Answer:
    snapshot = edge.snapshot
    if snapshot is None:
        return pages.starting()
    found = smart_link(snapshot, slug.decode().lower())
    if found is None:
        edge.counters["invalid_link"] += 1
        return _elsewhere(snapshot.fallback_url)
    first: Visit | None = None
    for visit in _visits(edge, request, snapshot, found):
        first = first or visit
        if _takes(edge, visit):
            return clicks.visited(visit, diverted="")
    response = _elsewhere(catch_all(snapshot, found))
    if first is None or request.method != "GET" or callers.is_prefetch(request.headers):
        return response
    events.flag_request(first)
    return After(response, edge.buffer.add(events.event(b"click", first, None, None, NO_MATCH), first.shard))


def _takes(edge: Edge, visit: Visit) -> bool:
    """Running, in target, its caps not full. (A cap that another edge fills in this instant leads to the fallback.)"""
    way = visit.route
    if way.diverted or clicks.diversion(visit):
        return False
    return not (way.caps and edge.caps.is_full(way.caps, visit.at_ms))


def _visits(edge: Edge, request: Request, snapshot: Snapshot, found: SmartLink) -> Iterator[Visit]:
    """The visitor on each route, the most wanted first. The steps of the next one are asked only if this one refuses."""
    if found.is_retired:
        return
    for choice in ranked(found.choices, explore=_random.random() < EXPLORED):
        if way := route(snapshot, choice.code):
            yield clicks.arrived(edge, request, way)


def ranked(choices: tuple[Choice, ...], *, explore: bool) -> list[Choice]:
    """By score; those without one, and all of them when exploring, drawn by weight. Weight 0 comes last."""
    drawn = sorted(choices, key=lambda choice: _random.random() ** (1 / choice.weight) if choice.weight else -1.0)
    drawn.reverse()  # a weighted draw without replacement (Efraimidis and Spirakis)
    if explore:
        return drawn
    return sorted(drawn, key=lambda choice: -(choice.score or 0) if choice.weight else 1)


def _elsewhere(address: str) -> Response:
    return clicks.redirect(ascii_url(address).encode()) if address else pages.not_found()
