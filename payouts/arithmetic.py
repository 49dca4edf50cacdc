"""What a commission comes to: pure functions on exact rationals, rounded once, half-even. docs/rounding.md has worked tables."""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, Self

from advertisers.models import MICRO, CommissionPlan, CommissionRule, PayModel
from network.money import round_half_even

BASIS: Final = 10_000
PER_MILLE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan's rule pays, as in CommissionRule, and the network's fee on it."""

    pay_model: str
    flat_micro: int = 0
    percent_basis_points: int = 0
    fee_basis_points: int = 0

    @classmethod
    def of(cls, plan: CommissionPlan, rule: CommissionRule) -> Self:
        return cls(rule.pay_model, rule.flat_micro, rule.percent_basis_points, plan.fee_basis_points)

    @property
    def flat(self) -> Fraction:
        """Minor units per event, exact."""
        events = PER_MILLE if self.pay_model == PayModel.CPM else 1
        return Fraction(self.flat_micro, MICRO * events)


@dataclass(frozen=True, slots=True)
class Target:
    """What should be posted in all, in minor units: the publisher's commission and the network's fee on top of it."""

    amount: int = 0
    fee: int = 0

    @property
    def cost(self) -> int:
        return self.amount + self.fee


NOTHING: Final = Target()


@dataclass(frozen=True, slots=True)
class Refunds:
    """What went back of one sale. Never more than the sale; `is_full` where nothing of it is left to pay for."""

    amount: int
    is_full: bool

    @classmethod
    def of(cls, base: int, amounts: list[int | None], *, whole: bool = False) -> Self:
        """`amounts`: of each refund, None for the whole sale. `whole`: any refund takes back all (a lead, an install)."""
        if not amounts:
            return cls(0, is_full=False)
        returned = sum(amount or 0 for amount in amounts)
        if whole or None in amounts or returned >= base:
            return cls(base, is_full=True)
        return cls(returned, is_full=False)


def target(terms: Terms, *, base: int = 0, refunded: int = 0, count: int = 1) -> Target:
    """The commission on `count` events, the percentage on what is left of `base`; and the fee on that commission.

    The flat part stays until nothing is left of the sale: a fully refunded one has count 0.
    """
    left = max(0, base - refunded)
    exact = terms.flat * count
    if count:
        exact += Fraction(terms.percent_basis_points, BASIS) * left
    amount = round_half_even(exact)
    return Target(amount, fee(terms.fee_basis_points, amount))


def fee(basis_points: int, amount: int) -> int:
    """The network's fee on a commission, in minor units."""
    return round_half_even(Fraction(basis_points, BASIS) * amount)
