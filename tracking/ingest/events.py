"""Decoding what the edge wrote (tracking/edge/events.py says which keys there are). What cannot be an event is poison."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import orjson

LAST_MS: Final = 4_102_444_800_000  # the year 2100
MAX_SUBS: Final = 5
KINDS: Final = {"click": "click", "impression": "impression", "view": "viewable", "open": "open"}
"""Of the event → of its row: "click", or a kind of impression."""
LAND: Final = "land"
"""No row of its own kind: what a page told of a click (`stays`)."""

type Found = dict[str, Any]


class Poison(ValueError):
    """This event can never be stored; the text says why, as a stable code."""


class Entry(NamedTuple):
    """Of the stream: one or more events, a line each."""

    id: str
    events: bytes

    @property
    def size(self) -> int:
        return self.events.count(b"\n") + 1

    def line(self, number: int) -> bytes:
        lines = self.events.split(b"\n")
        return lines[number] if number < len(lines) else self.events


def decode(entry: bytes) -> Iterator[Found | Poison]:
    """Each bad line stands for itself."""
    try:
        found = orjson.loads(b"[%b]" % entry.replace(b"\n", b","))
    except orjson.JSONDecodeError:
        found = [_one(line) for line in entry.split(b"\n")]
    if b"\\u0000" in entry:
        found = [without_nul(one) for one in found]
    return iter(found)


def _one(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return Poison("invalid_json")


def without_nul(value: Any) -> Any:
    """PostgreSQL stores no NUL."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [without_nul(one) for one in value]
    if isinstance(value, dict):
        return {without_nul(key): without_nul(one) for key, one in value.items()}
    return value


def number(found: Found, key: str) -> int:
    """A signed 64 bit integer."""
    value = found.get(key)
    if type(value) is not int or not -(2**63) <= value < 2**63:
        raise Poison(f"invalid_{key}")
    return value


def reference(found: Found, key: str) -> int | None:
    """Of something that an event need not name."""
    return number(found, key) if found.get(key) else None


def moment(found: Found, key: str) -> int:
    """Milliseconds since 1970."""
    value = number(found, key)
    if not 0 <= value <= LAST_MS:
        raise Poison(f"invalid_{key}")
    return value


def text(value: object, length: int) -> str:
    return value[:length] if isinstance(value, str) else ""


def texts(values: object, count: int, length: int) -> tuple[str, ...]:
    return tuple(text(value, length) for value in values[:count]) if isinstance(values, list) else ()
