from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection


@pytest.fixture(autouse=True)
def a_connection_each() -> Iterator[None]:
    """No pool: as many threads as a race needs, each with a connection of its own."""
    options: Any = connection.settings_dict["OPTIONS"]
    pool = options.pop("pool")
    connection.close()
    yield
    connection.close()
    options["pool"] = pool
