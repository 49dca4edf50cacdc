"""Amounts as callers write them. Text is in major units ("19.99"), a JSON integer in minor units (1999); a JSON number
with a decimal point counts as the text it prints as. Nothing is guessed and nothing is rounded.
"""

import hashlib
import re
from typing import Any, Final, NamedTuple

from network.currencies import EXPONENTS, InvalidAmountText, TooManyDecimals, parse_minor
from tracking.edge.parse import has_macro
from tracking.edge.refusals import Rejection, invalid_type, macro_not_replaced

MAXIMUM: Final = {"IRR": 100_000_000_000, "JPY": 20_000_000, "TRY": 5_000_000}  # major units
USUAL_MAXIMUM: Final = 100_000
_USUAL: Final = re.compile(r"(\d{1,12})(?:\.(\d{1,4}))?", re.ASCII)
_DIGITS: Final = re.compile(r"(\d+)(?:\.\d*)?", re.ASCII)


class Amount(NamedTuple):
    minor: int | None
    currency: str
    is_foreign: bool  # a known currency, but not the campaign's

    def fingerprint(self) -> bytes:
        """Equal for reports of one order that say the same."""
        return hashlib.sha256(f"{self.minor} {self.currency}".encode()).digest()


def read_amount(amount: Any, currency: Any, default: str) -> Amount:
    """Raises Rejection. `amount` None: not given."""
    code = _currency(currency, default)
    minor = None if amount is None else _minor(amount, code)
    if minor is not None and minor > MAXIMUM.get(code, USUAL_MAXIMUM) * 10 ** EXPONENTS[code]:
        raise _too_large()
    return Amount(minor, code, code != default)


def _currency(value: Any, default: str) -> str:
    if value is None:
        return default
    if not isinstance(value, str):
        raise invalid_type("currency", "text")
    if has_macro(value):
        raise macro_not_replaced("currency")
    code = value.strip().upper() if value.isascii() else value
    if not code:
        return default
    if code not in EXPONENTS:
        raise Rejection(422, "invalid_currency", f"The currency is one of {', '.join(EXPONENTS)}.", "currency")
    return code


def _minor(value: Any, currency: str) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _invalid()
    if isinstance(value, int):
        if value < 0:
            raise _invalid()
        return value
    text = value if isinstance(value, str) else repr(value)
    if (usual := _USUAL.fullmatch(text)) and len(usual[2] or "") <= (decimals := EXPONENTS[currency]):
        return int(usual[1] + (usual[2] or "").ljust(decimals, "0"))
    if has_macro(text):
        raise macro_not_replaced("amount")
    digits = _DIGITS.fullmatch(text)
    if digits and len(digits[1]) > 12:
        raise _too_large()
    try:
        return parse_minor(text, currency)
    except TooManyDecimals:
        raise _too_precise(currency) from None
    except InvalidAmountText:
        if digits and "." in text and len(text.partition(".")[2]) > 4:
            raise _too_precise(currency) from None
        raise _invalid() from None


def _invalid() -> Rejection:
    message = "The amount is plain ASCII digits with at most one decimal point, such as 1249.90, without separators."
    return Rejection(422, "invalid_amount", message, "amount")


def _too_precise(currency: str) -> Rejection:
    message = f"{currency} has {EXPONENTS[currency]} decimals; the amount has more. It is not rounded for you."
    return Rejection(422, "too_precise", message, "amount")


def _too_large() -> Rejection:
    return Rejection(422, "amount_too_large", "The amount is larger than the campaign accepts.", "amount")
