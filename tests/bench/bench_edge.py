"""The edge against the same server with an application that knows one answer; three rounds in turn, their medians."""

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from django.db import connection
from redis import Redis

from advertisers.models import Cap, Metric, Period, Targeting
from network.embedded.valkey import free_port
from publishers.models import TrackingLink
from tests.bench import nginx
from tests.bench.bench_links import snapshot, store_links
from tests.bench.load import HEADERS, Figures, get, measure
from tests.live import Process, Processes, wait_until
from tests.tracking import stage
from tests.tracking.edge import addresses

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]

LINKS = 10_000
LANDED = b"HTTP/1.1 302 Found\r\nlocation: https://shop.example.com/welcome?pvd_cid=v1."
FORWARDED = f"\r\nX-Forwarded-For: {addresses.TEHRAN}".encode()
KUTT = 1330
"""Redirects a second of the fastest of the open link shorteners that record their clicks, measured with the same load."""
ROUNDS = 3
SECONDS = 3.0


@pytest.fixture
def bare(processes: Processes, tmp_path: Path) -> Process:
    """Granian with the options of `tracking.edge.serve`, and an application that knows one answer."""
    port = str(free_port())
    argv = [sys.executable, "-m", "granian", "--interface", "asgi", "--loop", "uvloop", "--no-ws", "--workers", "1"]
    argv += ["--log-level", "warning", "--host", "127.0.0.1", "--port", port, "tests.bench.bare:application"]
    server = Process("bare", argv, {**os.environ}, tmp_path / "bare.log", f"http://127.0.0.1:{port}")
    processes.started.append(server)
    server.start()
    return server


@pytest.fixture
def edge(processes: Processes, link: TrackingLink, tmp_path: Path) -> Process:
    """All on that a click may ask for: targeting by country, device and hour, a cap, the place of a forwarded address."""
    campaign = link.partnership.campaign
    rules = {"country": ["only", ["IR"]], "device": ["only", ["phone"]], "hour": ["only", [[127, 0, 1440]]]}
    Targeting.objects.create(campaign=campaign, rules=rules)
    Cap.objects.create(campaign=campaign, metric=Metric.CLICKS, period=Period.DAY, limit=1_000_000_000)
    store_links(link, LINKS)
    places = str(addresses.write(tmp_path / "city.mmdb"))
    more = {"GEOIP_PATH": places, "TRUSTED_PROXIES": "127.0.0.0/8", "REPORTS_PER_SECOND": "1000000"}
    started = processes.start("edge", **more)
    wait_until(lambda: snapshot(started)["links"] == LINKS + 1, within=30)
    return started


@pytest.fixture
def nginx_server(tmp_path: Path) -> Iterator[Process | None]:
    if nginx.command() is None:
        yield None
        return
    place = tmp_path / "nginx"
    place.mkdir()
    server = nginx.nginx(place)
    server.start()
    yield server
    server.kill()


def visit(edge: Process, code: str) -> bytes:
    """From Tehran, through a proxy."""
    end = b"\r\n\r\n"
    return get(f"{edge.url}/c/{code}?sub1=newsletter").removesuffix(end) + FORWARDED + end


def recorded(redis: Redis) -> int:
    """Events in the streams; an entry holds several."""
    found, read = 0, cast("Any", redis.xrange)
    for name in redis.scan_iter("events:[0-9]*"):
        after = b"-"
        while entries := read(name, after, count=1000):
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
    bare: Process, edge: Process, nginx_server: Process | None, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    requests = [visit(edge, f"bench{number:07}") for number in range(LINKS)]
    before = recorded(redis)
    text, found = compare(bare, lambda: measure(edge.url, lambda n: requests[n % LINKS], LANDED, seconds=SECONDS))
    kutt = median(one.per_second for one in found) / KUTT
    with capsys.disabled():
        print(f"\nClicks      {text}\n{kutt:.0f} times Kutt with Redis ({KUTT:,}/s on a machine like this one)")
        if nginx_server:
            fastest = measure(nginx_server.url, lambda _: get(f"{nginx_server.url}/"), b"HTTP/1.1 302", seconds=SECONDS)
            print(
                f"nginx       {fastest.per_second:9,.0f}/s, 99% within {fastest.p99_ms:5.1f} ms (return 302, records nothing)"
            )
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
