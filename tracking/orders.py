"""One order at a time: a report, a refund and a change of status of the same order must see each other."""

from django.db import connection


def lock(campaign_id: int, order_id: str) -> None:
    """Until the end of the database transaction. Different orders do not wait for each other."""
    assert connection.in_atomic_block, "the lock ends with the transaction that took it"  # noqa: S101
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, %s))", [order_id, campaign_id])
