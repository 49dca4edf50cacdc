"""The benchmarks of much data at the sizes that are promised: a backlog of 5,000,000 events, 200,000,000 stored clicks.

The sizes are read when the benchmarks are imported, so this comes first.
"""

import os

os.environ.setdefault("BACKLOG_EVENTS", "5000000")
os.environ.setdefault("GROWTH_ROWS", "200000000")

import pytest

from tests.bench.bench_backlog import test_a_backlog_drains_with_flat_memory
from tests.bench.bench_growth import test_cost_with_many_clicks_stored
from tests.tracking.conftest import campaign, link, partnership

__all__ = [
    "campaign",
    "link",
    "partnership",
    "test_a_backlog_drains_with_flat_memory",
    "test_cost_with_many_clicks_stored",
]

pytestmark = pytest.mark.django_db(transaction=True)
