"""From a request to its answer: the addresses of the edge."""

import logging
import re
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from uuid import uuid4

from tracking.edge import (
    batches,
    callers,
    channels,
    clicks,
    config,
    health,
    impressions,
    legacy,
    pages,
    pixels,
    postbacks,
    stays,
    tag,
)
from tracking.edge.http import (
    GIF_ANSWER,
    MAX_TARGET,
    Answer,
    Refused,
    Request,
    Response,
    empty,
    method_not_allowed,
    refusal,
)
from tracking.edge.state import Edge

log = logging.getLogger("tracking.edge")

READ: Final = ("GET", "HEAD")
KNOWN_HOSTS: Final = 64
IMPRESSION: Final = re.compile(rb"/i/([0-9A-Za-z_-]{1,64})\.gif")
TOO_LONG: Final = refusal(414, "uri_too_long", "The address may have at most 8192 bytes.")
TOO_LARGE: Final = refusal(431, "headers_too_large", "The headers may have at most 16384 bytes.")
UNKNOWN_HOST: Final = refusal(400, "unknown_host", "This host is not served here.")
UNEXPECTED: Final = refusal(503, "unexpected", "Something went wrong here. Send it again.", [(b"retry-after", b"5")])


class Application:
    """What the edge answers. It knows nothing of connections."""

    def __init__(self, settings: config.Config) -> None:
        self._edge = Edge(settings)
        self._hosts: set[bytes] = set()

    async def start(self) -> None:
        await self._edge.start()

    async def stop(self) -> None:
        await self._edge.stop()

    def answer(self, request: Request) -> Answer:
        """At once, or what has to be waited for (by `finished`, if it is no `After`)."""
        try:
            return self._answer(request)
        except Refused as refused:
            return refused.response
        except Exception:
            log.exception("The request %s failed: %a", uuid4().hex, request.path[:100])
            return self._apology(request)

    async def finished(self, request: Request, answer: Awaitable[Response]) -> Response:
        try:
            return await answer
        except Refused as refused:
            return refused.response
        except Exception:
            log.exception("The request %s failed: %a", uuid4().hex, request.path[:100])
            return self._apology(request)

    def _apology(self, request: Request) -> Response:
        self._edge.counters["unexpected"] += 1
        if request.path.endswith(b".gif"):
            return GIF_ANSWER
        return pages.starting() if request.path.startswith(b"/c/") else UNEXPECTED

    def _answer(self, request: Request) -> Answer:
        edge = self._edge
        if len(request.path) + len(request.query) > MAX_TARGET:
            return TOO_LONG
        if request.is_oversized:
            return TOO_LARGE
        host, path = request.headers.get(b"host", b""), request.path
        if host not in self._hosts and not self._is_known(host, edge) and not path.startswith(b"/health/"):
            return UNKNOWN_HOST
        if path.startswith(b"/c/") and path.count(b"/") == 2 and request.method in READ:
            return clicks.click(edge, request, path[3:])
        return _routed(edge, request)

    def _is_known(self, host: bytes, edge: Edge) -> bool:
        known = callers.is_known_host(host, own=edge.config.host, local=edge.config.local)
        if known and len(self._hosts) < KNOWN_HOSTS:
            self._hosts.add(host)
        return known or legacy.is_hosted(edge, host)


def _routed(edge: Edge, request: Request) -> Answer:
    method, path = request.method, request.path
    if path.startswith(b"/c/") and path.count(b"/") == 2:
        return method_not_allowed("GET, HEAD")
    if found := IMPRESSION.fullmatch(path):
        return impressions.impression(edge, request, found[1]) if method in READ else method_not_allowed("GET, HEAD")
    route = ROUTES.get(path)
    if route is None:
        return channels.answer(edge, request) or legacy.answer(edge, request) or pages.not_found()
    if method == "OPTIONS" and route.preflight:
        return route.preflight
    if method not in route.methods:
        return method_not_allowed(", ".join(route.methods))
    return route.answer(edge, request)


class Route(NamedTuple):
    methods: tuple[str, ...]
    answer: Callable[[Edge, Request], Awaitable[Response]]
    preflight: Response | None = None


async def _live(edge: Edge, request: Request) -> Response:
    return health.live()


async def _ready(edge: Edge, request: Request) -> Response:
    return health.ready(edge)


async def _pixel(edge: Edge, request: Request) -> Response:
    return await pixels.pixel(edge, request)


async def _tag(edge: Edge, request: Request) -> Response:
    return tag.SCRIPT


async def _robots(edge: Edge, request: Request) -> Response:
    return tag.ROBOTS


async def _favicon(edge: Edge, request: Request) -> Response:
    return tag.NO_ICON


ROUTES: Final = {
    b"/postback": Route(("GET", "POST"), postbacks.postback),
    b"/v1/conversions": Route(("POST", "OPTIONS"), batches.conversions, empty(204, [(b"allow", b"POST, OPTIONS")])),
    b"/pixel.gif": Route(("GET", "HEAD", "OPTIONS"), _pixel, pixels.PREFLIGHT),
    b"/land": Route(("POST",), stays.landed),
    b"/tag.js": Route(("GET", "HEAD"), _tag),
    b"/robots.txt": Route(("GET", "HEAD"), _robots),
    b"/favicon.ico": Route(("GET", "HEAD"), _favicon),
    b"/health/live": Route(("GET", "HEAD"), _live),
    b"/health/ready": Route(("GET", "HEAD"), _ready),
}
