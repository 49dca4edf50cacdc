"""One batch, one database transaction: COPY → temporary table → INSERT of what is new → counts of exactly that.

Rows are inserted and counted in the order of their keys, and clicks before impressions, by every process: two batches
that touch the same rows wait for each other and never deadlock.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from django.db import connection, transaction

from tracking.ingest.rows import CLICK_COLUMNS, EVENT_COLUMNS

type Row = tuple[object, ...]

KEY: Final = "campaign_id, day, link_id, plan_version"
COUNTS: Final = ("impressions", "invalid_impressions", "clicks", "invalid_clicks", "diverted_clicks")
_clicks, _events = ", ".join(CLICK_COLUMNS), ", ".join(EVENT_COLUMNS)

PREPARE: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_click (LIKE tracking_click) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_impression (LIKE tracking_impression) ON COMMIT DELETE ROWS;
DELETE FROM incoming_click;  -- for the second batch within a surrounding transaction
DELETE FROM incoming_impression;
"""

MERGE: Final = f"""
WITH clicks AS (
    INSERT INTO tracking_click ({_clicks}) SELECT {_clicks} FROM incoming_click ORDER BY campaign_id, at, nonce
    ON CONFLICT DO NOTHING RETURNING {KEY}, partnership_id, creative_id, verdict = 'invalid' AS invalid, diverted
), impressions AS (
    INSERT INTO tracking_impression ({_events}) SELECT {_events} FROM incoming_impression ORDER BY campaign_id, at, nonce
    ON CONFLICT DO NOTHING RETURNING {KEY}, partnership_id, creative_id, verdict = 'invalid' AS invalid
), fresh AS (
    SELECT {KEY}, partnership_id, creative_id, 0 AS impressions, 0 AS invalid_impressions,
        (diverted = '' AND NOT invalid)::int AS clicks, (diverted = '' AND invalid)::int AS invalid_clicks,
        (diverted <> '')::int AS diverted_clicks FROM clicks
    UNION ALL
    SELECT {KEY}, partnership_id, creative_id, (NOT invalid)::int, invalid::int, 0, 0, 0 FROM impressions
), counted AS (
    INSERT INTO tracking_dailycount AS total ({KEY}, partnership_id, creative_id, {", ".join(COUNTS)}, needs_settling)
    SELECT {KEY}, min(partnership_id), max(creative_id), {", ".join(f"sum({name})" for name in COUNTS)}, true
    FROM fresh GROUP BY {KEY} ORDER BY {KEY}
    ON CONFLICT ({KEY}) DO UPDATE SET needs_settling = true,
        {", ".join(f"{name} = total.{name} + excluded.{name}" for name in COUNTS)}
)
SELECT count(*) FROM fresh
"""  # noqa: S608  only names from this file


@transaction.atomic
def store(clicks: Sequence[Row], impressions: Sequence[Row]) -> int:
    """The number of events that were not stored before."""
    with connection.cursor() as cursor:
        cursor.execute(PREPARE)
        _copy("click", _clicks, clicks)
        _copy("impression", _events, impressions)
        cursor.execute(MERGE)
        return int(cursor.fetchone()[0])


def _copy(name: str, columns: str, rows: Iterable[Row]) -> None:
    """psycopg's own errors would look like a fault of the rows even when the connection broke."""
    statement = f"COPY incoming_{name} ({columns}) FROM STDIN"
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)
