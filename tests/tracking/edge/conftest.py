from collections.abc import Iterator

import httpx
import pytest
from pytest_django import DjangoDbBlocker

from tests.live import Process, running
from tests.tracking.edge.scene import Scene, scene


@pytest.fixture(scope="package")
def shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    with scene("edge_scene", django_db_blocker.unblock) as built:
        yield built


@pytest.fixture(scope="package")
def tracking(shop: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """One edge for all tests of this folder that do not break it."""
    with running(tmp_path_factory.mktemp("edge")) as processes:
        yield processes.start("edge", DATABASE_URL=shop.database_url, LOGGED_PER_MINUTE="100000")


@pytest.fixture
def client(tracking: Process) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=tracking.url, timeout=10) as made:
        yield made
