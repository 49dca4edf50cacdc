"""HTTP/1.1 as the edge speaks it: llhttp (by httptools) reads, uvloop carries, and in between there is as little as can be.

A general server hands each request to the application from a thread of its own and starts a task for it: that takes more
than half of what a click costs. Here a click is answered from the callbacks of its connection.
"""

import asyncio
import logging
import re
from collections import deque
from collections.abc import Awaitable
from email.utils import formatdate
from http import HTTPStatus
from typing import Final, cast

import httptools

from tracking.edge.application import Application
from tracking.edge.http import After, Body, Headers, Request, Response, refusal

log = logging.getLogger("tracking.edge")

MOST_HEAD: Final = 96 * 1024
"""Bytes of a head that are read at all, after its first piece; what is larger than allowed and smaller than this gets an
answer that says so."""
HEAD_PATIENCE: Final = 10.0  # seconds for a head, from its first byte
IDLE_PATIENCE: Final = 75.0  # seconds without a request
LINGER: Final = 2.0  # seconds in which a client may read an answer that came before its body was read
END_PATIENCE: Final = 30.0  # seconds for the last answer to leave
TICK: Final = 1.0

CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
STATUS: Final = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
BEYOND_ASCII: Final = re.compile(rb"[\x80-\xff]")
WITHOUT_BODY: Final = frozenset({204, 304})
MALFORMED: Final = refusal(400, "malformed", "This is not HTTP/1.1.")
TOO_SLOW: Final = refusal(408, "too_slow", "The request did not arrive in time.")
TOO_LARGE: Final = refusal(431, "headers_too_large", "The headers may have at most 16384 bytes.")
_pair: Final = b": ".join


class House:
    """What the connections of a process share."""

    def __init__(self, application: Application) -> None:
        self.application = application
        self.loop = asyncio.get_running_loop()
        self.connections: set[Connection] = set()
        self.is_leaving = False
        """Each answer is the last of its connection."""
        self._ticking: asyncio.TimerHandle | None = None
        self.tick()

    def tick(self) -> None:
        """One clock for all: to the second is enough for patience and for dates."""
        self.now = self.loop.time()
        self.date = b"\r\ndate: %b" % formatdate(usegmt=True).encode()
        for connection in [*self.connections]:
            connection.look_after()
        self._ticking = self.loop.call_later(TICK, self.tick)

    async def leave(self, patience: float) -> None:
        """Close what is idle, let the others have their answers."""
        self.is_leaving = True
        for connection in [*self.connections]:
            connection.leave()
        until = self.loop.time() + patience
        while self.connections and self.loop.time() < until:  # noqa: ASYNC110  once, at the end
            await asyncio.sleep(0.02)
        if self._ticking:
            self._ticking.cancel()


class Connection(asyncio.Protocol):
    """Requests in, their answers out: in order, one at a time. What comes ahead of its turn waits, and nothing more is
    read meanwhile.
    """

    def __init__(self, house: House) -> None:
        self.house = house
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpRequestParser(self)
        self._peer = ""
        self._since = house.now  # of the head that is being read, of being idle, of having ended
        self._is_in_head = self._is_new = False
        self._head_size = 0
        self._url = b""
        self._given: Headers = []
        self._incoming: Request | None = None  # whose body is being read
        self._current: Request | None = None  # whose answer is waited for
        self._response: Response | None = None  # that waits to be durable
        self._waiting: deque[Request] = deque()
        self._task: asyncio.Task[None] | None = None
        self._has_ended = False
        self._is_stuffed = False  # the client does not read its answers

    # the transport's calls

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class
        peer = transport.get_extra_info("peername")
        self._peer = peer[0] if isinstance(peer, tuple) else ""
        self.house.connections.add(self)

    def data_received(self, data: bytes) -> None:
        if self._has_ended:
            return
        if not data.isascii() and self._incoming is None and not self._is_in_head:
            data = _spelled(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return  # it was answered as the request that it is, and is the last
        except httptools.HttpParserCallbackError:  # the parser wraps what goes wrong in the methods below
            log.exception("A connection failed")
            if self._transport:
                self._transport.abort()
            return
        except httptools.HttpParserError:
            self._give_up(MALFORMED)
            return
        if self._is_in_head:
            if self._is_new:
                self._is_new = False  # how much of this piece belongs to the head is not known
            else:
                self._head_size += len(data)
            if self._head_size > MOST_HEAD:
                self._give_up(TOO_LARGE)

    def eof_received(self) -> bool:
        """The client says no more; it may still listen."""
        self._break_off()
        if last := self._last():
            last.keeps = False
        return last is not None

    def connection_lost(self, exc: Exception | None) -> None:
        self.house.connections.discard(self)
        self._transport = None
        self._waiting.clear()
        self._break_off()

    def pause_writing(self) -> None:
        """The client does not read its answers: no more are made, and nothing more is read from it either."""
        self._is_stuffed = True
        if self._transport:
            self._transport.pause_reading()

    def resume_writing(self) -> None:
        self._is_stuffed = False
        self._go_on()

    # the parser's calls

    def on_message_begin(self) -> None:
        self._is_in_head = self._is_new = True
        self._head_size = 0
        self._url, self._given = b"", []
        if self._current is None:
            self._since = self.house.now

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._is_in_head:  # what follows a chunked body is of no use
            self._given.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        path, _, query = _target(self._url).partition(b"?")
        request = Request(self._parser.get_method().decode(), path, query, self._given, self._peer)
        headers = request.headers
        request.keeps = b"upgrade" not in headers and self._parser.should_keep_alive()
        self._incoming = request
        if b"content-length" in headers or b"transfer-encoding" in headers:
            waits = headers.get(b"expect", b"").lower() == b"100-continue"
            request.body = Body(self._welcome if waits else None)
            self._take(request)

    def on_body(self, body: bytes) -> None:
        if self._incoming and self._incoming.body:
            self._incoming.body.feed(body)

    def on_message_complete(self) -> None:
        request, self._incoming = self._incoming, None
        if request is None:
            return
        if request.body:
            request.body.complete()
        else:
            self._take(request)

    # answers

    def _take(self, request: Request) -> None:
        if self._has_ended or self._transport is None:
            return
        if self._current is None and not self._is_stuffed:
            self._serve(request)
        else:
            self._waiting.append(request)
            self._transport.pause_reading()

    def _last(self) -> Request | None:
        """Of those that are here."""
        return self._waiting[-1] if self._waiting else self._current

    def _go_on(self) -> None:
        """With the next one that waits, and with reading when there is no more."""
        if self._has_ended or self._is_stuffed or self._current or self._transport is None:
            return
        if self._waiting:
            self._current = self._waiting.popleft()
            self.house.loop.call_soon(self._serve, self._current)
        if not self._waiting:
            self._since = self.house.now
            self._transport.resume_reading()

    def _serve(self, request: Request) -> None:
        self._current = request
        answer = self.house.application.answer(request)
        if type(answer) is After:
            self._response = answer.response
            answer.done.add_done_callback(self._durable)
        elif isinstance(answer, Response):
            self._send(answer)
        else:
            self._task = self.house.loop.create_task(self._wait_for(request, answer))

    def _durable(self, _: asyncio.Future[None]) -> None:
        response, self._response = self._response, None
        if response:
            self._send(response)

    async def _wait_for(self, request: Request, answer: Awaitable[Response]) -> None:
        self._send(await self.house.application.finished(request, answer))

    def _send(self, response: Response) -> None:
        request, transport = self._current, self._transport
        if request is None or transport is None:  # nobody is there to hear it
            return
        keeps = request.keeps and not self.house.is_leaving and (request.body is None or request.body.is_complete)
        transport.write(written(response, self.house.date, has_body=request.method != "HEAD", keeps=keeps))
        if not keeps:
            self._end(request)
            return
        self._current, self._since = None, self.house.now
        if self._waiting:
            self._go_on()

    def _give_up(self, response: Response) -> None:
        """What comes in can no longer be read. Answers that are on their way come first."""
        self._break_off()
        if last := self._last():
            last.keeps = False
        elif self._transport:
            self._transport.write(written(response, self.house.date, has_body=True, keeps=False))
            self._end(None)

    def _end(self, request: Request | None) -> None:
        self._has_ended, self._since = True, self.house.now
        self._waiting.clear()
        transport = self._transport
        if transport is None:
            return
        if request and (request.body is None or request.body.is_complete):
            transport.close()
            return
        # To close while the client still writes would take the answer away from it.
        transport.resume_reading()
        if transport.can_write_eof():
            transport.write_eof()
        self.house.loop.call_later(LINGER, transport.close)

    def _break_off(self) -> None:
        if self._incoming and self._incoming.body:
            self._incoming.body.break_off()

    def _welcome(self) -> None:
        if self._transport and not self._has_ended:
            self._transport.write(CONTINUE)

    # time

    def look_after(self) -> None:
        """Once a second: who dawdles or has nothing more to say is let go."""
        transport, age = self._transport, self.house.now - self._since
        if transport is None:
            return
        if self._has_ended:
            if age > END_PATIENCE:
                transport.abort()
        elif self._current is not None:
            return  # the answer has a patience of its own
        elif self._is_in_head and not self._is_stuffed:
            if age > HEAD_PATIENCE:
                self._give_up(TOO_SLOW)
        elif age > IDLE_PATIENCE:
            transport.abort()  # whoever has not read its answers by now does not want them

    def leave(self) -> None:
        if self._transport and self._current is None and not self._is_in_head:
            self._transport.close()


def _spelled(data: bytes) -> bytes:
    """The first line as it should have been sent: links are posted with letters as they are, and not all clients encode
    them; the parser takes only ASCII."""
    line, end, rest = data.partition(b"\r\n")
    return BEYOND_ASCII.sub(lambda found: b"%%%02X" % found[0][0], line) + end + rest


def _target(url: bytes) -> bytes:
    """Path and query. Proxies may be asked for whole addresses."""
    if url.startswith(b"/"):
        return url
    try:
        found = httptools.parse_url(url)
    except httptools.HttpParserInvalidURLError:
        return url
    return (found.path or b"/") + (b"?" + found.query if found.query else b"")


def written(response: Response, date: bytes, *, has_body: bool, keeps: bool) -> bytes:
    """As it goes over the wire. Raises ValueError when a header would break out of its line."""
    status, headers, body = response
    lines = b"\r\n".join(map(_pair, headers))
    if lines.count(b"\n") != len(headers) - 1 or lines.count(b"\r") != len(headers) - 1:
        raise ValueError("a line break in a header")
    length = b"" if status in WITHOUT_BODY else b"\r\ncontent-length: %d" % len(body)
    end = b"\r\n\r\n" if keeps else b"\r\nconnection: close\r\n\r\n"
    return b"".join((STATUS[status], lines, date, length, end, body if has_body else b""))
