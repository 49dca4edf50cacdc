"""Decoding what the edge wrote. Text is made fit for PostgreSQL; what cannot be an event at all is poison."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

import orjson

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MS: Final = 4_102_444_800_000  # the year 2100
MAX_SUBS: Final = 5

type EventType = Literal["click", "impression"]


class Poison(ValueError):
    """This event can never be stored; the text says why, as a stable code."""


class Event(NamedTuple):
    """One click or impression as the edge saw it. `user_agent` None: not to be stored; "": the visitor sent none."""

    type: EventType
    campaign_id: int
    partnership_id: int
    link_id: int
    creative_id: int | None
    at: datetime
    nonce: int
    subs: list[str]
    source: str
    ip: str | None
    user_agent: str | None
    referrer: str
    consent: str
    diverted: str
    flags: list[str]
    received_at: datetime


def decode(raw: bytes | None) -> Event:
    try:
        found = orjson.loads(raw or b"")
    except orjson.JSONDecodeError:
        raise Poison("invalid_json") from None
    if not isinstance(found, dict) or found.get("t") not in {"click", "impression"}:
        raise Poison("not_an_event")
    at = moment(found, "at")
    consent = found.get("consent")
    denied = consent == "denied"
    return Event(
        type=found["t"],
        campaign_id=number(found, "c"),
        partnership_id=number(found, "p"),
        link_id=number(found, "l"),
        creative_id=number(found, "cr") if found.get("cr") else None,
        at=at,
        nonce=number(found, "n"),
        subs=texts(found.get("subs"), MAX_SUBS, 256),
        source=text(found.get("src"), 256),
        ip=None if denied else text(found.get("ip"), 45) or None,
        user_agent=None if denied else text(found.get("ua"), 512),
        referrer="" if denied else text(found.get("ref"), 512),
        consent=consent if consent in {"granted", "denied"} else "unknown",
        diverted=text(found.get("div"), 40),
        flags=texts(found.get("flags"), 20, 40),
        received_at=moment(found, "rx") if "rx" in found else at,
    )


def number(found: dict[str, Any], key: str) -> int:
    """A signed 64 bit integer."""
    value = found.get(key)
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise Poison(f"invalid_{key}")
    return value


def moment(found: dict[str, Any], key: str) -> datetime:
    """Milliseconds since 1970, exactly (a float would lose some)."""
    value = number(found, key)
    if not 0 <= value <= LAST_MS:
        raise Poison(f"invalid_{key}")
    return EPOCH + timedelta(milliseconds=value)


def text(value: object, length: int) -> str:
    """PostgreSQL stores no NUL."""
    if not isinstance(value, str):
        return ""
    return (value.replace("\x00", "") if "\x00" in value else value)[:length]


def texts(values: object, count: int, length: int) -> list[str]:
    return [text(value, length) for value in values[:count]] if values and isinstance(values, list) else []
