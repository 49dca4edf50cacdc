"""The edge against the same server with an application that knows one answer; three rounds in turn, their medians."""

import os
from collections.abc import Callable
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import connection
from redis import Redis

from network import process
from network.embedded.valkey import free_port
from publishers.models import TrackingLink
from tests.bench.load import HEADERS, Figures, get, measure
from tests.live import Process, Processes, wait_until
from tests.tracking import stage

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

ROUNDS = 3
SECONDS = 3.0


@pytest.fixture
def bare(processes: Processes, tmp_path: Path) -> Process:
    """Granian as for the edge, with an application that knows one answer."""
    port = str(free_port())
    argv = [*process.command("edge", {"TRACKING_PORT": port})[:-1], "tests.bench.bare:application"]
    server = Process("bare", argv, {**os.environ}, tmp_path / "bare.log", f"http://127.0.0.1:{port}")
    processes.started.append(server)
    server.start()
    return server


@pytest.fixture
def edge(processes: Processes, link: TrackingLink) -> Process:
    started = processes.start("edge", REPORTS_PER_SECOND="1000000")
    wait_until(lambda: httpx.get(f"{started.url}/c/{link.code}").status_code == 302, within=20)
    return started


def recorded(redis: Redis) -> int:
    """Events in the streams; an entry holds several."""
    found = 0
    for name in redis.scan_iter("events:[0-9]*"):
        after = b"-"
        while entries := redis.xrange(name, after, count=1000):
            found += sum(fields[b"e"].count(b"\n") + 1 for _, fields in entries)
            after = b"(" + entries[-1][0]
    return found


def compare(bare: Process, ours: Callable[[], Figures]) -> tuple[str, list[Figures]]:
    """The lines to print, and the figures of our rounds."""
    plain_request = get(f"{bare.url}/")
    plain, found = [], []
    for _ in range(ROUNDS):
        plain.append(measure(bare.url, lambda _: plain_request, b"HTTP/1.1 302", seconds=SECONDS))
        found.append(ours())
    per_second, plain_per_second = (median(one.per_second for one in figures) for figures in (found, plain))
    p99, plain_p99 = (median(one.p99_ms for one in figures) for figures in (found, plain))
    text = (
        f"{per_second:9,.0f}/s, 99% within {p99:5.1f} ms"
        f"\nBare server {plain_per_second:9,.0f}/s, 99% within {plain_p99:5.1f} ms"
        f"\nRatio       {per_second / plain_per_second:9.2f}               {p99 / plain_p99:5.1f}"
    )
    return text, found


def test_clicks_against_a_bare_server(
    link: TrackingLink, bare: Process, edge: Process, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    request = get(f"{edge.url}/c/{link.code}?sub1=newsletter")
    before = recorded(redis)
    text, found = compare(bare, lambda: measure(edge.url, lambda _: request, b"HTTP/1.1 302", seconds=SECONDS))
    with capsys.disabled():
        print(f"\nClicks      {text}")
    assert recorded(redis) - before == sum(one.answers for one in found)


def test_conversions_against_a_bare_server(
    link: TrackingLink, bare: Process, edge: Process, capsys: pytest.CaptureFixture[str]
) -> None:
    token, click_id = link.partnership.campaign.postback_token, stage.click_id(link)
    host = urlsplit(edge.url).netloc
    rounds: list[Figures] = []

    def report(number: int) -> bytes:
        query = f"token={token}&click_id={click_id}&goal=sale&amount=19.99&order_id=bench-{len(rounds)}-{number}"
        return f"GET /postback?{query} HTTP/1.1\r\nHost: {host}\r\n{HEADERS}".encode()

    def ours() -> Figures:
        rounds.append(measure(edge.url, report, b"HTTP/1.1 200", seconds=SECONDS))
        return rounds[-1]

    text, found = compare(bare, ours)
    with capsys.disabled():
        print(f"\nConversions {text}")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tracking_postback WHERE accepted")
        assert cursor.fetchone() == (sum(one.answers for one in found),)
