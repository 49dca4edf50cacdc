"""100,000 odd requests to all tracking endpoints (FUZZ_REQUESTS): none is answered with 5xx, none leaves anything behind."""

import os

import pytest

from tests.live import Process
from tests.tracking.edge import odd
from tests.tracking.edge.conftest import shop, tracking
from tests.tracking.edge.scene import Scene
from tests.tracking.edge.test_fuzz import fuzz

__all__ = ["shop", "tracking"]

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "100000"))


@pytest.mark.timeout(0)
def test_no_request_is_too_odd(tracking: Process, shop: Scene) -> None:
    with odd.talking(tracking, shop) as talk:
        fuzz(talk, REQUESTS)
    assert talk.said >= REQUESTS
