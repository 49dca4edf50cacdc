"""The embedded PostgreSQL and Redis under VAR_DIR, for machines that have neither. They stand in where DATABASE_URL
and REDIS_URL are unset; a real deployment sets both and needs nothing of this.

    python -m network.services start | stop | status
"""

import fcntl
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from network.embedded.postgres import Postgres
    from network.embedded.valkey import Valkey

type Server = "Postgres | Valkey"

PATIENCE = 60.0  # seconds until a server must be ready; a crash recovery may replay a lot

_children: list[subprocess.Popen[bytes]] = []


class Addresses(NamedTuple):
    database_url: str
    redis_url: str


# Port 1 refuses at once: without services nothing must reach a stranger's server on the usual ports.
NOWHERE = Addresses("postgresql://postgres@127.0.0.1:1/peyvand", "redis://127.0.0.1:1/0")


def addresses(var_dir: Path) -> Addresses:
    """Where the embedded services of `var_dir` listen, as of their last start."""
    try:
        found = json.loads((var_dir / "services.json").read_text())
    except FileNotFoundError:
        return NOWHERE
    return Addresses(found["database_url"], found["redis_url"])


def start(var_dir: Path, *, bound: bool = False) -> Addresses:
    """Start both, or find them running. `bound` ones end with the calling process, however that ends."""
    with _lock(var_dir):
        postgres, valkey = servers(var_dir)
        for server in (postgres, valkey):
            _start(server, bound=bound)
        postgres.ensure_database()
        found = Addresses(postgres.url(), valkey.url())
        announce(var_dir, found)
        return found


def _start(server: "Server", *, bound: bool) -> None:
    from network.embedded import processes

    for _ in range(3):  # between the choice of a port and its use somebody else may take it
        if server.is_ready() and server.processes():
            return
        server.prepare()
        signum = server.stop_signals[0] if bound else None
        child = processes.spawn(server.command(), log=server.log, user=server.user, cwd=server.data, bound=signum)
        _children.append(child)
        deadline = time.monotonic() + PATIENCE
        while child.poll() is None and time.monotonic() < deadline:
            if server.is_ready():
                return
            time.sleep(0.05)
    raise RuntimeError(f"{server.name} does not start; its log is {server.log}")


def stop(var_dir: Path) -> None:
    with _lock(var_dir):
        for service in servers(var_dir):
            service.end_leftovers()
    for child in _children:
        child.poll()


def running(var_dir: Path) -> bool:
    return all(service.is_ready() and service.processes() for service in servers(var_dir))


def announce(var_dir: Path, found: Addresses) -> None:
    """Write down for `addresses` where they listen."""
    fresh = var_dir / "services.json.new"
    fresh.write_text(json.dumps(found._asdict(), indent=2) + "\n")
    fresh.replace(var_dir / "services.json")


def servers(var_dir: Path) -> tuple["Postgres", "Valkey"]:
    from network.embedded.postgres import Postgres
    from network.embedded.valkey import Valkey

    return Postgres(var_dir.resolve()), Valkey(var_dir.resolve())


@contextmanager
def _lock(var_dir: Path) -> Iterator[None]:
    """The kernel releases it with its holder, so that no dead run can hold it."""
    var_dir.mkdir(parents=True, exist_ok=True)
    with (var_dir / "services.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main() -> None:
    var_dir = Path(os.environ.get("VAR_DIR") or "var")
    match sys.argv[1:]:
        case ["start"]:
            print(*start(var_dir), sep="\n")
        case ["stop"]:
            stop(var_dir)
        case ["status"]:
            print("running" if running(var_dir) else "stopped")
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
