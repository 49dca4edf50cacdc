import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from network import services
from network.dev.postgres import SOCKET_PATH_LIMIT, Postgres
from network.dev.valkey import Valkey
from tests.services import ROOT


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    services.stop(tmp_path)


def kill(server: Postgres | Valkey) -> None:
    running = server.processes()
    leader = next(process for process in running if process.ppid() not in {other.pid for other in running})
    os.kill(leader.pid, signal.SIGKILL)


def test_they_start_and_are_found_running(place: Path) -> None:
    started = services.start(place, bound=True)
    assert services.running(place)
    assert services.addresses(place) == started
    assert services.start(place) == started
    services.stop(place)
    assert not services.running(place)


def test_nothing_listens_where_none_were_started(tmp_path: Path) -> None:
    assert services.addresses(tmp_path) == services.NOWHERE


@pytest.mark.parametrize("setting", ["fsync", "synchronous_commit", "full_page_writes"])
def test_postgresql_keeps_what_it_acknowledged(setting: str) -> None:
    with psycopg.connect(services.addresses(Path(os.environ["VAR_DIR"])).database_url) as connection:
        assert connection.execute(f"SHOW {setting}").fetchone() == ("on",)


def test_redis_writes_an_append_only_file(redis: Redis) -> None:
    config = redis.config_get("append*")
    assert config["appendonly"] == "yes"
    assert config["appendfsync"] == "everysec"


def test_both_start_after_a_kill_with_all_that_was_acknowledged(place: Path) -> None:
    found = services.start(place, bound=True)
    postgres, valkey = services.servers(place)
    with psycopg.connect(found.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with Redis.from_url(found.redis_url) as client:
        client.set("answer", "42")
        client.waitaof(1, 0, 5000)
    for server in (postgres, valkey):
        kill(server)

    again = services.start(place, bound=True)

    assert again == found
    with psycopg.connect(again.database_url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    with Redis.from_url(again.redis_url) as client:
        assert client.get("answer") == b"42"


def test_a_stale_pid_file_that_names_a_stranger_is_no_hindrance(place: Path) -> None:
    services.start(place, bound=True)
    services.stop(place)
    postgres, _ = services.servers(place)
    socket = postgres.socket_dir() / ".s.PGSQL.5432.lock"
    for stale in (postgres.data / "postmaster.pid", socket):
        stale.write_text(f"{os.getpid()}\n{postgres.data}\n{int(time.time())}\n5432\n{postgres.data}\n\n0 0\nready\n")
    assert not services.running(place)
    services.start(place, bound=True)
    assert services.running(place)
    os.kill(os.getpid(), 0)


def test_it_works_where_the_path_is_too_long_for_a_socket(tmp_path: Path) -> None:
    place = tmp_path / ("deep" * 25)
    assert len(str(place)) > SOCKET_PATH_LIMIT
    try:
        found = services.start(place, bound=True)
        with psycopg.connect(found.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        services.stop(place)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another user")
def test_it_works_below_a_folder_that_only_root_may_enter(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    place = closed / "var"
    try:
        found = services.start(place, bound=True)
        with psycopg.connect(found.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        services.stop(place)
        with psycopg.connect(services.start(place, bound=True).database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        services.stop(place)
        shutil.rmtree((place / "postgres").resolve())


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_bound_ones_end_with_a_killed_process(place: Path) -> None:
    start = (
        "import os, pathlib, sys; from network import services; services.start(pathlib.Path(sys.argv[1]), bound=True)"
    )
    killed = [sys.executable, "-c", f"{start}; os.kill(os.getpid(), 9)", str(place)]
    assert subprocess.run(killed, cwd=ROOT, check=False).returncode == -signal.SIGKILL
    assert services.addresses(place) != services.NOWHERE
    deadline = time.monotonic() + 5
    while any(server.processes() for server in services.servers(place)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
