"""What charts draw: plain dicts for `{{ data|json_script:"id" }}` and `<div data-chart="line" data-source="id">`.

Values stay what they are (counts, minor units, ratios); each series tells how to show them, so that the script only
divides and groups. Dates are localised here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import get_language

from network import formats
from network import money as money_type

type Value = int | float | Decimal | Fraction | None
RATIO: Final = "ratio"
"""`Series.unit` of ratios, shown as percent. None is a count, a currency code money in minor units."""


@dataclass(frozen=True, slots=True)
class Series:
    name: str | Promise
    values: Sequence[Value]
    unit: str | None = None
    kind: str = ""  # "line", "area" or "bar" where it differs from the chart's

    def as_json(self, language: str) -> dict[str, Any]:
        return {
            "name": str(self.name),
            "values": [
                None if value is None else float(value) if self.unit == RATIO else _plain(value)
                for value in self.values
            ],
            "unit": _unit(self.unit, language),
            "kind": self.kind,
        }


def by_day(days: Iterable[date], *series: Series) -> dict[str, Any]:
    """One point per day. Labels are short (`21 Nov`), titles full (`21 Nov 2026`)."""
    language, days = get_language() or "en", list(days)
    return {
        "labels": [formats.short_day(day, language) for day in days],
        "titles": [formats.day(day, language) for day in days],
        "series": [one.as_json(language) for one in series],
    }


def by_name(names: Iterable[object], *series: Series) -> dict[str, Any]:
    """One bar (or funnel step) per name."""
    labels = [str(name) for name in names]
    return {"labels": labels, "titles": labels, "series": [one.as_json(get_language() or "en") for one in series]}


def _plain(value: float | Decimal | Fraction) -> int | float:
    return value if isinstance(value, int) else float(value)


def _unit(unit: str | None, language: str) -> dict[str, Any]:
    """How the script shows a value: value / divisor with at most `places` decimals, between prefix and suffix."""
    if unit is None:
        return {"divisor": 1, "places": 0, "prefix": "", "suffix": ""}
    if unit == RATIO:
        return {"divisor": 0.01, "places": 2, "prefix": "", "suffix": formats.percent_sign(language)}
    places = money_type.exponent(unit)
    if not formats.is_persian(language):
        symbol = formats.SYMBOLS.get(unit, f"{unit} ")
        return {"divisor": 10**places, "places": places, "prefix": symbol, "suffix": ""}
    toman = unit == "IRR"
    return {
        "divisor": formats.RIALS_PER_TOMAN if toman else 10**places,
        "places": 1 if toman else places,
        "prefix": "",
        "suffix": f" {formats.PERSIAN_UNITS[unit]}",
    }
