"""A click's row may come after its conversion, out of a spool: then the conversion gets its sub ids, and is held if the
click turns out to be invalid."""

from datetime import datetime

from django.db import connection

FILL = """
UPDATE tracking_conversion AS conversion
SET subs = click.subs,
    verdict = CASE WHEN doubted THEN 'suspect' ELSE conversion.verdict END,
    reason = CASE WHEN doubted THEN 'invalid_click' ELSE conversion.reason END,
    needs_settling = conversion.needs_settling OR doubted
FROM tracking_attribution AS attribution
JOIN tracking_conversion AS lacking ON lacking.id = attribution.conversion_id
CROSS JOIN LATERAL (
    SELECT subs, lacking.verdict = 'valid' AND verdict = 'invalid' AND NOT (
            reasons <> '{}' AND reasons <@ ARRAY['duplicate_click']::varchar[]) AS doubted FROM tracking_click
    WHERE campaign_id = lacking.campaign_id AND at = attribution.clicked_at AND nonce = attribution.click_nonce
    OFFSET 0
) AS click
WHERE conversion.id = lacking.id AND lacking.received_at >= %s
    AND lacking.subs IS NULL AND lacking.partnership_id IS NOT NULL
    AND conversion.subs IS NULL
"""


def fill_subs(*, since: datetime) -> int:
    """For conversions received since then; the number filled."""
    with connection.cursor() as cursor:
        cursor.execute(FILL, [since])
        return int(cursor.rowcount)
