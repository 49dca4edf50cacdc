"""The dimensions by which visitors are told apart, and the values each may have. The edge compares with the same values."""

import re
from collections.abc import Callable, Container
from typing import Any, Final

from babel import Locale
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network import geography

type Rule = list[Any]
type Rules = dict[str, Rule]

ANY: Final = "any"
ONLY: Final = "only"
NOT: Final = "not"
MODES: Final = (ANY, ONLY, NOT)

DEVICES: Final[dict[str, Promise]] = {"phone": _("Phone"), "tablet": _("Tablet"), "desktop": _("Computer")}
SYSTEMS: Final = {name: name for name in ("Android", "iOS", "Windows", "macOS", "Linux", "ChromeOS", "HarmonyOS")}
BROWSERS: Final = {
    name: name
    for name in (
        "Chrome", "Safari", "Firefox", "Edge", "Opera", "Samsung Internet", "Yandex", "Instagram", "Facebook", "Telegram",
    )
}  # fmt: skip
CONNECTIONS: Final[dict[str, Promise]] = {
    "cellular": _("Mobile network"),
    "cable/dsl": _("Cable or DSL"),
    "corporate": _("Company network"),
    "satellite": _("Satellite"),
}
LANGUAGES: Final = tuple(
    "ar az bg bn ca cs da de el en es et eu fa fi fr ga gl gu he hi hr hu hy id is it ja ka kk km kn ko ku ky lo lt lv"
    " mk ml mn mr ms my nb ne nl pa pl ps pt ro ru si sk sl sq sr sv sw ta te tg th tk tr uk ur uz vi zh zu".split()
)
REGION: Final = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}")
MAX_VALUES: Final = 300
MAX_CITY: Final = 80
MINUTES: Final = 24 * 60
EVERY_DAY: Final = 0b1111111


def _language(code: str, language: str) -> str:
    return str(Locale(language).languages.get(code, code))


def languages(language: str) -> list[tuple[str, str]]:
    named = [(code, _language(code, language)) for code in LANGUAGES]
    return sorted(named, key=lambda choice: geography.sort_key(choice[1]))


def label(dimension: str, value: str, language: str) -> str:
    """What people call this value."""
    if dimension == "country":
        return geography.country(value, language)
    if dimension == "language":
        return _language(value, language)
    return str({"device": DEVICES, "connection": CONNECTIONS}.get(dimension, {}).get(value, value))


def _among(known: Container[str]) -> Callable[[str], bool]:
    return lambda value: value in known


_COUNTRIES: Final = frozenset(code for code, _name in geography.countries("en"))
DIMENSIONS: Final[dict[str, Callable[[str], bool]]] = {
    "country": _among(_COUNTRIES),
    "region": lambda value: REGION.fullmatch(value) is not None and value[:2] in _COUNTRIES,
    "city": lambda value: 0 < len(value) <= MAX_CITY and value.isprintable(),
    "device": _among(DEVICES),
    "system": _among(SYSTEMS),
    "browser": _among(BROWSERS),
    "language": _among(LANGUAGES),
    "connection": _among(CONNECTIONS),
}
"""Each dimension of a visitor and what is a value of it; "hour" is a dimension of the moment and not among them."""


def is_window(value: object) -> bool:
    """[bits of days, from, until] in minutes; equal ends are the whole day."""
    if not isinstance(value, list) or len(value) != 3 or not all(type(part) is int for part in value):
        return False
    days, start, end = value
    return bool(0 < days <= EVERY_DAY and 0 <= start < MINUTES and 0 <= end <= MINUTES)
