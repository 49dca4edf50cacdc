"""Visitors that ask again as soon as they are answered, on connections that stay open.

A plain loop over epoll: the client must cost less than the fastest server it measures, or it measures itself.
"""

import select
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from urllib.parse import urlsplit

HEADERS = (
    "User-Agent: Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile/15E148 Safari/604.1\r\n"
    "Accept: text/html\r\nAccept-Language: en\r\n\r\n"
)


@dataclass(frozen=True)
class Figures:
    per_second: float
    p99_ms: float
    answers: int


def requests_per_second(url: str, *, visitors: int = 32, seconds: float = 5.0) -> tuple[float, float]:
    """Answers a second, and the milliseconds within which 99 of 100 came. Any other answer than a redirect raises."""
    request = get(url)
    found = measure(url, lambda _: request, b"HTTP/1.1 30", visitors=visitors, seconds=seconds)
    return found.per_second, found.p99_ms


def get(url: str) -> bytes:
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}" if parts.query else parts.path
    return f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n{HEADERS}".encode()


def measure(
    url: str, request: Callable[[int], bytes], expected: bytes, *, visitors: int = 32, seconds: float = 5.0
) -> Figures:
    """`request(n)` makes the n-th request; an answer that does not start with `expected` raises."""
    parts = urlsplit(url)
    numbers = count()
    poll = select.epoll()
    connections: dict[int, socket.socket] = {}
    began: dict[int, float] = {}
    received: dict[int, bytes] = {}
    delays: list[float] = []
    clock = time.perf_counter
    for _ in range(visitors):
        connection = socket.create_connection((parts.hostname or "", parts.port or 80))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connections[connection.fileno()] = connection
        poll.register(connection.fileno(), select.EPOLLIN)
    until = clock() + seconds
    for number, connection in connections.items():
        began[number] = clock()
        received[number] = b""
        connection.send(request(next(numbers)))
    open_requests = visitors
    while open_requests:
        for number, _ in poll.poll():
            connection = connections[number]
            data = received[number] + connection.recv(65_536)
            if not _is_whole(data):
                received[number] = data
                if not data:
                    raise AssertionError("the server closed a connection")
                continue
            now = clock()
            if not data.startswith(expected):
                raise AssertionError(data.decode("latin-1"))
            delays.append(now - began[number])
            received[number] = b""
            if now < until:
                began[number] = now
                connection.send(request(next(numbers)))
            else:
                open_requests -= 1
    for connection in connections.values():
        connection.close()
    delays.sort()
    return Figures(len(delays) / seconds, delays[len(delays) * 99 // 100] * 1000, len(delays))


def _is_whole(data: bytes) -> bool:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    start = data.find(b"content-length: ", 0, end)
    if start < 0:
        return True
    length = int(data[start + 16 : data.find(b"\r\n", start)])
    return len(data) >= end + 4 + length
