import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from redis import Redis

from network import services
from network.embedded import processes
from network.embedded.postgres import SOCKET_PATH_LIMIT, Postgres
from network.embedded.valkey import Valkey
from tests.services import ROOT


@pytest.fixture
def place() -> Iterator[Path]:
    """A state directory that everybody may enter; pytest's own is closed, which is a case for itself below."""
    with tempfile.TemporaryDirectory(prefix="peyvand-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)
        services.stop(Path(folder))


def kill(server: Postgres | Valkey) -> None:
    (leader,) = processes.leaders(server.processes())
    leader.kill()


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


def test_redis_starts_with_what_a_power_cut_left_of_its_file(place: Path) -> None:
    """The file had grown, its last pages never came to the disk: a command without its end, then zeros."""
    addresses = services.start(place)
    with Redis.from_url(addresses.redis_url) as redis:
        redis.set("kept", "yes")
    services.stop(place)
    (log,) = place.glob("redis/appendonlydir/*.incr.aof")
    with log.open("ab") as file:
        file.write(b"*3\r\n$3\r\nSET\r\n$4\r\nto" + bytes(1_500_000))
    with Redis.from_url(services.start(place).redis_url) as redis:
        assert redis.keys() == [b"kept"]


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


def test_it_works_where_the_path_is_too_long_for_a_socket(place: Path) -> None:
    deep = place / ("deep" * 25)
    try:
        found = services.start(deep, bound=True)
        postgres, _ = services.servers(deep)
        assert len(str(postgres.data)) > SOCKET_PATH_LIMIT > len(str(postgres.socket_dir()))
        with psycopg.connect(found.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        services.stop(deep)
        postgres.socket_dir().rmdir()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands PostgreSQL to another user")
def test_it_works_below_a_folder_that_only_root_may_enter(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    var_dir = closed / "var"
    try:
        found = services.start(var_dir, bound=True)
        with psycopg.connect(found.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
        services.stop(var_dir)
        with psycopg.connect(services.start(var_dir, bound=True).database_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        services.stop(var_dir)
        shutil.rmtree((var_dir / "postgres").resolve())


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


def test_a_half_made_data_directory_is_made_again(place: Path) -> None:
    half = place / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    services.start(place, bound=True)
    assert services.running(place)
    assert not half.exists()
