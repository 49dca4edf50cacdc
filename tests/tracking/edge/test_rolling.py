"""Edges are exchanged under their visitors' feet: the new one takes over the port, the old one is told to go."""

import os
import signal
import time
from pathlib import Path
from threading import Event, Thread
from typing import Self

import httpx
import psycopg
import pytest
from redis import Redis

from network.embedded.valkey import free_port
from tests.live import Process, Processes, wait_until
from tests.tracking.edge.scene import LANDING, Scene
from tests.tracking.edge.wire import events, get

ROLLS = int(os.environ.get("ROLLS", "3"))


class Visitors:
    """One after the other: two of four on a connection of its own each, two on one that is kept."""

    def __init__(self, url: str) -> None:
        self.url, self.answered, self.failures = url, 0, list[str]()
        self._stop = Event()
        self._threads = [Thread(target=come) for come in (self._come, self._stay) for _ in range(2)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _come(self) -> None:
        while not self._stop.is_set():
            try:
                status, headers, _ = get(self.url, b"/c/shopLink1", b"Connection: close")
                assert (status, headers["location"].startswith(LANDING)) == (302, True)
                self.answered += 1
            except (OSError, IndexError, KeyError, AssertionError) as error:
                self.failures.append(repr(error))

    def _stay(self) -> None:
        with httpx.Client(timeout=10) as client:
            while not self._stop.is_set():
                try:
                    answer = client.get(f"{self.url}/c/shopLink1")
                    assert (answer.status_code, answer.headers["location"].startswith(LANDING)) == (302, True)
                    self.answered += 1
                except (httpx.HTTPError, KeyError, AssertionError) as error:
                    self.failures.append(repr(error))


def started(processes: Processes, shop: Scene, name: str, port: str, **env: str) -> Process:
    spool = str(processes.place / name)
    return processes.start("edge", DATABASE_URL=shop.database_url, PORT=port, SPOOL_DIR=spool, **env)


def is_ready(edge: Process) -> bool:
    """The old one answers at their port all the while, so asking there says nothing: its workers tell by their signals."""
    workers = [member for member in edge.family()[1:] if "resource_tracker" not in " ".join(member.cmdline())]
    return bool(workers) and all(listens_for(signal.SIGUSR1, worker.pid) for worker in workers)


def listens_for(signum: signal.Signals, pid: int) -> bool:
    status = Path(f"/proc/{pid}/status").read_text()
    caught = next(line for line in status.splitlines() if line.startswith("SigCgt"))
    return bool(int(caught.split()[1], 16) >> signum - 1 & 1)


@pytest.mark.timeout(60 + 15 * ROLLS)
@pytest.mark.parametrize("workers", ["1", "2"])
def test_f24_no_visitor_notices_that_edges_are_exchanged(
    shop: Scene, processes: Processes, redis: Redis, workers: str
) -> None:
    port = str(free_port())
    old = started(processes, shop, "edge-0", port, EDGE_WORKERS=workers)
    with Visitors(old.url) as visitors:
        wait_until(lambda: visitors.answered > 50, within=30)
        for number in range(1, ROLLS + 1):
            new = started(processes, shop, f"edge-{number}", port, EDGE_WORKERS=workers)
            wait_until(lambda new=new: is_ready(new), within=20)  # type: ignore[misc]
            old.stop()
            before = visitors.answered
            wait_until(lambda before=before: visitors.answered > before + 50, within=30)  # type: ignore[misc]
            old = new
    assert visitors.failures == []
    assert len(events(redis)) == visitors.answered


def test_several_workers_serve_one_port(shop: Scene, processes: Processes, redis: Redis) -> None:
    edge = started(processes, shop, "pair", str(free_port()), EDGE_WORKERS="2")
    with Visitors(edge.url) as visitors:
        wait_until(lambda: visitors.answered > 100, within=30)
    assert visitors.failures == []
    assert len(events(redis)) == visitors.answered


def is_waiting(shop: Scene) -> bool:
    """Somebody waits for a lock."""
    return bool(
        shop.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
    )


def test_a_request_that_waits_for_the_database_is_answered_before_the_end(
    shop: Scene, processes: Processes, redis: Redis, tmp_path: Path
) -> None:
    """A report waits behind a lock while the edge is told to go."""
    edge = started(processes, shop, "slow", str(free_port()))
    wait_until(lambda: httpx.get(f"{edge.url}/c/shopLink1").status_code == 302)
    answers: list[httpx.Response] = []
    fields = {"token": "token-of-the-shop-campaign-00001", "goal": "sale", "order_id": "rolling", "amount": "1.00"}
    fields["click_id"] = shop.click_id()
    report = Thread(target=lambda: answers.append(httpx.get(f"{edge.url}/postback", params=fields, timeout=20)))
    with psycopg.connect(shop.database_url) as holder:
        holder.execute("LOCK TABLE tracking_orderkey IN EXCLUSIVE MODE")
        report.start()
        wait_until(lambda: is_waiting(shop), within=20)
        assert edge.popen
        edge.popen.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        holder.commit()
    report.join()
    assert [answer.json()["status"] for answer in answers] == ["accepted"]
    with pytest.raises(httpx.ConnectError):
        wait_until(lambda: httpx.get(f"{edge.url}/health/live", timeout=2).status_code != 200)
