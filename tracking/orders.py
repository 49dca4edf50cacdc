"""One order at a time: a report, a refund and a change of status of the same order must see each other."""

from collections.abc import Iterable

from django.db import connection


def lock(campaign_id: int, order_id: str) -> None:
    """Until the end of the database transaction. Different orders do not wait for each other."""
    lock_all([(campaign_id, order_id)])


def lock_all(orders: Iterable[tuple[int, str]]) -> None:
    """All in one order, so that two batches wait for each other but never in a circle."""
    assert connection.in_atomic_block, "the lock ends with the transaction that took it"  # noqa: S101
    wanted = list(orders)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(key) FROM ("
            " SELECT DISTINCT hashtextextended(number, campaign) AS key"
            " FROM unnest(%s::text[], %s::bigint[]) AS named (number, campaign) ORDER BY key OFFSET 0) AS keys",
            [[number for _, number in wanted], [campaign for campaign, _ in wanted]],
        )
