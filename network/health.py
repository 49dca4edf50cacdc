"""Whether this process is alive, and whether it can serve: for load balancers and container platforms."""

from collections.abc import Callable
from typing import Final

import psycopg
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from redis import Redis

PATIENCE: Final = 2  # seconds that a service gets to answer

_migrated = False


class NotMigrated(Exception):
    pass


def database() -> None:
    """By a connection of its own: the pool would wait much longer for a database that is away."""
    with psycopg.connect(settings.DATABASE_URL, connect_timeout=PATIENCE) as own:
        own.execute("SELECT 1")


def redis() -> None:
    with Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE) as client:
        client.ping()


def migrations() -> None:
    """All migrations of this release are applied. Once seen that stays true for the life of the process."""
    global _migrated  # noqa: PLW0603
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise NotMigrated
        _migrated = True


CHECKS: Final[dict[str, Callable[[], None]]] = {"database": database, "redis": redis}


def report() -> dict[str, str]:
    """For each check "ok" or the kind of its failure; never an address or a message that may hold one."""
    outcomes = {name: _outcome(check) for name, check in CHECKS.items()}
    if outcomes["database"] == "ok":
        outcomes["migrations"] = _outcome(migrations)
    return outcomes


def _outcome(check: Callable[[], None]) -> str:
    try:
        check()
    except Exception as problem:  # noqa: BLE001  any failure at all means "not ready"
        return type(problem).__name__
    return "ok"
