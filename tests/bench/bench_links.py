"""An edge with a million links: its memory, a link that nobody used before, a pause while many visitors come."""

import json
import socket
import subprocess
import sys
import time
from random import Random
from statistics import median
from threading import Event, Thread
from typing import Self
from urllib.parse import urlsplit

import httpx
import pytest
from django.db import connection

from publishers.models import TrackingLink
from tests import services
from tests.bench.load import get
from tests.live import Process, Processes, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

LINKS = 1_000_000
MEGABYTE = 1024 * 1024


def store_links(like: TrackingLink, number: int) -> None:
    columns = "code, partnership_id, name, destination, subs, channel, created_at"
    with connection.cursor() as cursor, cursor.copy(f"COPY publishers_trackinglink ({columns}) FROM STDIN") as copy:
        for start in range(0, number, 10_000):
            rows = range(start, min(start + 10_000, number))
            row = f"bench%07d\t{like.partnership_id}\t\t\t{{blog,may}}\twebsite\t2026-01-01\n"
            copy.write("".join(row % one for one in rows))


def snapshot(edge: Process) -> dict[str, object]:
    found: dict[str, object] = httpx.get(f"{edge.url}/health/ready", timeout=30).json()["snapshot"]
    return found


def has_all(edge: Process) -> bool:
    found = snapshot(edge)
    return bool(found["is_whole"]) and found["links"] == LINKS + 1


class Memory:
    """The largest sum of resident memory of an edge's processes while it is watched."""

    def __init__(self, edge: Process) -> None:
        self.edge = edge
        self.peak = 0.0
        self._stop = Event()
        self._thread = Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def now(self) -> float:
        return sum(one.memory_info().rss for one in self.edge.family()) / MEGABYTE

    def _watch(self) -> None:
        while not self._stop.wait(0.05):
            self.peak = max(self.peak, self.now)


def test_a_million_links(link: TrackingLink, processes: Processes, capsys: pytest.CaptureFixture[str]) -> None:
    store_links(link, LINKS)
    edges = [processes.start("edge", SPOOL_DIR=str(processes.place / f"spool{number}")) for number in (1, 2)]
    edge = edges[0]
    with Memory(edge) as memory:
        wait_until(lambda: has_all(edge), within=120)
        loaded = memory.now
        wait_until((processes.place / "spool1" / "snapshot.json").exists, within=120)
        reload_all()
        wait_until(lambda: not snapshot(edge)["is_whole"], within=10)
        wait_until(lambda: has_all(edge), within=120)
    wait_until(lambda: has_all(edges[1]), within=120)
    cold, warm = milliseconds(edge)
    paused = [seconds_to_pause(link, edges) for _ in range(3)]
    with capsys.disabled():
        print(
            f"\nA million links {loaded:7,.0f} MB, at most {memory.peak:,.0f} MB while copied to disk and read anew"
            f"\nCold link       {median(cold):7.2f} ms, 99% within {p99(cold):.2f} ms"
            f"\nThe same, warm  {median(warm):7.2f} ms, 99% within {p99(warm):.2f} ms"
            f"\nRatio           {median(cold) / median(warm):7.2f}               {p99(cold) / p99(warm):.2f}"
            f"\nPause           {max(paused):7.2f} s until both edges divert, at 5,000 clicks/s (slowest of three)"
        )
    assert memory.peak < 350
    assert p99(cold) < max(2, 2 * p99(warm))  # on a busy machine all are slow


def reload_all() -> None:
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tracking_snapshot_change (kind, key) VALUES ('link', '*')")
        cursor.execute("NOTIFY peyvand_snapshot")


def milliseconds(edge: Process) -> tuple[list[float], list[float]]:
    """Of visitors on links that nobody used before, each followed by one on the same link, on one connection."""
    dice = Random("cold")
    cold: list[float] = []
    warm: list[float] = []
    host = urlsplit(edge.url)
    with socket.create_connection((host.hostname or "", host.port or 80)) as visitor:
        for number in dice.sample(range(LINKS), 1000):
            request = get(f"{edge.url}/c/bench{number:07}")
            for found in (cold, warm):
                began = time.perf_counter()
                visitor.sendall(request)
                answer = visitor.recv(65_536)
                found.append((time.perf_counter() - began) * 1000)
                assert answer.startswith(b"HTTP/1.1 302")
    return cold, warm


def p99(delays: list[float]) -> float:
    return sorted(delays)[len(delays) * 99 // 100]


def seconds_to_pause(link: TrackingLink, edges: list[Process]) -> float:
    """From the commit of the pause until the last edge sends nobody to the landing page."""
    plan = {"url": edges[0].url, "codes": [link.code], "token": "", "clicks_per_second": 5000, "seconds": 4}
    pace = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.pace"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=services.ROOT,
    )
    assert pace.stdin
    pace.stdin.write(json.dumps(plan | {"conversions_per_second": 0}).encode())
    pace.stdin.close()
    time.sleep(2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE advertisers_campaign SET status = 'paused'")
    took = wait_until(lambda: not any(lands(link, edge) for edge in edges), within=30)
    pace.wait()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE advertisers_campaign SET status = 'active'")
    wait_until(lambda: all(lands(link, edge) for edge in edges), within=30)
    return took


def lands(link: TrackingLink, edge: Process) -> bool:
    return "pvd_cid=" in httpx.get(f"{edge.url}/c/{link.code}", timeout=30).headers.get("location", "")
