"""The product's processes as subprocesses of a test, on free ports, with the test's own services: `edge`, and `processes`
for any of the five. Whatever a test starts ends with it, or with the test run, however that ends.

What they should see must be committed: use `@pytest.mark.django_db(transaction=True)`, or a database of the module's own
(`own_database`).
"""

import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg
import pytest
from psycopg import sql

from network import process
from network.embedded.processes import end_with_parent
from network.embedded.valkey import free_port
from tests import services

READY_WITHIN = 30.0


@dataclass
class Process:
    """A started process; its output is in `log`. It leads a group of its own, so that `kill` reaches its workers."""

    name: str
    argv: list[str]
    env: dict[str, str]
    log: Path
    url: str = ""
    popen: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.popen = subprocess.Popen(
                self.argv,
                cwd=services.ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent(signal.SIGTERM),  # told, not killed: it takes its workers with it
            )
        if self.url:
            self.wait(lambda: answers(f"{self.url}/health/live"))

    def wait(self, is_ready: Callable[[], bool]) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while not is_ready():
            if self.popen is None or self.popen.poll() is not None or time.monotonic() > deadline:
                self.kill()
                pytest.fail(f"{self.name} does not start:\n{self.log.read_text()[-4000:]}")
            time.sleep(0.03)

    def kill(self, signum: signal.Signals = signal.SIGKILL) -> None:
        """The whole group, with the children wherever they went; returns when all are gone."""
        if self.popen is None:
            return
        family = self.family()
        for member in family:
            try:
                member.send_signal(signum)
            except psutil.NoSuchProcess:
                continue
        _, alive = psutil.wait_procs(family, timeout=15)
        for member in alive:
            member.kill()
        self.popen.wait()
        self.popen = None

    def stop(self) -> None:
        """In order, as a supervisor does it: the leader is told, and ends the others."""
        if self.popen is None:
            return
        family = self.family()
        self.popen.send_signal(signal.SIGTERM)
        _, alive = psutil.wait_procs(family, timeout=15)
        for member in alive:
            member.kill()
        self.popen.wait()
        self.popen = None

    def restart(self) -> None:
        self.kill()
        self.start()

    def family(self) -> list[psutil.Process]:
        assert self.popen
        try:
            leader = psutil.Process(self.popen.pid)
            return [leader, *leader.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    @property
    def output(self) -> str:
        return self.log.read_text(errors="replace")


class Processes:
    """`processes.start("ingest", LOG_LEVEL="DEBUG")`: one of the product's five, with this environment in addition.

    Web and edge get a free port, or the one of PORT.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.started: list[Process] = []

    def start(self, name: str, **env: str) -> Process:
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "network.settings",
            "SITE_URL": "http://127.0.0.1:8000",
            "SPOOL_DIR": str(self.place / "spool"),
            **env,
        }
        url = ""
        if name in {"web", "edge"}:
            port = env.get("PORT") or str(free_port())
            url = f"http://127.0.0.1:{port}"
            environment |= {"PORT": port, "TRACKING_PORT": port}
        environment.setdefault("TRACKING_URL", url if name == "edge" else "http://127.0.0.1:8001")
        log = self.place / f"{name}-{len(self.started)}.log"
        made = Process(name, process.command(name, environment), environment, log, url)
        self.started.append(made)
        made.start()
        return made

    def end(self) -> None:
        for made in self.started:
            made.kill()


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.HTTPError):
        return False


@contextmanager
def running(place: Path) -> Iterator[Processes]:
    """For fixtures of wider scope than a test."""
    found = Processes(place)
    try:
        yield found
    finally:
        found.end()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    with running(tmp_path) as found:
        yield found


@pytest.fixture
def edge(processes: Processes) -> Process:
    """An edge on the test's database and Redis."""
    return processes.start("edge")


@contextmanager
def own_database(name: str) -> Iterator[str]:
    """The address of a migrated database that no other test sees."""
    template = services._template()
    with psycopg.connect(services.postgres.url("postgres"), autocommit=True) as connection:
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        connection.execute(drop)
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        connection.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield services.postgres.url(name)
    finally:
        with psycopg.connect(services.postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(drop)


def wait_until(is_true: Callable[[], bool], within: float = 10.0) -> float:
    """The seconds it took; fails the test when it takes longer."""
    began = time.monotonic()
    while not is_true():
        if time.monotonic() - began > within:
            pytest.fail(f"not within {within} s")
        time.sleep(0.005)
    return time.monotonic() - began
