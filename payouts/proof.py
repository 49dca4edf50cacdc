"""Proving that the books say what the commissions, bonuses and top-ups say; `ledger.verify` proves the books themselves."""

from typing import Final

from django.db import connection

from payouts import ledger
from payouts.ledger import Finding

COMPARED: Final[dict[str, str]] = {
    "pending balance differs from the publisher's pending commissions": """
        SELECT coalesce(owner_id, publisher_id), coalesce(account.currency, due.currency) FROM
        (SELECT owner_id, currency, balance FROM ledger_account JOIN ledger_balance ON account_id = id
         WHERE kind = 'pub_pending') account
        FULL JOIN (SELECT publisher_id, currency, sum(amount) AS amount FROM payouts_commission
         WHERE status = 'pending' GROUP BY publisher_id, currency) due
        ON owner_id = publisher_id AND account.currency = due.currency
        WHERE coalesce(balance, 0) <> coalesce(amount, 0)""",
    "held balance differs from the publisher's held commissions": """
        SELECT coalesce(owner_id, publisher_id), coalesce(account.currency, due.currency) FROM
        (SELECT owner_id, currency, balance FROM ledger_account JOIN ledger_balance ON account_id = id
         WHERE kind = 'pub_hold') account
        FULL JOIN (SELECT publisher_id, currency, sum(amount) AS amount FROM payouts_commission
         WHERE status = 'held' GROUP BY publisher_id, currency) due
        ON owner_id = publisher_id AND account.currency = due.currency
        WHERE coalesce(balance, 0) <> coalesce(amount, 0)""",
    "advertiser's balance differs from top-ups less commissions, bonuses and fees": """
        SELECT coalesce(owner_id, advertiser_id), coalesce(account.currency, flow.currency) FROM
        (SELECT owner_id, currency, balance FROM ledger_account JOIN ledger_balance ON account_id = id
         WHERE kind = 'adv_funds') account
        FULL JOIN (SELECT advertiser_id, currency, sum(amount) AS amount FROM (
            SELECT advertiser_id, currency, amount FROM payouts_topup
            UNION ALL SELECT advertiser_id, currency, -amount - fee FROM payouts_commission
            UNION ALL SELECT advertiser_id, currency, -amount - fee FROM payouts_bonus) each
         GROUP BY advertiser_id, currency) flow
        ON owner_id = advertiser_id AND account.currency = flow.currency
        WHERE coalesce(balance, 0) <> coalesce(amount, 0)""",
    "commission differs from its postings": """
        SELECT commission.public_id, commission.currency FROM payouts_commission commission
        LEFT JOIN (SELECT source_id, sum(CASE WHEN giver.kind = 'adv_funds' THEN posting.amount
                WHEN taker.kind = 'adv_funds' THEN -posting.amount ELSE 0 END) AS cost
            FROM journal_entry JOIN posting ON entry_id = journal_entry.id
            JOIN ledger_account giver ON giver.id = from_account_id
            JOIN ledger_account taker ON taker.id = to_account_id
            WHERE source_type = 'commission' GROUP BY source_id) booked ON source_id = commission.public_id
        WHERE coalesce(cost, 0) <> commission.amount + commission.fee""",
}


def verify() -> list[Finding]:
    """Everything that is wrong, within the books and between them and what they stand for; empty when all is sound."""
    found = ledger.verify()
    with connection.cursor() as cursor:
        for check, query in COMPARED.items():
            cursor.execute(query)
            found += [Finding(check, f"{subject} {currency}") for subject, currency in cursor.fetchall()]
    return found
