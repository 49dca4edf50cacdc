"""Talking to the edge: bytes as they are, and what came into the stream."""

import socket
from typing import Any
from urllib.parse import urlsplit

import orjson
from redis import Redis


def exchange(url: str, data: bytes, timeout: float = 12.0) -> tuple[int, dict[str, str], bytes]:
    """Send these bytes, read one answer: status, headers in lower case, what came of the body."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=timeout) as connection:
        connection.sendall(data)
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = connection.recv(65536)
            if not chunk:
                break
            received += chunk
    head, _, body = received.partition(b"\r\n\r\n")
    first, *rest = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
    return int(first.split()[1]), headers, body


def get(url: str, target: bytes, *headers: bytes, method: bytes = b"GET") -> tuple[int, dict[str, str], bytes]:
    """A target that no client library would send."""
    host = urlsplit(url).netloc.encode()
    if not any(header.lower().startswith(b"host:") for header in headers):
        headers = (b"Host: " + host, *headers)
    return exchange(url, b"\r\n".join([method + b" " + target + b" HTTP/1.1", *headers, b"", b""]))


def events(redis: Redis, stream: str = "events") -> list[dict[str, Any]]:
    """All that wait, in the order in which they were written; of one visitor at least."""
    names = sorted(redis.keys(f"{stream}:[0-9]*"))
    read: Any = redis.xrange
    found: list[Any] = [entry for name in names for entry in read(name)]
    return [orjson.loads(line) for _, fields in sorted(found, key=_place) for line in fields[b"e"].split(b"\n")]


def _place(entry: tuple[bytes, Any]) -> tuple[int, ...]:
    return tuple(map(int, entry[0].split(b"-")))
