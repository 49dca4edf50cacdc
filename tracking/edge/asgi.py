"""The ASGI application; `tracking.edge.serve` serves it."""

import asyncio
import logging
import re
import signal
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
    listeners,
    logs,
    pages,
    pixels,
    postbacks,
    stays,
    tag,
)
from tracking.edge.http import (
    GIF_ANSWER,
    MAX_TARGET,
    After,
    Answer,
    Receive,
    Refused,
    Request,
    Response,
    Scope,
    Send,
    empty,
    method_not_allowed,
    refusal,
)
from tracking.edge.state import Edge

log = logging.getLogger("tracking.edge")

HANG_UP: Final = (b"connection", b"close")
NO_BODY: Final = {"type": "http.response.body"}
READ: Final = ("GET", "HEAD")
KNOWN_HOSTS: Final = 64
IMPRESSION: Final = re.compile(rb"/i/([0-9A-Za-z_-]{1,64})\.gif")
TOO_LONG: Final = refusal(414, "uri_too_long", "The address may have at most 8192 bytes.")
TOO_LARGE: Final = refusal(431, "headers_too_large", "The headers may have at most 16384 bytes.")
UNKNOWN_HOST: Final = refusal(400, "unknown_host", "This host is not served here.")
UNEXPECTED: Final = refusal(503, "unexpected", "Something went wrong here. Send it again.", [(b"retry-after", b"5")])


class Application:
    def __init__(self) -> None:
        self._edge: Edge | None = None
        self._hosts: set[bytes] = set()
        self._is_leaving = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            try:
                answer = self._answer(request, receive)
                if isinstance(answer, After):
                    await answer.done
                    answer = answer.response
                response = answer if isinstance(answer, Response) else await answer
            except Refused as refused:
                response = refused.response
            except Exception:
                log.exception("A request failed", extra={"request_id": uuid4().hex, "path": ascii(request.path[:100])})
                response = self._apology(request)
            body, headers = response.body, response.headers
            if self._is_leaving:
                headers = [*headers, HANG_UP]
            await send({"type": "http.response.start", "status": response.status, "headers": headers})
            await send({"type": "http.response.body", "body": body} if body and request.method != "HEAD" else NO_BODY)
        elif scope["type"] == "lifespan":
            await self._live(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                settings = config.read()
                logs.configure(settings.log_level)
                self._edge = Edge(settings)
                await self._edge.start()
                asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, self._leave)
            elif self._edge:
                await self._edge.stop()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    def _leave(self) -> None:
        """Another edge serves on: let nobody new in, and send those who are here there with their next request."""
        listeners.turn_away()
        self._is_leaving = True

    def _apology(self, request: Request) -> Response:
        if self._edge:
            self._edge.counters["unexpected"] += 1
        if request.path.endswith(b".gif"):
            return GIF_ANSWER
        return pages.starting() if request.path.startswith(b"/c/") else UNEXPECTED

    def _answer(self, request: Request, receive: Receive) -> Answer:
        edge = self._edge
        if edge is None:
            return pages.starting()
        if len(request.path) + len(request.query) > MAX_TARGET:
            return TOO_LONG
        if request.is_oversized:
            return TOO_LARGE
        host, path = request.headers.get(b"host", b""), request.path
        if host not in self._hosts and not self._is_known(host, edge) and not path.startswith(b"/health/"):
            return UNKNOWN_HOST
        if path.startswith(b"/c/") and path.count(b"/") == 2 and request.method in READ:
            return clicks.click(edge, request, path[3:])
        return _routed(edge, request, receive)

    def _is_known(self, host: bytes, edge: Edge) -> bool:
        known = callers.is_known_host(host, own=edge.config.host, local=edge.config.local)
        if known and len(self._hosts) < KNOWN_HOSTS:
            self._hosts.add(host)
        return known or legacy.is_hosted(edge, host)


def _routed(edge: Edge, request: Request, receive: Receive) -> Answer:
    method, path = request.method, request.path
    if path.startswith(b"/c/") and path.count(b"/") == 2:
        return method_not_allowed("GET, HEAD")
    if found := IMPRESSION.fullmatch(path):
        return impressions.impression(edge, request, found[1]) if method in READ else method_not_allowed("GET, HEAD")
    route = ROUTES.get(path)
    if route is None:
        return channels.answer(edge, request, receive) or legacy.answer(edge, request, receive) or pages.not_found()
    if method == "OPTIONS" and route.preflight:
        return route.preflight
    if method not in route.methods:
        return method_not_allowed(", ".join(route.methods))
    return route.answer(edge, request, receive)


class Route(NamedTuple):
    methods: tuple[str, ...]
    answer: Callable[[Edge, Request, Receive], Awaitable[Response]]
    preflight: Response | None = None


async def _live(edge: Edge, request: Request, receive: Receive) -> Response:
    return health.live()


async def _ready(edge: Edge, request: Request, receive: Receive) -> Response:
    return health.ready(edge)


async def _pixel(edge: Edge, request: Request, receive: Receive) -> Response:
    return await pixels.pixel(edge, request)


async def _tag(edge: Edge, request: Request, receive: Receive) -> Response:
    return tag.SCRIPT


async def _robots(edge: Edge, request: Request, receive: Receive) -> Response:
    return tag.ROBOTS


async def _favicon(edge: Edge, request: Request, receive: Receive) -> Response:
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
application = Application()
