"""From raw query strings to clean text, by the rules of the field: first wins, decoded once, bounded."""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

MAX_PARAMETERS: Final = 100
MAX_NAME: Final = 64
MAX_SUB: Final = 256  # bytes
ADDRESSES: Final = frozenset({"url", "deep_link", "ued", "murl"})
MACRO: Final = re.compile(
    r"\{\{?[\w.:-]{1,64}\}?\}|\$\{[\w.:-]{0,64}\}|#[A-Za-z]\w{0,31}#|!!!\w{1,32}!!!|%[sd]|\[[A-Z_]{2,64}\]"
)
"""A placeholder of some other system that nobody filled in."""
_CONTROLS: Final = dict.fromkeys([*range(32), *range(127, 160)])
_INVISIBLE: Final = frozenset(
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2060\u2061\u2062"
    "\u2063\u2064\u2066\u2067\u2068\u2069\ufeff"
)


def pairs(query: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Raw names and values. Only `&` separates; a bad percent sequence stays as it is."""
    for part in query.split(b"&"):
        if part:
            name, _, value = part.partition(b"=")
            yield name, value


def decoded(raw: bytes) -> bytes:
    """Percent-decoded once, `+` as a blank."""
    if b"+" in raw:
        raw = raw.replace(b"+", b" ")
    return unquote_to_bytes(raw) if b"%" in raw else raw


def lenient(raw: bytes) -> str:
    """For visitors: what is not UTF-8 is replaced, controls are dropped, normal form C."""
    text = decoded(raw).decode("utf-8", "replace")
    if text.isascii():
        return text if text.isprintable() else text.translate(_CONTROLS)
    return unicodedata.normalize("NFC", text.translate(_CONTROLS))


def visitor_parameters(query: bytes) -> tuple[dict[str, str], bool]:
    """Of the first hundred parameters the first of each name, and whether a name was repeated. Empty ones are absent."""
    if b"%" not in query and b"+" not in query and query.isascii() and (text := query.decode()).isprintable():
        return _plain_parameters(text)
    found: dict[str, str] = {}
    repeated = False
    for number, (raw_name, raw_value) in enumerate(pairs(query)):
        if number == MAX_PARAMETERS:
            break
        if not raw_value or len(raw_name) > MAX_NAME:
            continue
        name = lenient(raw_name)
        if name in found:
            repeated = True
        elif value := lenient(raw_value):
            found[name] = value if name not in ADDRESSES else _untouched(raw_value)
    return found, repeated


def _plain_parameters(query: str) -> tuple[dict[str, str], bool]:
    """Where nothing is to be decoded."""
    found: dict[str, str] = {}
    repeated = False
    parts = query.split("&")
    if len(parts) > MAX_PARAMETERS:
        parts = [*filter(None, parts)][:MAX_PARAMETERS]
    for part in parts:
        name, _, value = part.partition("=")
        if not value or len(name) > MAX_NAME:
            continue
        if name in found:
            repeated = True
        else:
            found[name] = value
    return found, repeated


def _untouched(raw: bytes) -> str:
    """An address is not repaired: one that holds controls is for `redirects.deep_link` to refuse."""
    return decoded(raw).decode("utf-8", "replace")


def cut(text: str, limit: int) -> str:
    """At most `limit` bytes of UTF-8, cut between characters."""
    data = text.encode()
    return text if len(data) <= limit else data[:limit].decode("utf-8", "ignore")


def has_controls(text: str) -> bool:
    """C0, C1, DEL or a lone surrogate."""
    return not text.isprintable() and any(unicodedata.category(letter) in {"Cc", "Cs"} for letter in text)


def has_invisible(text: str) -> bool:
    """Line separators, marks that turn the direction, characters without width: nothing that belongs into an id."""
    return not text.isascii() and any(letter in _INVISIBLE for letter in text)


def has_macro(text: str) -> bool:
    return MACRO.search(text) is not None
