"""Reading what people type: amounts, rates and dates in Persian or Latin digits, with or without separators.

Only forms use this. APIs, files and postbacks take strict ASCII (`money.parse`). What can be read in two ways is refused.
"""

import re
from datetime import date
from decimal import Decimal
from typing import Final

import jdatetime
from django.utils.translation import gettext_lazy as _

from network import formats
from network import money as money_type
from network.errors import DomainError
from network.money import Money

GROUPS: Final = str.maketrans({"٬": ",", "،": ",", "٫": "·", "\u00a0": " ", "\u202f": " ", "\u2009": " "})
STRAY: Final = re.compile(
    "[\u200c\u200e\u200f\u2066-\u2069]"
)  # joiners and direction marks that come along when pasting
PLAIN: Final = re.compile(r"\d+(?:[.·]\d+)?", re.ASCII)
GROUPED: Final = re.compile(r"\d{1,3}(?:([, ])\d{3})(?:\1\d{3})*(?:[.·]\d+)?", re.ASCII)
DAY: Final = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})", re.ASCII)
LONGEST: Final = 28  # characters, as many as a Decimal keeps exactly; no field takes as much
JALALI_YEARS: Final = range(1200, 1600)
GREGORIAN_YEARS: Final = range(1900, 2221)


class UnreadableNumber(DomainError):
    code = "invalid_number"
    message = _("Enter a number in digits, for example 1,250 or 1250.5.")


class AmbiguousNumber(DomainError):
    code = "ambiguous_number"
    message = _(
        "This can be read in two ways. Write 1200 or 1,200 for one thousand two hundred, and 1.2 for a fraction."
    )


class NegativeNumber(DomainError):
    code = "negative_number"
    message = _("Enter a number that is not negative.")


class TooManyDecimals(DomainError):
    code = "too_precise"
    message = _("There are too many digits after the decimal point.")


class NumberTooLarge(DomainError):
    code = "too_large"
    message = _("This is too large.")


class UnreadableDay(DomainError):
    code = "invalid_date"
    message = _("Enter a date such as 2026-11-21.")


class NoSuchDay(DomainError):
    code = "invalid_date"
    message = _("There is no such day in the calendar.")


def number(text: str, places: int) -> Decimal:
    """`1,200,000`, `۱٬۲۰۰٬۰۰۰`, `1 200 000`, `12.5`, `۱۲٫۵` as a Decimal of at most `places` decimals.

    `,` and `٬` group thousands, `.` and `٫` start the decimals. `1,5`, `1.200,50`, and `1.200` where a value has fewer
    than three decimals, are refused: somewhere in the world they mean something else.
    """
    text = formats.ascii_digits(STRAY.sub("", text)).translate(GROUPS).strip()
    if text[:1] in {"-", formats.MINUS} and text[1:2].isdigit():
        raise NegativeNumber
    if not (PLAIN.fullmatch(text) or GROUPED.fullmatch(text)):
        raise AmbiguousNumber if re.fullmatch(r"[\d.,·' ]*\d[\d.,·' ]*", text, re.ASCII) else UnreadableNumber
    if len(text) > LONGEST:
        raise NumberTooLarge
    whole, point, decimals = text.replace(",", "").replace(" ", "").partition("·" if "·" in text else ".")
    if point == "." and len(decimals) == 3 and places < 3:
        raise AmbiguousNumber
    if len(decimals.rstrip("0")) > places:
        raise TooManyDecimals
    return Decimal(f"{whole}.{decimals or 0}")


def money(text: str, currency: str, language: str) -> Money:
    """The amount in major units; rials in toman when the language is Persian."""
    toman = currency == "IRR" and formats.is_persian(language)
    value = number(text, 1 if toman else money_type.exponent(currency))
    if toman:
        value *= formats.RIALS_PER_TOMAN
    try:
        return money_type.parse(f"{formats.trimmed(value):f}", currency)
    except money_type.InvalidAmount:
        raise NumberTooLarge from None  # it was read, so nothing else is wrong with it


def basis_points(text: str) -> int:
    """`12.5`, `12.5%`, `۱۲٫۵٪` as 1250."""
    return int(number(text.strip().strip("%٪").strip(), 2) * 100)


def day(text: str, language: str) -> date:
    """`2026-11-21` or `۱۴۰۵/۰۸/۳۰`, in either language: the year tells the calendar."""
    match = DAY.fullmatch(formats.ascii_digits(STRAY.sub("", text)).strip())
    if not match:
        raise UnreadableDay(_example(language))
    year, month, number = map(int, match.groups())
    if year not in JALALI_YEARS and year not in GREGORIAN_YEARS:
        raise UnreadableDay(_example(language))
    try:
        if year in JALALI_YEARS:
            return jdatetime.date(year, month, number).togregorian()  # type: ignore[no-any-return]
        return date(year, month, number)
    except ValueError as error:
        raise NoSuchDay from error


def _example(language: str) -> str:
    return str(_("Enter a date such as %(example)s.")) % {"example": formats.entry_day(date(2026, 11, 21), language)}
