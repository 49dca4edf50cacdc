"""Killing and starting the test's own PostgreSQL and Redis."""

import signal
from pathlib import Path

from network import services as embedded
from network.embedded import processes
from tests import services


def kill_redis() -> None:
    """As by `kill -9`: what its append-only file holds is what it will know."""
    processes.end(services.valkey.processes(), signal.SIGKILL)


def kill_postgres() -> None:
    """The postmaster and all its children at once."""
    processes.end(services.postgres.processes(), signal.SIGKILL)


def heal() -> None:
    """Start what is dead."""
    embedded.start(Path(services.postgres.var_dir), bound=True)
