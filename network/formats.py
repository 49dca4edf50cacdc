"""How numbers, money and dates read in English and in Persian. Pure functions from value and language to plain text.

Persian: digits ۰-۹, thousands ٬, decimals ٫, percent ٪, the Jalali calendar; rials are shown as toman (÷10), exactly.
A minus is U+2212. Text with a minus must be isolated left-to-right in a right-to-left line: templates use the filters of
`templatetags/format.py`, which do that in HTML; `isolated` does it in plain text.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Final

import jdatetime

from network import money as money_type
from network.money import Money

type Number = int | float | Decimal | Fraction

MINUS: Final = "\N{MINUS SIGN}"
UNDEFINED: Final = "\N{EM DASH}"  # what a figure without a value shows, for example earnings per click without clicks
PERSIAN_DIGITS: Final = "۰۱۲۳۴۵۶۷۸۹"
TO_PERSIAN: Final = str.maketrans("0123456789,.%", PERSIAN_DIGITS + "٬٫٪")
TO_ASCII: Final = str.maketrans(PERSIAN_DIGITS + "٠١٢٣٤٥٦٧٨٩", "0123456789" * 2)

JALALI_MONTHS: Final = tuple("فروردین اردیبهشت خرداد تیر مرداد شهریور مهر آبان آذر دی بهمن اسفند".split())
MONTHS: Final = tuple("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split())

SYMBOLS: Final = {"USD": "$", "EUR": "€", "GBP": "£", "TRY": "₺", "JPY": "¥"}
"""Symbols that mean one currency to every reader; the other currencies show their code."""
PERSIAN_UNITS: Final = {
    "IRR": "تومان",
    "USD": "دلار",
    "EUR": "یورو",
    "GBP": "پوند",
    "TRY": "لیر",
    "AED": "درهم",
    "JPY": "ین",
    "KWD": "دینار کویت",
}
RIALS_PER_TOMAN: Final = 10


@dataclass(frozen=True, slots=True)
class Amount:
    """A formatted amount: `figure` is the part that must run left-to-right, `unit` follows it as a word (or is empty)."""

    figure: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.figure} {self.unit}" if self.unit else self.figure


def is_persian(language: str) -> bool:
    return language.startswith("fa")


def digits(text: str, language: str) -> str:
    """The text with its ASCII digits in the language's digits; separators stay."""
    return text.translate(TO_PERSIAN_DIGITS_ONLY) if is_persian(language) else text


TO_PERSIAN_DIGITS_ONLY: Final = str.maketrans("0123456789", PERSIAN_DIGITS)


def ascii_digits(text: str) -> str:
    """The text with Persian and Arabic digits as ASCII digits; nothing else changes."""
    return text.translate(TO_ASCII)


def number(value: Number, language: str, places: int | None = None) -> str:
    """Grouped thousands; `places` fixes the decimals (half-even), else an exact value shows the decimals it has."""
    decimal = rounded(value, places)
    text = f"{abs(decimal):,f}"
    if is_persian(language):
        text = text.translate(TO_PERSIAN)
    return MINUS + text if decimal < 0 else text


def percent(value: Number, language: str, places: int | None = None) -> str:
    """An int is in basis points (1250 is 12.5%), anything else a ratio (0.125 is 12.5%). At most two decimals."""
    ratio = Fraction(value, 10_000) if isinstance(value, int) else Fraction(value)
    hundredths = rounded(ratio * 100, 2 if places is None else places)
    if places is None:
        hundredths = trimmed(hundredths)
    return number(hundredths, language) + percent_sign(language)


def money(value: Money, language: str) -> Amount:
    """`$1,234.50`, `IRR 2,400,000`, `۱٬۲۳۴٫۵۰ دلار`, `۲۴۰٬۰۰۰ تومان`; always exact, never rounded."""
    if is_persian(language):
        return Amount(_persian_figure(value), PERSIAN_UNITS[value.currency])
    text = f"{abs(money_type.to_major(value)):,f}"
    symbol = SYMBOLS.get(value.currency)
    text = f"{symbol}{text}" if symbol else f"{value.currency} {text}"
    return Amount(MINUS + text if value.amount < 0 else text)


def _persian_figure(value: Money) -> str:
    if value.currency == "IRR":
        return number(trimmed(Decimal(value.amount) / RIALS_PER_TOMAN), "fa")
    return number(money_type.to_major(value), "fa")


def money_figure(value: Money, language: str) -> str:
    """The amount without its unit, as an entry field shows it: `1,234.50`, `۲۴۰٬۰۰۰`."""
    return _persian_figure(value) if is_persian(language) else number(money_type.to_major(value), language)


def percent_sign(language: str) -> str:
    return "٪" if is_persian(language) else "%"


def money_unit(currency: str, language: str) -> str:
    """The word beside an entry field: `تومان`, `USD`."""
    return PERSIAN_UNITS[currency] if is_persian(language) else currency


def day(value: date, language: str) -> str:
    """`21 Nov 2026`, `۳۰ آبان ۱۴۰۵`."""
    if is_persian(language):
        jalali = jdatetime.date.fromgregorian(date=_date(value))
        return digits(f"{jalali.day} {JALALI_MONTHS[jalali.month - 1]} {jalali.year}", language)
    return f"{value.day} {MONTHS[value.month - 1]} {value.year}"


def short_day(value: date, language: str) -> str:
    """`21 Nov`, `۳۰ آبان`: for axes and tight columns."""
    return day(value, language).rsplit(" ", 1)[0]


def moment(value: datetime, language: str) -> str:
    """`21 Nov 2026, 14:05`, `۳۰ آبان ۱۴۰۵، ۱۴:۰۵`. The caller has put the value into the reader's time zone."""
    comma = "،" if is_persian(language) else ","
    return f"{day(value, language)}{comma} {digits(f'{value:%H:%M}', language)}"


def entry_day(value: date, language: str) -> str:
    """The date as a form field shows it: `2026-11-21`, `۱۴۰۵/۰۸/۳۰`."""
    if is_persian(language):
        jalali = jdatetime.date.fromgregorian(date=_date(value))
        return digits(f"{jalali.year:04}/{jalali.month:02}/{jalali.day:02}", language)
    return _date(value).isoformat()


def isolated(text: str) -> str:
    """The text as a left-to-right island for plain-text media (mail, CSV notes, chart labels)."""
    return f"\N{LEFT-TO-RIGHT ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}"


def rounded(value: Number, places: int | None) -> Decimal:
    """The value as a Decimal, half-even to `places`. A Fraction or float without `places` gets at most two decimals."""
    if isinstance(value, Fraction):
        scale = 10 ** (2 if places is None else places)
        exact = Decimal(round(value * scale)) / scale
        return trimmed(exact) if places is None else exact.quantize(Decimal(1).scaleb(-places))
    if isinstance(value, float):
        return rounded(Fraction(str(value)), places)
    decimal = Decimal(value)
    return decimal if places is None else decimal.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def trimmed(value: Decimal) -> Decimal:
    """Without trailing zeros after the point; 100 stays 100."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def _date(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value
