"""The one door to the books. docs/ledger.md tells which accounts there are and what each event posts.

An entry moves amounts *from* one account *to* another; the balance of an account is what came in less what went out.
"""

from payouts.ledger.posting import (
    Draft,
    Entry,
    InsufficientFunds,
    KeyReused,
    Move,
    NothingToPost,
    UnknownEntry,
    entry_id,
    move,
    post,
    post_all,
)
from payouts.ledger.proof import Finding, verify
from payouts.ledger.reading import (
    Balance,
    Line,
    Movement,
    Statement,
    balance,
    balances,
    balances_of,
    movements,
    statement,
    trial_balance,
)

__all__ = [
    "Balance",
    "Draft",
    "Entry",
    "Finding",
    "InsufficientFunds",
    "KeyReused",
    "Line",
    "Move",
    "Movement",
    "NothingToPost",
    "Statement",
    "UnknownEntry",
    "balance",
    "balances",
    "balances_of",
    "entry_id",
    "move",
    "movements",
    "post",
    "post_all",
    "statement",
    "trial_balance",
    "verify",
]
