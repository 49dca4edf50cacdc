"""Commissions, bonuses, top-ups. The ledger's tables are in `payouts.models.books` and deliberately not re-exported."""

from payouts.models import books as _books  # noqa: F401  registers the tables with Django
from payouts.models.bonuses import Bonus
from payouts.models.commissions import TRANSITIONS, Commission, CommissionStatus, Rejection
from payouts.models.deliveries import Delivery, DeliveryStatus
from payouts.models.reasons import DECLINE_REASONS, Reason
from payouts.models.topups import TopUp

__all__ = [
    "DECLINE_REASONS",
    "TRANSITIONS",
    "Bonus",
    "Commission",
    "CommissionStatus",
    "Delivery",
    "DeliveryStatus",
    "Reason",
    "Rejection",
    "TopUp",
]
