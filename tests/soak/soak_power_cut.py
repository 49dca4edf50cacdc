"""The power fails under load (SOAK_CUTS times, 5): every acknowledged conversion is there afterwards, and every click but
those of the last second."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from django.db import connections
from pytest_django import DjangoDbBlocker
from redis import Redis

from network import services as embedded
from network.embedded import processes as embedded_processes
from tests import services
from tests.faults.power import Disk
from tests.faults.test_edge_faults import check_orders, drained
from tests.faults.visitors import Journal, clicks, conversions, load
from tests.live import Process, Processes, wait_until
from tests.tracking.edge.scene import TOKEN, Scene, build
from tests.tracking.edge.wire import events

CUTS = int(os.environ.get("SOAK_CUTS", "5"))
LOST_AT_MOST = 1.0  # seconds of acknowledged clicks, and what one fsync takes
ONE_FSYNC = 0.5


@dataclass
class Machine:
    """PostgreSQL, Redis and an edge with its spool, all on one disk."""

    disk: Disk
    processes: Processes
    edge: Process | None = None

    @property
    def addresses(self) -> embedded.Addresses:
        return embedded.addresses(self.disk.place)

    def start(self) -> Process:
        embedded.start(self.disk.place, bound=True)
        spool = str(self.disk.place / "spool")
        addresses = self.addresses
        self.edge = self.processes.start(
            "edge", DATABASE_URL=addresses.database_url, REDIS_URL=addresses.redis_url, SPOOL_DIR=spool
        )
        return self.edge

    def lose_power(self) -> None:
        self.disk.cut()
        self.end()
        self.disk.mount()

    def end(self) -> None:
        if self.edge:
            self.edge.kill()
        for server in embedded.servers(self.disk.place):
            embedded_processes.end(server.processes())
        self.disk.unmount()


@pytest.fixture
def machine(tmp_path: Path, processes: Processes) -> Iterator[Machine]:
    assert os.geteuid() == 0, "mounting a disk needs root"
    made = Machine(Disk(tmp_path / "disk.img", tmp_path / "disk"), processes)
    yield made
    made.end()


@pytest.fixture
def shop(machine: Machine, django_db_blocker: DjangoDbBlocker) -> Scene:
    machine.start()
    url = machine.addresses.database_url
    environment = {**os.environ, "DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "network.settings"}
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(migrate, cwd=services.ROOT, env=environment, check=True)
    socket = str(embedded.servers(machine.disk.place)[0].socket_dir())
    default = connections.databases["default"]
    connections.databases["cut"] = {**default, "NAME": "peyvand", "HOST": socket, "OPTIONS": {}}
    with django_db_blocker.unblock():
        try:
            ids = build("cut")
        finally:
            connections["cut"].close()
            del connections.databases["cut"]
    return Scene(url, ids)


def test_a_power_cut_loses_no_conversion_and_at_most_a_second_of_clicks(
    machine: Machine, shop: Scene, capsys: pytest.CaptureFixture[str]
) -> None:
    wait_until(lambda: bool(machine.edge) and knows_the_link(machine), 20)
    for number in range(CUTS):
        assert machine.edge
        url, prefix = machine.edge.url, f"cut{number}"
        with load(clicks(url), 4) as visits, load(conversions(url, shop, TOKEN, prefix), 4) as orders:
            time.sleep(2 + number % 3 * 0.4)
            cut_at = time.monotonic()
            machine.lose_power()
        machine.start()
        wait_until(lambda: drained(machine.edge, "events") and drained(machine.edge, "reports"), 30)  # type: ignore[arg-type]
        lost = lost_clicks(visits, machine.addresses.redis_url)
        check_orders(orders, shop, prefix)
        with capsys.disabled():
            answered = len(orders.acknowledged), len(visits.nonces)
            print(f"\ncut {number}: {answered[0]} conversions, 0 lost; {answered[1]} clicks, {len(lost)} lost")
        assert [at for at in lost if at < cut_at - LOST_AT_MOST - ONE_FSYNC] == []


def knows_the_link(machine: Machine) -> bool:
    assert machine.edge
    return "pvd_cid" in httpx.get(f"{machine.edge.url}/c/shopLink1").headers.get("location", "")


def lost_clicks(visits: Journal, redis_url: str) -> list[float]:
    """When those were answered that are gone."""
    with Redis.from_url(redis_url) as redis:
        stored = {event["n"] for event in events(redis)}
    return [visits.answered_at[number] for number, nonce in visits.nonces.items() if nonce not in stored]
