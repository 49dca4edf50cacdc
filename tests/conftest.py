from collections.abc import Iterator

import pytest
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import TransactionTestCase
from pytest_django import DjangoDbBlocker
from redis import Redis

from tests import services

pytest_plugins = ["tests.cast", "tests.chromium", "tests.live"]


def pytest_unconfigure(config: pytest.Config) -> None:
    connections.close_all()
    services.stop()


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker: DjangoDbBlocker) -> None:
    """The database of this process, from the template; tests that commit get a fresh one behind them.

    Flushing, as Django would do it, trips over the triggers of append-only tables and loses what migrations wrote.
    """
    with django_db_blocker.unblock():
        _renew_database()
    setattr(TransactionTestCase, "_fixture_teardown", _renew_database)  # noqa: B010 - not in its stubs


def _renew_database(case: TransactionTestCase | None = None) -> None:
    for connection in connections.all(initialized_only=True):
        connection.close()
        if isinstance(connection, DatabaseWrapper):
            connection.close_pool()
    services.renew_database()


@pytest.fixture(autouse=True)
def redis(request: pytest.FixtureRequest) -> Iterator[Redis]:
    """Redis, empty at the start of each test, unless the test talks to live processes that keep their state there."""
    with Redis.from_url(services.valkey.url()) as client:
        if "live" not in request.fixturenames:
            client.flushall()
        yield client
