"""Edges are exchanged under their visitors' feet: two share a port, one is told to go."""

import signal
import time
from pathlib import Path
from threading import Event, Thread
from typing import Self

import httpx
import psutil
import psycopg
import pytest
from redis import Redis

from network.embedded.valkey import free_port
from tests.live import Process, Processes, wait_until
from tests.tracking.edge.scene import LANDING, Scene
from tests.tracking.edge.wire import events, get


class Visitors:
    """One after the other, each on a connection of its own."""

    def __init__(self, url: str) -> None:
        self.url, self.answered, self.failures = url, 0, list[str]()
        self._stop = Event()
        self._threads = [Thread(target=self._come) for _ in range(4)]

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


def started(processes: Processes, shop: Scene, name: str, port: str, **env: str) -> Process:
    spool = str(processes.place / name)
    return processes.start("edge", DATABASE_URL=shop.database_url, PORT=port, SPOOL_DIR=spool, **env)


def listens(edge: Process) -> bool:
    """The old one answers at their port all the while, so asking there says nothing."""
    return any(one.status == psutil.CONN_LISTEN for member in edge.family() for one in member.net_connections())


def test_an_edge_that_is_told_to_go_finishes_what_it_has_and_another_serves_on(
    shop: Scene, processes: Processes, redis: Redis
) -> None:
    port = str(free_port())
    old = started(processes, shop, "old", port)
    with Visitors(old.url) as visitors:
        wait_until(lambda: visitors.answered > 50, within=30)
        new = started(processes, shop, "new", port)
        wait_until(lambda: listens(new), within=20)
        old.stop()
        before = visitors.answered
        wait_until(lambda: visitors.answered > before + 50, within=30)
    assert len(visitors.failures) <= 4  # what waited in the old one's queue of connections when it closed
    assert len(events(redis)) >= visitors.answered
    assert len(events(redis)) <= visitors.answered + len(visitors.failures)


def test_several_workers_serve_one_port(shop: Scene, processes: Processes, redis: Redis) -> None:
    edge = started(processes, shop, "pair", str(free_port()), EDGE_WORKERS="2")
    with Visitors(edge.url) as visitors:
        wait_until(lambda: visitors.answered > 100, within=30)
    assert visitors.failures == []
    assert len(events(redis)) == visitors.answered


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
        time.sleep(0.5)
        assert edge.popen
        edge.popen.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        holder.commit()
    report.join()
    assert [answer.json()["status"] for answer in answers] == ["accepted"]
    with pytest.raises(httpx.ConnectError):
        wait_until(lambda: httpx.get(f"{edge.url}/health/live", timeout=2).status_code != 200)
