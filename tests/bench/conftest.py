from tests.payouts.market import open_market
from tests.tracking.conftest import campaign, link, partnership

__all__ = ["campaign", "link", "open_market", "partnership"]
