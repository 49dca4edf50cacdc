"""Days of a campaign: every event counts on the day it has in its campaign's time zone."""

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog

log = structlog.get_logger(__name__)


def day_of(at: datetime, time_zone: str) -> date:
    return at.astimezone(zone(time_zone)).date()


@cache
def zone(name: str) -> ZoneInfo:
    """A zone that this machine does not know counts as UTC: a wrong day is better than a lost event."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        log.warning("time_zone.unknown", name=name)
        return ZoneInfo("UTC")
