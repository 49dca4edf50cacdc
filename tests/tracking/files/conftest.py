from tests.payouts.market import market, open_market

__all__ = ["market", "open_market"]
