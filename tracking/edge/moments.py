"""Times as callers write them: ISO 8601 with a zone, or Unix seconds or milliseconds."""

import re
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from tracking.edge.refusals import Rejection

FUTURE: Final = 5 * 60.0
OLD: Final = 90 * 86400.0
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|z|[+-]\d\d:?\d\d)", re.ASCII)
MILLISECONDS: Final = 100_000_000_000  # as seconds it would be the year 5138


class Moment(NamedTuple):
    at: datetime
    is_late: bool


def read_moment(value: Any, now: float) -> Moment | None:
    """None when there is none; raises Rejection."""
    if value is None or value == "":
        return None
    at = _parsed(value)
    if at is None or at < EARLIEST or at.timestamp() > now + FUTURE:
        message = "The timestamp is ISO 8601 with a zone (2026-11-21T10:30:00Z) or Unix time, not in the future."
        raise Rejection(422, "invalid_timestamp", message, "timestamp")
    return Moment(at, at.timestamp() < now - OLD)


def _parsed(value: Any) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value) if isinstance(value, int) and abs(value) < 10**15 else value
    if not isinstance(text, str):
        return None
    text = text.strip()
    try:
        if text.isascii() and text.isdecimal() and len(text) <= 15:
            number = int(text)
            return datetime.fromtimestamp(number / 1000 if number >= MILLISECONDS else number, UTC)
        if ISO.fullmatch(text):
            return datetime.fromisoformat(text.replace(" ", "T").upper().replace(",", ".")).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
