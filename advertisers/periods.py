"""The periods of caps, in a campaign's time zone. Free of Django: the edge counts by them, too."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

EVER: Final = datetime(1970, 1, 1, tzinfo=UTC)
FOR_EVER: Final = datetime(9999, 1, 1, tzinfo=UTC)


class Span(NamedTuple):
    """Half-open, in UTC; `first` and `last` are days in the campaign's zone."""

    starts_at: datetime
    ends_at: datetime
    first: date
    last: date


def span(period: str, at: datetime, time_zone: str) -> Span:
    """The day, week (from Monday), month or "total" in which this moment lies.

    Days begin at the zone's midnight, so one may have 23 or 25 hours.
    """
    zone = ZoneInfo(time_zone)
    day = at.astimezone(zone).date()
    if period == "total":
        return Span(EVER, FOR_EVER, date.min, date.max)
    if period == "month":
        first = day.replace(day=1)
        after = (first + timedelta(days=32)).replace(day=1)
    elif period == "week":
        first = day - timedelta(days=day.weekday())
        after = first + timedelta(days=7)
    else:
        first, after = day, day + timedelta(days=1)
    return Span(_midnight(first, zone), _midnight(after, zone), first, after - timedelta(days=1))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of the day: where clocks jump over midnight, the moment of the jump."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
