"""The field's list of bad input has 56 rows: each is a test that names it, here or in the files beside this one."""

import re
import socket
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from redis import Redis

from tests.live import Process
from tests.tracking.edge.scene import LANDING, Scene

ROWS = 56
NAMED = re.compile(r"(?:test_b|\bB|_b)(\d{1,2})(?!\d)")


def test_every_row_is_a_named_test() -> None:
    text = "".join(path.read_text() for path in Path(__file__).parents[1].rglob("test_*.py"))
    named = {int(number) for number in NAMED.findall(text)}
    assert set(range(1, ROWS + 1)) - named == set()


def events(redis: Redis) -> int:
    return sum(int(redis.xlen(key)) for key in redis.scan_iter("events:*") if redis.type(key) == b"stream")


@pytest.mark.parametrize(
    ("header", "value"),
    [("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch"), ("x-moz", "prefetch"), ("x-purpose", "preview")],
)
def test_b40_a_browser_that_asks_ahead_goes_the_same_way_and_is_not_counted(
    live: None, client: httpx.Client, redis: Redis, header: str, value: str
) -> None:
    before = events(redis)
    answer = client.get("/c/shopLink1", headers={header: value})
    assert (answer.status_code, answer.headers["location"].startswith(LANDING)) == (302, True)
    assert events(redis) == before


def test_a_browser_that_asks_for_an_icon_is_answered_in_short_and_not_counted(
    client: httpx.Client, redis: Redis, live: None
) -> None:
    before = events(redis)
    answer = client.get("/favicon.ico")
    assert (answer.status_code, answer.content, "max-age" in answer.headers["cache-control"]) == (204, b"", True)
    assert events(redis) == before


@pytest.fixture
def live() -> None:
    """Redis keeps what the edge of this folder holds there."""


def test_b45_a_half_said_request_holds_up_nobody(tracking: Process, client: httpx.Client) -> None:
    parts = urlsplit(tracking.url)
    address = (parts.hostname or "", parts.port or 80)
    open_ones = [socket.create_connection(address, timeout=5) for _ in range(50)]
    try:
        for one in open_ones:
            one.sendall(b"GET /c/shopLink1 HTTP/1.1\r\nHost: ")
        began = time.monotonic()
        assert client.get("/c/shopLink1").status_code == 302
        assert time.monotonic() - began < 2
    finally:
        for one in open_ones:
            one.close()


def test_b45_requests_in_one_breath_are_answered_in_their_order(tracking: Process, shop: Scene) -> None:
    parts = urlsplit(tracking.url)
    one = f"GET /c/%s HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n"
    with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=10) as connection:
        connection.sendall("".join(one % code for code in ("shopLink1", "deepLink1", "shopLink1")).encode())
        received = b""
        while received.count(b"\r\n\r\n") < 3:
            received += connection.recv(65536)
    places = re.findall(rb"location: (\S+)", received, re.IGNORECASE)
    assert [b"/p/1?" in place for place in places] == [False, True, False]
