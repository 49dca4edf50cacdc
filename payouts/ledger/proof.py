"""Proving the books: what the database already refuses, and what only a comparison can show."""

from dataclasses import dataclass
from typing import Final

from django.db import connection

CHECKS: Final[dict[str, str]] = {
    "cached balance differs from its postings": """
        SELECT format('%s:%s:%s', kind, coalesce(owner_id::text, ''), currency) FROM ledger_account
        JOIN ledger_balance ON account_id = id
        WHERE balance <> (SELECT coalesce(sum(amount), 0) FROM posting WHERE to_account_id = ledger_account.id)
                       - (SELECT coalesce(sum(amount), 0) FROM posting WHERE from_account_id = ledger_account.id)
           OR version <> (SELECT count(*) FROM posting WHERE ledger_account.id IN (to_account_id, from_account_id))""",
    "balance below its floor": """
        SELECT format('%s:%s:%s', kind, coalesce(owner_id::text, ''), currency) FROM ledger_account
        JOIN ledger_balance ON account_id = id WHERE balance < floor""",
    "guarded account without a balance": """
        SELECT id::text FROM ledger_account WHERE floor IS NOT NULL
        AND NOT EXISTS (SELECT FROM ledger_balance WHERE account_id = ledger_account.id)""",
    "entry without postings": """
        SELECT idempotency_key FROM journal_entry
        WHERE NOT EXISTS (SELECT FROM posting WHERE entry_id = journal_entry.id)""",
    "currency does not add up to zero": """
        SELECT currency FROM (
            SELECT account.currency, CASE WHEN account.id = to_account_id THEN amount ELSE -amount END AS amount
            FROM posting JOIN ledger_account account ON account.id IN (to_account_id, from_account_id)) AS moved
        GROUP BY currency HAVING sum(amount) <> 0""",
    "correction of another source's entry": """
        SELECT entry.idempotency_key FROM journal_entry entry JOIN journal_entry first ON first.id = entry.corrects_id
        WHERE (first.source_type, first.source_id) <> (entry.source_type, entry.source_id)""",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that must never be: the check that found it, and what it found."""

    check: str
    subject: str


def verify() -> list[Finding]:
    """Everything that is wrong within the books; empty when they are sound."""
    with connection.cursor() as cursor:
        found = []
        for check, query in CHECKS.items():
            cursor.execute(query)
            found += [Finding(check, row[0]) for row in cursor.fetchall()]
        return found
