"""Requests and responses, as little as the edge needs of HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Generator, Iterable, MutableMapping
from itertools import chain
from typing import Any, Final, NamedTuple

import orjson

type Scope = MutableMapping[str, Any]
type Message = MutableMapping[str, Any]
type Receive = Callable[[], Awaitable[Message]]
type Send = Callable[[Message], Awaitable[None]]
type Headers = list[tuple[bytes, bytes]]

MAX_TARGET: Final = 8 * 1024
MAX_HEADERS: Final = 16 * 1024
BODY_PATIENCE: Final = 8.0  # seconds for the whole body


class Response(NamedTuple):
    status: int
    headers: Headers
    body: bytes = b""


class After:
    """A response that waits for something to be done."""

    __slots__ = ("done", "response")

    def __init__(self, response: Response, done: Awaitable[object]) -> None:
        self.response, self.done = response, done

    def __await__(self) -> Generator[Any, Any, Response]:
        yield from self.done.__await__()  # the application waits for `done` itself, which is quicker
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


class Request:
    __slots__ = ("headers", "method", "path", "query", "scope")

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: bytes = scope["raw_path"]
        self.query: bytes = scope["query_string"]
        self.headers: dict[bytes, bytes] = dict(scope["headers"])  # of a repeated header the last

    def header(self, name: bytes) -> str:
        """As text without control characters; bytes that are not UTF-8 are replaced."""
        value = self.headers.get(name)
        return printable(value) if value else ""

    @property
    def forwarded_for(self) -> bytes:
        """All of them in one, in their order."""
        given = self.scope["headers"]
        if len(given) == len(self.headers):  # none is repeated
            return self.headers.get(b"x-forwarded-for", b"")
        return b",".join([value for name, value in given if name == b"x-forwarded-for"])

    @property
    def peer(self) -> str:
        client = self.scope.get("client")
        return client[0] if client else ""

    @property
    def is_oversized(self) -> bool:
        return len(b"".join(chain.from_iterable(self.scope["headers"]))) > MAX_HEADERS  # quicker than any sum


def printable(header: bytes) -> str:
    text = header.decode("utf-8", "replace")
    return text if text.isprintable() else "".join(letter for letter in text if letter.isprintable())


async def read_body(request: Request, receive: Receive, limit: int) -> bytes:
    """The whole body; raises Refused when it is too large, ends early or dawdles."""
    length = request.headers.get(b"content-length", b"")
    if length and (not length.isdigit() or len(length) > 15):
        raise Refused(refusal(400, "invalid_length", "Content-Length is not a number."))
    if length and int(length) > limit:
        raise Refused(too_large(limit))
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(BODY_PATIENCE):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise Refused(refusal(400, "incomplete_body", "The body ended before its announced length."))
                chunks.append(chunk := message.get("body", b""))
                size += len(chunk)
                if size > limit:
                    raise Refused(too_large(limit))
                if not message.get("more_body"):
                    return b"".join(chunks)
    except TimeoutError:
        answer = refusal(400, "incomplete_body", "The body did not arrive in time.")
        raise Refused(answer._replace(headers=[*answer.headers, (b"connection", b"close")])) from None


def too_large(limit: int) -> Response:
    answer = refusal(413, "too_large", f"The body may have at most {limit} bytes.")
    return answer._replace(headers=[*answer.headers, (b"connection", b"close")])


def json(status: int, content: object, headers: Iterable[tuple[bytes, bytes]] = ()) -> Response:
    body = orjson.dumps(content)
    return raw_json(status, body, headers)


def raw_json(status: int, body: bytes, headers: Iterable[tuple[bytes, bytes]] = ()) -> Response:
    own = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    return Response(status, [*own, *COMMON, *headers], body)


def refusal(status: int, code: str, message: str, headers: Iterable[tuple[bytes, bytes]] = ()) -> Response:
    return json(status, {"status": "rejected", "reason": code, "message": message}, headers)


def method_not_allowed(allowed: str) -> Response:
    return Response(405, [(b"allow", allowed.encode()), (b"content-length", b"0"), *COMMON])


def empty(status: int, headers: Iterable[tuple[bytes, bytes]] = ()) -> Response:
    return Response(status, [(b"content-length", b"0"), *COMMON, *headers])


GIF: Final = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
GIF_ANSWER: Final = Response(
    200,
    [
        (b"content-type", b"image/gif"),
        (b"content-length", str(len(GIF)).encode()),
        (b"cross-origin-resource-policy", b"cross-origin"),
        *COMMON,
    ],
    GIF,
)
