"""The ASGI application: `granian --interface asgi tracking.edge.asgi:application`."""

import logging
import re
from typing import Final
from uuid import uuid4

from tracking.edge import batches, callers, clicks, config, health, impressions, logs, pages, pixels, postbacks, tag
from tracking.edge.http import (
    GIF_ANSWER,
    MAX_TARGET,
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

READ: Final = frozenset({"GET", "HEAD"})
KNOWN_HOSTS: Final = 64
CLICK: Final = re.compile(rb"/c/([0-9A-Za-z_-]{1,64})")
IMPRESSION: Final = re.compile(rb"/i/([0-9A-Za-z_-]{1,64})\.gif")
TOO_LONG: Final = refusal(414, "uri_too_long", "The address may have at most 8192 bytes.")
TOO_LARGE: Final = refusal(431, "headers_too_large", "The headers may have at most 16384 bytes.")
UNKNOWN_HOST: Final = refusal(400, "unknown_host", "This host is not served here.")
UNEXPECTED: Final = refusal(503, "unexpected", "Something went wrong here. Send it again.", [(b"retry-after", b"5")])


class Application:
    def __init__(self) -> None:
        self._edge: Edge | None = None
        self._hosts: set[bytes] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            status, headers, body = await self._safely(scope, receive)
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})
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
            elif self._edge:
                await self._edge.stop()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return

    async def _safely(self, scope: Scope, receive: Receive) -> Response:
        request = Request.of(scope)
        try:
            return await self._answer(request, receive)
        except Refused as refused:
            return refused.response
        except Exception:
            log.exception("A request failed", extra={"request_id": uuid4().hex, "path": ascii(request.path[:100])})
            if self._edge:
                self._edge.counters["unexpected"] += 1
            if request.path.endswith(b".gif"):
                return GIF_ANSWER
            return pages.starting() if request.path.startswith(b"/c/") else UNEXPECTED

    async def _answer(self, request: Request, receive: Receive) -> Response:
        edge, path = self._edge, request.path
        if edge is None:
            return pages.starting()
        if len(path) + len(request.query) > MAX_TARGET:
            return TOO_LONG
        if request.is_oversized:
            return TOO_LARGE
        if path.startswith(b"/health/"):
            return _health(edge, request)
        host = request.headers.get(b"host", b"")
        if host not in self._hosts:
            if not callers.is_known_host(host, own=edge.config.host, local=edge.config.local):
                return UNKNOWN_HOST
            if len(self._hosts) < KNOWN_HOSTS:
                self._hosts.add(host)
        if found := CLICK.fullmatch(path):
            if request.method not in READ:
                return method_not_allowed("GET, HEAD")
            return await clicks.click(edge, request, found[1])
        if found := IMPRESSION.fullmatch(path):
            if request.method not in READ:
                return method_not_allowed("GET, HEAD")
            return await impressions.impression(edge, request, found[1])
        return await _other(edge, request, receive)


async def _other(edge: Edge, request: Request, receive: Receive) -> Response:
    method = request.method
    match request.path:
        case b"/postback":
            return (
                await postbacks.postback(edge, request, receive) if method in {"GET", "POST"} else _allow("GET, POST")
            )
        case b"/v1/conversions":
            if method == "OPTIONS":
                return empty(204, [(b"allow", b"POST, OPTIONS")])
            return await batches.conversions(edge, request, receive) if method == "POST" else _allow("POST, OPTIONS")
        case b"/pixel.gif":
            if method == "OPTIONS":
                return pixels.PREFLIGHT
            return await pixels.pixel(edge, request) if method in READ else _allow("GET, HEAD, OPTIONS")
        case b"/tag.js":
            return tag.script() if method in READ else _allow("GET, HEAD")
        case b"/robots.txt":
            return tag.ROBOTS if method in READ else _allow("GET, HEAD")
    return pages.not_found()


def _health(edge: Edge, request: Request) -> Response:
    if request.method not in READ:
        return _allow("GET, HEAD")
    match request.path:
        case b"/health/live":
            return health.live()
        case b"/health/ready":
            return health.ready(edge)
    return pages.not_found()


_allow = method_not_allowed
application = Application()
