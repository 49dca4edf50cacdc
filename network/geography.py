"""Countries and time zones to choose from, named and sorted as readers of a language expect."""

import unicodedata
from collections.abc import Iterable
from datetime import datetime
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network import formats

type Choice = tuple[str, str]

NO_COUNTRIES: Final = frozenset("AC CP CQ DG EA EU EZ IC QO TA UN XA XB ZZ".split())
REGIONS: Final = frozenset("Africa America Antarctica Asia Atlantic Australia Europe Indian Pacific".split())
USUAL_ZONES: Final = (
    "Asia/Tehran",
    "Asia/Dubai",
    "Asia/Baghdad",
    "Asia/Kabul",
    "Europe/Istanbul",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Paris",
    "America/New_York",
    "America/Los_Angeles",
    "America/Toronto",
    "Asia/Kolkata",
    "Asia/Singapore",
    "Asia/Tokyo",
    "Australia/Sydney",
    "UTC",
)
PERSIAN_ALPHABET: Final = "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
_ORDER: Final = {letter: place for place, letter in enumerate(PERSIAN_ALPHABET)}


@cache
def countries(language: str) -> tuple[Choice, ...]:
    names = Locale(language).territories
    found = [(code, name) for code, name in names.items() if len(code) == 2 and code not in NO_COUNTRIES]
    return tuple(sorted(found, key=lambda choice: sort_key(choice[1])))


def country(code: str, language: str) -> str:
    return str(Locale(language).territories.get(code, code))


def time_zones(language: str) -> list[tuple[str | Promise, list[Choice]]]:
    """The usual ones first, then all, each with its present distance from UTC."""
    now = timezone.now()
    usual = [(zone, label(zone, language, now)) for zone in USUAL_ZONES]
    rest = [(zone, label(zone, language, now)) for zone in _all_zones() if zone not in USUAL_ZONES]
    return [(_("Often used"), usual), (_("All"), sorted(rest, key=lambda choice: sort_key(choice[1])))]


def label(zone: str, language: str, now: datetime) -> str:
    city = Locale(language).time_zones.get(zone, {}).get("city") or zone.rpartition("/")[2].replace("_", " ")
    offset = now.astimezone(ZoneInfo(zone)).strftime("%:z")
    return f"{city} ({formats.isolated(f'UTC{formats.digits(offset, language)}')})"


def sort_key(name: str) -> list[int]:
    """Code points put پ چ ژ گ ک ی at the end; this is the order of a Persian dictionary. Latin keeps its own."""
    return [_ORDER.get(letter, ord(letter) + len(_ORDER)) for letter in _bare(name)]


def _bare(name: str) -> Iterable[str]:
    """Letters and spaces, Latin ones without their accents (آ is a letter of its own)."""
    for letter in name.casefold():
        plain = unicodedata.normalize("NFD", letter)[0] if letter < "\u0600" else letter
        if plain.isalpha() or plain == " ":
            yield plain


@cache
def _all_zones() -> tuple[str, ...]:
    return tuple(sorted(zone for zone in available_timezones() if zone.partition("/")[0] in REGIONS))
