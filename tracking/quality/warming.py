"""The memory of a shard's `Arrival` when a process takes the shard over, from the rows that are stored already; and keeping
its lists and thresholds up to date.

A restart then forgets no click that a repetition may follow, and no address that is over its limit already.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog
from django.conf import settings
from django.db import OperationalError, connection, transaction

from tracking.quality import thresholds
from tracking.quality.addresses import Ranges
from tracking.quality.arrival import MINUTE, Arrival

log = structlog.get_logger(__name__)

BACK: Final = timedelta(seconds=60)
PATIENCE_MS: Final = 3_000
MOST: Final = 100_000
REFRESH_EVERY: Final = 5.0
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

NEWEST: Final = """
SELECT max(newest.at) FROM advertisers_campaign AS campaign CROSS JOIN LATERAL (
    SELECT at FROM tracking_click WHERE campaign_id = campaign.id AND at >= %s AND at <= %s ORDER BY at DESC LIMIT 1
) AS newest
"""
CLICKS: Final = """
SELECT click.nonce, (extract(epoch FROM click.at) * 1000)::bigint, click.link_id, host(click.ip), click.user_agent
FROM advertisers_campaign AS campaign JOIN tracking_click AS click ON click.campaign_id = campaign.id
WHERE click.at >= %s AND click.at <= %s AND click.verdict = 'valid' AND click.ip IS NOT NULL
ORDER BY click.at DESC LIMIT %s
"""
ADDRESSES: Final = """
SELECT click.campaign_id, host(min(click.ip)), count(*) FILTER (WHERE click.at >= %s), count(*)
FROM advertisers_campaign AS campaign JOIN tracking_click AS click ON click.campaign_id = campaign.id
WHERE click.at >= %s AND click.at <= %s AND click.ip IS NOT NULL
GROUP BY click.campaign_id, CASE family(click.ip) WHEN 4 THEN click.ip ELSE network(set_masklen(click.ip, 64)) END
HAVING count(*) > 1 ORDER BY 4 DESC LIMIT %s
"""


def new() -> Arrival:
    """One that knows the operator's lists, the thresholds, and what was stored last."""
    arrival = Arrival(Ranges(settings.DATACENTRE_PATH))
    refresh(arrival)
    warm(arrival)
    return arrival


def refresh(arrival: Arrival) -> None:
    """Call it once per batch; it looks every few seconds whether the list of data centres or a threshold changed."""
    now = time.monotonic()
    if now < arrival.refresh_at:
        return
    arrival.refresh_at = now + REFRESH_EVERY
    arrival.refresh()
    arrival.limit(*thresholds.of_arrival())


def warm(arrival: Arrival) -> None:
    """What takes longer than a few seconds is left: then too little is known, which is in the publishers' favour."""
    now = datetime.now(UTC)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL statement_timeout = {PATIENCE_MS}")
            cursor.execute(NEWEST, [now - timedelta(days=1), now + BACK])
            [newest] = cursor.fetchone()
            if newest is None:
                return
            cursor.execute(CLICKS, [newest - BACK, newest, MOST])
            for nonce, at_ms, link_id, ip, user_agent in reversed(cursor.fetchall()):
                arrival.remember_click(nonce, at_ms, link_id, ip, user_agent)
            minute, day = (
                newest.replace(second=0, microsecond=0),
                newest.replace(hour=0, minute=0, second=0, microsecond=0),
            )
            cursor.execute(ADDRESSES, [minute, day, newest, MOST])
            number = (minute - EPOCH) // timedelta(milliseconds=MINUTE)
            for campaign_id, ip, in_minute, in_day in cursor.fetchall():
                arrival.remember_address(number, campaign_id, ip, in_minute=in_minute, in_day=in_day)
    except OperationalError as error:
        if "statement timeout" not in str(error):
            raise
        log.warning("arrival.not_warm", error=str(error))
