from tests.payouts.market import open_market

__all__ = ["open_market"]
