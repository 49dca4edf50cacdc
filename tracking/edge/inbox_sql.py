# ruff: noqa: S608  put together from the constants below, never from input
"""The statements of the inbox; all times and ids are made by the edge. New keys come as arrays in binary form, by the
prepared statement ACCEPT; what is rare as one JSON parameter.
"""

from typing import Final

GIVEN: Final = """
given AS (
    SELECT * FROM json_to_recordset(%(rows)s::json) AS row(
        id uuid, campaign_id bigint, received_at timestamptz, channel text, method text, raw text, fields jsonb,
        ip inet, user_agent text, status_code smallint, answer jsonb, accepted boolean,
        goal_code text, order_id text, is_trusted boolean, fingerprint text)
)"""

KEEP: Final = """
INSERT INTO tracking_postback (id, campaign_id, received_at, channel, method, raw, fields, ip, user_agent, status_code,
                               answer, accepted)
SELECT id, campaign_id, received_at, channel, method, raw, fields, ip, user_agent, status_code, answer, accepted
FROM given"""

ACCEPT: Final = """
WITH given AS (
    SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::boolean[], $6::bytea[], $7::text[],
                         $8::text[], $9::text[], $10::jsonb[], $11::text[], $12::text[], $13::smallint[], $14::jsonb[])
        AS row(id, campaign_id, goal_code, order_id, is_trusted, fingerprint, channel, method, raw, fields, ip,
               user_agent, status_code, answer)
), fresh AS (
    INSERT INTO tracking_orderkey (campaign_id, goal_code, order_id, is_trusted, fingerprint, postback_id)
    SELECT campaign_id, goal_code, order_id, is_trusted, fingerprint, id FROM given ORDER BY 1, 2, 3, 4
    ON CONFLICT DO NOTHING
    RETURNING postback_id
), kept AS (
    INSERT INTO tracking_postback (id, campaign_id, received_at, channel, method, raw, fields, ip, user_agent,
                                   status_code, answer, accepted)
    SELECT id, campaign_id, uuid_extract_timestamp(id), channel, method, raw, fields, ip::inet, user_agent,
           status_code, answer, TRUE
    FROM given WHERE id IN (SELECT postback_id FROM fresh)
)
SELECT count(*) FROM fresh"""
"""Keys are inserted in their order, so that two groups wait for each other but never in a circle. A row whose key exists
already is neither inserted nor kept."""

FIND: Final = f"""
WITH {GIVEN}
SELECT given.id::text, key.postback_id::text, key.fingerprint
FROM given JOIN tracking_orderkey key USING (campaign_id, goal_code, order_id, is_trusted)"""
"""What the keys of these rows stand for."""

STORE: Final = f"WITH {GIVEN} {KEEP} ON CONFLICT DO NOTHING"

SALES: Final = """
SELECT refund.id::text, coalesce(max(sale.amount), max((report.fields->>'amount')::bigint)),
       coalesce((SELECT sum(other.amount) FROM tracking_refund other
                 WHERE other.campaign_id = refund.campaign_id AND other.order_id = refund.sale), 0)
FROM json_to_recordset(%(rows)s::json) AS refund(id uuid, campaign_id bigint, sale text, goals json)
JOIN tracking_orderkey key ON key.campaign_id = refund.campaign_id AND key.order_id = refund.sale
     AND key.goal_code = ANY (ARRAY(SELECT json_array_elements_text(refund.goals)))
LEFT JOIN tracking_conversion sale ON sale.campaign_id = refund.campaign_id AND sale.order_id = refund.sale
LEFT JOIN tracking_postback report ON report.campaign_id = refund.campaign_id AND report.id = key.postback_id
     AND report.received_at = uuid_extract_timestamp(key.postback_id)
GROUP BY refund.id, refund.campaign_id, refund.sale"""
"""Of refunds: the amount of the sale they name, and what has been refunded of it. No row: there is no such sale yet."""

FIND_ANSWER: Final = """
SELECT request_hash, status_code, answer FROM tracking_idempotent_answer WHERE campaign_id = %s AND key = %s"""

KEEP_ANSWER: Final = """
INSERT INTO tracking_idempotent_answer (campaign_id, key, request_hash, status_code, answer)
VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"""

FIND_FOREIGN_CLICK: Final = """
SELECT campaign_id FROM tracking_foreignclick WHERE campaign_id = ANY(%s) AND system = %s AND foreign_id = %s LIMIT 1"""
