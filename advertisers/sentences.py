"""Commissions in words, in the reader's language: a rule as a sentence, a plan as one short line, a rule by example.

Pure text. In right-to-left text the figures need no island: nothing here is negative.
"""

import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from advertisers.models import MICRO, CommissionPlan, CommissionRule, GoalKind
from network import formats
from network.money import Money, exponent, round_half_even

BASIS: Final = 10_000
PER_MILLE: Final = 1_000
MOST_VALUABLE_FIRST: Final = [
    GoalKind.SALE,
    GoalKind.CUSTOM,
    GoalKind.LEAD,
    GoalKind.INSTALL,
    GoalKind.CLICK,
    GoalKind.IMPRESSION,
]
TYPICAL_ORDERS: Final = {
    "IRR": 10_000_000,
    "USD": 100_00,
    "EUR": 100_00,
    "GBP": 100_00,
    "TRY": 1000_00,
    "AED": 100_00,
    "JPY": 10_000,
    "KWD": 100_000,
}
"""The order of the examples, in minor units."""


def flat_rate(flat_micro: int, currency: str) -> str:
    """`$0.0004`, `۲۵٬۰۰۰ تومان`: exact, with at least the currency's own decimals."""
    language = get_language() or "en"
    major = Decimal(flat_micro).scaleb(-6 - exponent(currency))
    places = exponent(currency)
    if formats.is_persian(language) and currency == "IRR":
        major /= formats.RIALS_PER_TOMAN
    exact = formats.trimmed(major)
    figure = formats.number(exact, language, max(places, -int(exact.as_tuple().exponent)))
    if formats.is_persian(language):
        return f"{figure} {formats.PERSIAN_UNITS[currency]}"
    symbol = formats.SYMBOLS.get(currency)
    return f"{symbol}{figure}" if symbol else f"{currency} {figure}"


def _isolated(name: str) -> str:
    """A name that runs against the text around it as an island, lest it turn the figures beside it."""
    is_rtl = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in name)
    if is_rtl == formats.is_persian(get_language() or "en"):
        return name
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"


def percentage(basis_points: int) -> str:
    return formats.percent(basis_points, get_language() or "en")


def rule_sentence(rule: CommissionRule) -> str:
    """`Sale: 8% of the order plus $1.00`."""
    return _("{goal}: {terms}").format(goal=_isolated(rule.goal.label), terms=rule_terms(rule))


def rule_terms(rule: CommissionRule) -> str:
    """`8% of the order plus $1.00`, `$2.50 per thousand`."""
    flat = flat_rate(rule.flat_micro, rule.plan.campaign.currency)
    if not rule.percent_basis_points:
        each = _("{flat} per thousand") if rule.goal.kind == GoalKind.IMPRESSION else _("{flat} each")
        return each.format(flat=flat)
    share = percentage(rule.percent_basis_points)
    if rule.flat_micro:
        return _("{share} of the order plus {flat}").format(share=share, flat=flat)
    return _("{share} of the order").format(share=share)


def plan_summary(plan: CommissionPlan | None) -> str:
    """`8% per sale · $0.05 per click`; empty when nothing is paid."""
    if plan is None:
        return ""
    rules = sorted(plan.rules.all(), key=lambda rule: (MOST_VALUABLE_FIRST.index(GoalKind(rule.goal.kind)), rule.pk))
    return " · ".join(_short(rule, plan.campaign.currency) for rule in rules)


def _short(rule: CommissionRule, currency: str) -> str:
    parts = []
    if rule.percent_basis_points:
        parts.append(percentage(rule.percent_basis_points))
    if rule.flat_micro:
        parts.append(flat_rate(rule.flat_micro, currency))
    return str(_PER[GoalKind(rule.goal.kind)]).format(rate=" + ".join(parts), goal=_isolated(rule.goal.label))


_PER: Final = {
    GoalKind.IMPRESSION: gettext_lazy("{rate} per 1,000 impressions"),
    GoalKind.CLICK: gettext_lazy("{rate} per click"),
    GoalKind.LEAD: gettext_lazy("{rate} per lead"),
    GoalKind.INSTALL: gettext_lazy("{rate} per install"),
    GoalKind.SALE: gettext_lazy("{rate} per sale"),
    GoalKind.CUSTOM: gettext_lazy("{rate} per “{goal}”"),
}


@dataclass(frozen=True, slots=True)
class Example:
    """What `count` events (each of an order of `base`) come to. The arithmetic is that of payouts: rounded once."""

    count: int
    base: Money
    pays: Money
    costs: Money


def example(kind: str, currency: str, *, flat_micro: int, percent_basis_points: int, fee_basis_points: int) -> Example:
    """One order, lead or install; of clicks and impressions as many as make the commission worth a look."""
    base = TYPICAL_ORDERS[currency] if percent_basis_points else 0
    flat = Fraction(flat_micro, MICRO)
    count = 1
    if kind in {GoalKind.IMPRESSION, GoalKind.CLICK}:
        count = PER_MILLE if kind == GoalKind.IMPRESSION else 100
        flat /= PER_MILLE if kind == GoalKind.IMPRESSION else 1
        while flat * count < 100 and count < 10**9:
            count *= 10
    amount = round_half_even(flat * count + Fraction(percent_basis_points, BASIS) * base)
    fee = round_half_even(Fraction(fee_basis_points, BASIS) * amount)
    return Example(count, Money(base, currency), Money(amount, currency), Money(amount + fee, currency))


def example_sentence(kind: str, goal: str, of: Example) -> str:
    """`A sale of $100.00 pays the publisher $8.00 and costs you $9.60 with the network fee.`"""
    language = get_language() or "en"
    texts = _BY_ORDER if of.base else _BY_EXAMPLE
    return str(texts[GoalKind(kind)]).format(
        base=formats.money(of.base, language),
        pays=formats.money(of.pays, language),
        costs=formats.money(of.costs, language),
        count=formats.number(of.count, language),
        goal=_isolated(goal),
    )


_BY_EXAMPLE: Final = {
    GoalKind.IMPRESSION: gettext_lazy(
        "{count} impressions pay the publisher {pays} and cost you {costs} with the network fee."
    ),
    GoalKind.CLICK: gettext_lazy("{count} clicks pay the publisher {pays} and cost you {costs} with the network fee."),
    GoalKind.LEAD: gettext_lazy("A lead pays the publisher {pays} and costs you {costs} with the network fee."),
    GoalKind.INSTALL: gettext_lazy("An install pays the publisher {pays} and costs you {costs} with the network fee."),
    GoalKind.SALE: gettext_lazy("Each sale pays the publisher {pays} and costs you {costs} with the network fee."),
    GoalKind.CUSTOM: gettext_lazy("“{goal}” pays the publisher {pays} and costs you {costs} with the network fee."),
}
_BY_ORDER: Final = {
    GoalKind.SALE: gettext_lazy(
        "A sale of {base} pays the publisher {pays} and costs you {costs} with the network fee."
    ),
    GoalKind.CUSTOM: gettext_lazy(
        "“{goal}” with {base} pays the publisher {pays} and costs you {costs} with the network fee."
    ),
}
