"""Commissions, bonuses, top-ups. The ledger's tables are in `payouts.models.books` and deliberately not re-exported."""

from payouts.models import books as _books  # noqa: F401  registers the tables with Django
from payouts.models.commissions import Bonus, Commission, CommissionStatus, TopUp

__all__ = ["Bonus", "Commission", "CommissionStatus", "TopUp"]
