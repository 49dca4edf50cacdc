"""Edges exchanged twenty times (ROLLS) under their visitors' feet; read when the test is imported, so this comes first."""

import os

os.environ.setdefault("ROLLS", "20")

from tests.tracking.edge.conftest import shop
from tests.tracking.edge.test_rolling import test_f24_no_visitor_notices_that_edges_are_exchanged

__all__ = ["shop", "test_f24_no_visitor_notices_that_edges_are_exchanged"]
