"""Requests and responses, as little as the edge needs of HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable
from itertools import chain
from typing import Any, Final, NamedTuple

import orjson

type Headers = list[tuple[bytes, bytes]]

MAX_TARGET: Final = 8 * 1024
MAX_HEADERS: Final = 16 * 1024
MOST_HEADERS: Final = 100
MOST_BODY: Final = 6 * 1024 * 1024  # kept of a body that nobody has asked for yet
BODY_PATIENCE: Final = 8.0  # seconds for the whole body


class Response(NamedTuple):
    """Its length is added when it is sent."""

    status: int
    headers: Headers
    body: bytes = b""


class After:
    """A response that waits for something to be done."""

    __slots__ = ("done", "response")

    def __init__(self, response: Response, done: asyncio.Future[None]) -> None:
        self.response, self.done = response, done

    def __await__(self) -> Generator[Any, Any, Response]:
        yield from self.done.__await__()  # a connection waits for `done` itself, without a task
        return self.response


class Refused(Exception):
    """The request is answered at once, before anything else is done."""

    def __init__(self, response: Response) -> None:
        self.response = response


type Answer = Response | Awaitable[Response]

NO_STORE: Final = (b"cache-control", b"no-store")
COMMON: Final[Headers] = [
    NO_STORE,
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-robots-tag", b"noindex, nofollow"),
]
PAGE_POLICY: Final = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
)


class Body:
    """What follows the head of a request, as it arrives."""

    __slots__ = ("_chunks", "_news", "is_broken", "is_complete", "size", "welcome")

    def __init__(self, welcome: Callable[[], None] | None) -> None:
        self.size = 0
        self.is_complete = self.is_broken = False
        self.welcome = welcome  # says to a client that waits for it that the body is wanted
        self._chunks: list[bytes] = []
        self._news: asyncio.Future[None] | None = None

    def feed(self, chunk: bytes) -> None:
        self.size += len(chunk)
        if self.size <= MOST_BODY:
            self._chunks.append(chunk)
        self._tell()

    def complete(self) -> None:
        self.is_complete = True
        self._tell()

    def break_off(self) -> None:
        self.is_broken = not self.is_complete
        self._tell()

    def _tell(self) -> None:
        if self._news and not self._news.done():
            self._news.set_result(None)

    async def news(self) -> None:
        """Wait until something of the above has happened."""
        if self.welcome:
            self.welcome()
            self.welcome = None
        self._news = asyncio.get_running_loop().create_future()
        await self._news

    def content(self) -> bytes:
        return b"".join(self._chunks)


class Request:
    """`given`: the headers as they came, names in lower case. `keeps`: the connection may live on after the answer."""

    __slots__ = ("body", "given", "headers", "keeps", "method", "path", "peer", "query")

    def __init__(self, method: str, path: bytes, query: bytes, given: Headers, peer: str) -> None:
        self.method, self.path, self.query, self.given, self.peer = method, path, query, given, peer
        self.headers: dict[bytes, bytes] = dict(given)  # of a repeated header the last
        self.body: Body | None = None
        self.keeps = True

    def header(self, name: bytes) -> str:
        """As text without control characters; bytes that are not UTF-8 are replaced."""
        value = self.headers.get(name)
        return printable(value) if value else ""

    @property
    def forwarded_for(self) -> bytes:
        """All of them in one, in their order."""
        if len(self.given) == len(self.headers):  # none is repeated
            return self.headers.get(b"x-forwarded-for", b"")
        return b",".join([value for name, value in self.given if name == b"x-forwarded-for"])

    @property
    def is_oversized(self) -> bool:
        given = self.given
        return (
            len(given) > MOST_HEADERS or len(b"".join(chain.from_iterable(given))) > MAX_HEADERS
        )  # quicker than a sum


def printable(header: bytes) -> str:
    text = header.decode("utf-8", "replace")
    return text if text.isprintable() else "".join(letter for letter in text if letter.isprintable())


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body; raises Refused when it is too large, ends early or dawdles."""
    length = request.headers.get(b"content-length", b"")
    if length and int(length) > limit:  # the parser lets only digits through
        raise Refused(too_large(limit))
    body = request.body
    if body is None:
        return b""
    try:
        async with asyncio.timeout(BODY_PATIENCE):
            while not body.is_complete and not body.is_broken and body.size <= limit:
                await body.news()
    except TimeoutError:
        raise Refused(refusal(400, "incomplete_body", "The body did not arrive in time.")) from None
    if body.size > limit:
        raise Refused(too_large(limit))
    if body.is_broken:
        raise Refused(refusal(400, "incomplete_body", "The body ended before its announced length."))
    return body.content()


def too_large(limit: int) -> Response:
    return refusal(413, "too_large", f"The body may have at most {limit} bytes.")


def json(status: int, content: object, headers: Iterable[tuple[bytes, bytes]] = ()) -> Response:
    body = orjson.dumps(content)
    return raw_json(status, body, headers)


def raw_json(status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()) -> Response:
    return Response(status, [(b"content-type", b"application/json"), *COMMON, *headers], body)


def refusal(status: int, code: str, message: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> Response:
    return json(status, {"status": "rejected", "reason": code, "message": message}, headers)


def method_not_allowed(allowed: str) -> Response:
    return Response(405, [(b"allow", allowed.encode()), *COMMON])


def empty(status: int, headers: Iterable[tuple[bytes, bytes]] = ()) -> Response:
    return Response(status, [*COMMON, *headers])


GIF: Final = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
GIF_ANSWER: Final = Response(
    200,
    [
        (b"content-type", b"image/gif"),
        (b"cross-origin-resource-policy", b"cross-origin"),
        *COMMON,
    ],
    GIF,
)
