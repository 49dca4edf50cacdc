"""PostgreSQL and Redis for tests. Each pytest process, so each xdist worker, has servers of its own, bound to its
life: a test may fill, break or kill them without asking anyone."""

import fcntl
import hashlib
import os
import subprocess
import sys
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import IO

import psycopg
from psycopg import sql

from network import services
from network.dev.supervisor import MARK, end_orphans
from network.embedded.postgres import Postgres
from network.embedded.valkey import Valkey

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "test"
TEMPLATE = "template_"

_slot: IO[str] | None = None
postgres: Postgres
valkey: Valkey


def start() -> None:
    """Take a free place below $VAR_DIR/test, start the servers there and put their addresses into the environment."""
    global _slot, postgres, valkey
    if _slot:
        return
    _slot = _take(Path(os.environ.get("VAR_DIR") or ROOT / "var") / "test")
    place = Path(_slot.name).parent.resolve()
    end_orphans(place, patience=1)  # of a test run that was killed here
    services.stop(place)
    services.start(place, bound=True)
    postgres, valkey = services.servers(place)
    os.environ |= {
        "VAR_DIR": str(place),
        MARK: str(place),
        "DATABASE_URL": postgres.url(DATABASE),
        "REDIS_URL": valkey.url(),
    }


def stop() -> None:
    if _slot:
        services.stop(Path(_slot.name).parent)


def renew_database() -> None:
    """Replace the test database by a fresh copy of the migrated template, whoever is connected to the old one."""
    template = _template()
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        _execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", DATABASE)
        _execute(connection, "CREATE DATABASE {} TEMPLATE {}", DATABASE, template)


def _take(base: Path) -> IO[str]:
    """The lock file of the first place that no living test process holds; the kernel frees it with its holder.

    A worker inherits its controller's VAR_DIR, which is such a place already: its places are beside it.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent.parent
    for number in count():
        place = base / str(number)
        place.mkdir(parents=True, exist_ok=True)
        lock = (place / "test.lock").open("w")
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        lock.close()
    raise AssertionError


def _template() -> str:
    """The name of a database with all migrations; made once per state of the migrations, kept for later runs."""
    name = TEMPLATE + _state_of_migrations()
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [TEMPLATE])
        held = {row[0] for row in rows}
        if name in held:
            return name
        for old in held:
            _execute(connection, "DROP DATABASE {} WITH (FORCE)", old)
        building = f"{TEMPLATE}building"
        _execute(connection, "CREATE DATABASE {}", building)
        migrate = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
        environment = {**os.environ, "DATABASE_URL": postgres.url(building)}
        environment["DJANGO_SETTINGS_MODULE"] = "network.settings"
        subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
        _execute(connection, "ALTER DATABASE {} RENAME TO {}", building, name)
    return name


def _state_of_migrations() -> str:
    digest = hashlib.sha256((ROOT / "uv.lock").read_bytes())
    for path in sorted(ROOT.glob("*/migrations/*.py")):
        digest.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _execute(connection: psycopg.Connection, statement: str, *names: str) -> None:
    connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
