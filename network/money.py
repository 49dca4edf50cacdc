"""The one money type: an integer in minor units plus a currency."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.db import models
from django.utils.translation import gettext_lazy as _

from network.currencies import EXPONENTS, InvalidAmountText, TooManyDecimals, parse_minor
from network.errors import DomainError


class Currency(models.TextChoices):
    IRR = "IRR", _("Iranian rial")
    USD = "USD", _("US dollar")
    EUR = "EUR", _("Euro")
    GBP = "GBP", _("Pound sterling")
    TRY = "TRY", _("Turkish lira")
    AED = "AED", _("UAE dirham")
    JPY = "JPY", _("Japanese yen")
    KWD = "KWD", _("Kuwaiti dinar")


class InvalidAmount(DomainError):
    code = "invalid_amount"
    message = _("Enter an amount in plain digits, for example 1250.50.")


class TooPrecise(DomainError):
    code = "too_precise"
    message = _("This amount has more decimals than its currency.")


class MixedCurrencies(ArithmeticError):
    """Adding or comparing amounts of two currencies is a bug, never a user's error."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """`amount` in minor units of `currency`: Money(1999, "USD") is 19.99 dollars, Money(10, "IRR") is one toman."""

    amount: int
    currency: str

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency}")
        return other.amount

    def as_json(self) -> dict[str, int | str]:
        return {"amount": self.amount, "currency": self.currency}


def exponent(currency: str) -> int:
    return EXPONENTS[currency]


def to_major(money: Money) -> Decimal:
    """19.99 for Money(1999, "USD"), exactly."""
    return Decimal(money.amount).scaleb(-exponent(money.currency))


def parse(text: str, currency: str) -> Money:
    """Major units in strict ASCII ("19.99") to Money; raises InvalidAmount or TooPrecise, never rounds or guesses."""
    try:
        return Money(parse_minor(text, currency), currency)
    except InvalidAmountText:
        raise InvalidAmount from None
    except TooManyDecimals:
        raise TooPrecise from None


def round_half_even(value: Fraction) -> int:
    """Nearest integer, ties to even; symmetric in sign. Python's round() of a Fraction is exactly that."""
    return round(value)
