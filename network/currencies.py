"""The frozen currency table and the strict amount pattern, free of Django so that the edge can use them."""

import re
from decimal import Decimal
from types import MappingProxyType
from typing import Final

EXPONENTS: Final = MappingProxyType({"IRR": 0, "USD": 2, "EUR": 2, "GBP": 2, "TRY": 2, "AED": 2, "JPY": 0, "KWD": 3})
"""Decimals per currency. Frozen: changing one would rescale stored amounts. CLDR and ISO disagree on IRR; ours is 0."""

AMOUNT: Final = re.compile(r"\d{1,12}(\.\d{1,4})?", re.ASCII)
MAX_MINOR: Final = 2**63 - 1


class InvalidAmountText(ValueError):
    """Not plain ASCII digits with at most one decimal point, or too large."""


class TooManyDecimals(ValueError):
    """More decimals than the currency has."""


def parse_minor(text: str, currency: str) -> int:
    """Major units as strict ASCII text ("19.99") to minor units (1999); never rounds, never guesses.

    Raises InvalidAmountText or TooManyDecimals; KeyError for a currency that is not ours.
    """
    if not AMOUNT.fullmatch(text):
        raise InvalidAmountText(text[:40])
    minor = Decimal(text).scaleb(EXPONENTS[currency])
    if minor != minor.to_integral_value():
        raise TooManyDecimals(text)
    if minor > MAX_MINOR:
        raise InvalidAmountText(text)
    return int(minor)
