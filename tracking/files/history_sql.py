# ruff: noqa: S608  put together from the constants below, never from input
"""The statements of the import of history."""

from typing import Final

GIVEN: Final = (
    "campaign_id at nonce partnership_id link_id day referrer country device system browser source ip user_agent subs"
).split()
_given = ", ".join(GIVEN)

PREPARE: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS imported_click (
    LIKE tracking_click INCLUDING DEFAULTS, foreign_id varchar(128) NOT NULL, click_id varchar(160) NOT NULL,
    number bigserial
) ON COMMIT DELETE ROWS;
ALTER TABLE imported_click ALTER received_at DROP NOT NULL;
CREATE TEMPORARY TABLE IF NOT EXISTS taken_click (LIKE tracking_click INCLUDING DEFAULTS) ON COMMIT DELETE ROWS;
DELETE FROM imported_click;  -- for the second group within a surrounding transaction
DELETE FROM taken_click;
"""

COPY: Final = f"COPY imported_click ({_given}, foreign_id, click_id) FROM STDIN"

STORE: Final = f"""
WITH known AS (
    INSERT INTO tracking_foreignclick (campaign_id, system, foreign_id, click_id)
    SELECT DISTINCT ON (campaign_id, foreign_id) campaign_id, %(system)s, foreign_id, click_id
    FROM imported_click ORDER BY campaign_id, foreign_id, number
    ON CONFLICT DO NOTHING RETURNING campaign_id, foreign_id, click_id
), stored AS (
    INSERT INTO tracking_click ({_given}, received_at, is_unique, extra)
    SELECT {", ".join(f"given.{name}" for name in GIVEN)}, given.at, true, jsonb_build_object('imported', %(system)s::text)
    FROM imported_click given JOIN known USING (campaign_id, foreign_id, click_id)
    ORDER BY campaign_id, at, nonce
    ON CONFLICT DO NOTHING
    RETURNING {_given}
), kept AS (
    INSERT INTO taken_click ({_given}, received_at) SELECT {_given}, at FROM stored
)
INSERT INTO tracking_dailycount AS total
    (campaign_id, day, link_id, plan_version, partnership_id, creative_id, impressions, invalid_impressions, clicks,
     invalid_clicks, diverted_clicks, unique_clicks, viewable_impressions, opens, needs_settling)
SELECT campaign_id, day, link_id, 0, min(partnership_id), NULL, 0, 0, count(*), 0, 0, count(*), 0, 0, false
FROM stored GROUP BY campaign_id, day, link_id ORDER BY campaign_id, day, link_id
ON CONFLICT (campaign_id, day, link_id, plan_version) DO UPDATE SET
    clicks = total.clicks + excluded.clicks, unique_clicks = total.unique_clicks + excluded.unique_clicks
"""
"""An id over there is taken once; its click, its count and its meaning here are written together."""

COUNT: Final = "SELECT count(*) FROM taken_click"

VALUES: Final = """
SELECT campaign_id, day, partnership_id, part.dimension, part.value, count(*)
FROM taken_click CROSS JOIN LATERAL (VALUES
    ('country', country), ('device', device), ('system', system), ('browser', browser), ('source', source),
    ('sub1', subs[1]), ('sub2', subs[2]), ('sub3', subs[3]), ('sub4', subs[4]), ('sub5', subs[5])
) AS part(dimension, value)
WHERE part.value <> '' GROUP BY 1, 2, 3, 4, 5
"""

ORDER_KEYS: Final = """
INSERT INTO tracking_orderkey (campaign_id, goal_code, order_id, is_trusted, fingerprint, postback_id)
SELECT campaign_id, goal_code, order_id, true, fingerprint, id
FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bytea[], %s::uuid[])
    AS given(campaign_id, goal_code, order_id, fingerprint, id)
ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING RETURNING postback_id
"""

FILL_SUBS: Final = """
UPDATE tracking_conversion AS conversion SET subs = click.subs
FROM tracking_conversion AS lacking
JOIN tracking_attribution AS attribution ON attribution.conversion_id = lacking.id
CROSS JOIN LATERAL (
    SELECT subs FROM tracking_click
    WHERE campaign_id = lacking.campaign_id AND at = attribution.clicked_at AND nonce = attribution.click_nonce OFFSET 0
) AS click
WHERE lacking.id = ANY(%s::uuid[]) AND lacking.subs IS NULL AND conversion.id = lacking.id
"""
