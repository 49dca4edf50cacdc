"""What a link's visitor brings along: our parameters under any of their names, and what publishers and ad platforms add.

Nothing that a publisher sends as a label of its own is dropped in silence: what finds no place among the five sub ids is
kept with the event, bounded.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from tracking.edge.aliases import CLICK, KEPT
from tracking.edge.parse import MAX_SUB, has_macro, visitor_parameters

OURS: Final = frozenset(
    {"sub1", "sub2", "sub3", "sub4", "sub5", "source", "creative", "url", "consent", "coupon", "click", "page"}
)
SUBS: Final = {"sub1": 0, "sub2": 1, "sub3": 2, "sub4": 3, "sub5": 4}
USUAL: Final = 256  # bytes of a query; what is longer is not remembered
NUMBERED: Final = re.compile(r"(?:(?:aff_)?sub|sub_?id_?|subId|s|clickref)([6-9]|[1-9]\d)")
SURPLUS: Final = re.compile(r"(?:data|ext|aff_unique|aff_param)\d{0,2}")


class Wishes(NamedTuple):
    """`ours` under our names, `surplus` all others that are kept, under the names in use; whether one was `repeated`;
    `is_plain`: there are only sub ids, and nothing odd about them.
    """

    ours: Mapping[str, str]
    surplus: Mapping[str, str]
    repeated: bool
    is_plain: bool


NOTHING: Final = Wishes({}, {}, repeated=False, is_plain=True)


def wishes(query: bytes) -> Wishes:
    """Most visitors of a link bring the same."""
    return _usual(query) if len(query) <= USUAL else read(query)


def read(query: bytes) -> Wishes:
    if not query:
        return NOTHING
    found, repeated = visitor_parameters(query)
    if found.keys() <= OURS:
        return Wishes(found, {}, repeated, len(query) <= USUAL and _is_plain(found))
    ours = {name: value for name, value in found.items() if name in OURS}
    surplus: dict[str, str] = {}
    for name, value in found.items():
        if name in OURS:
            continue
        place = CLICK.get(name)
        if place and ours.setdefault(place, value) is value:
            continue
        if kept := _kept_as(name, place):
            surplus.setdefault(kept, value)
    return Wishes(ours, surplus, repeated, is_plain=len(query) <= USUAL and not surplus and _is_plain(ours))


def _is_plain(parameters: Mapping[str, str]) -> bool:
    return parameters.keys() <= SUBS.keys() and all(map(is_ordinary, parameters.values()))


def is_ordinary(label: str) -> bool:
    """Nothing about it is cut or flagged."""
    return len(label) <= MAX_SUB // 4 and (label.isalnum() or not has_macro(label))


_usual: Final = lru_cache(maxsize=4096)(read)


def _kept_as(name: str, place: str | None) -> str | None:
    if name in KEPT:
        return KEPT[name]
    if place:  # another value has taken it
        return name if place.startswith("sub") or place in {"click", "coupon", "source"} else None
    if numbered := NUMBERED.fullmatch(name):
        return f"sub{int(numbered[1])}"
    return name if SURPLUS.fullmatch(name) else None


NAMED: Final = frozenset(KEPT.values())
