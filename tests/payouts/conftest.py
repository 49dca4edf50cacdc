from tests.payouts.market import market, open_market
from tests.payouts.receiver import open_receiver, receiver

__all__ = ["market", "open_market", "open_receiver", "receiver"]
