from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.payouts.market import open_market
from tests.tracking.edge.scene import Scene, scene

__all__ = ["open_market"]


@pytest.fixture
def shop(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    with scene("fault_scene", django_db_blocker.unblock) as built:
        yield built
