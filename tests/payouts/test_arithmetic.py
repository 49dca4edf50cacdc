from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from payouts.arithmetic import Refunds, Target, Terms, target

MICRO = 1_000_000


@pytest.mark.parametrize(
    ("terms", "facts", "expected"),
    [
        (Terms("cps", percent_basis_points=800, fee_basis_points=2_000), {"base": 10_000}, Target(800, 160)),
        (
            Terms("cps", percent_basis_points=800, fee_basis_points=2_000),
            {"base": 10_000, "refunded": 2_500},
            Target(600, 120),
        ),
        (Terms("cps", percent_basis_points=750), {"base": 9_990}, Target(749, 0)),  # 749.25
        (Terms("cps", percent_basis_points=5_000), {"base": 1}, Target(0, 0)),  # 0.5 goes to the even 0
        (Terms("cps", percent_basis_points=5_000), {"base": 3}, Target(2, 0)),  # 1.5 goes to the even 2
        (Terms("cps", flat_micro=500 * MICRO), {"base": 10_000, "refunded": 9_999}, Target(500, 0)),
        (
            Terms("cps", flat_micro=500 * MICRO, percent_basis_points=800),
            {"base": 10_000, "refunded": 10_000, "count": 0},
            Target(0, 0),
        ),
        (Terms("cpl", flat_micro=200 * MICRO, fee_basis_points=1_500), {}, Target(200, 30)),
        (Terms("cpc", flat_micro=40_000), {"count": 12}, Target(0, 0)),  # 0.48
        (Terms("cpc", flat_micro=40_000), {"count": 13}, Target(1, 0)),  # 0.52
        (Terms("cpm", flat_micro=250 * MICRO, fee_basis_points=2_000), {"count": 1_303}, Target(326, 65)),
        (Terms("cpm", flat_micro=250 * MICRO), {"count": 0}, Target(0, 0)),
    ],
)
def test_it_rounds_once_half_to_even(terms: Terms, facts: dict[str, int], expected: Target) -> None:
    assert target(terms, **facts) == expected


@pytest.mark.parametrize("basis_points", [750, 500, 333, 1, 9_999])
def test_it_leaves_nothing_after_a_thousand_partial_refunds(basis_points: int) -> None:
    """Rounding each refund on its own would leave -2.50 at 7.5% and +5.00 at 5%."""
    terms = Terms("cps", percent_basis_points=basis_points, fee_basis_points=2_000)
    posted = target(terms, base=10_000)
    amounts: list[int | None] = []
    for _ in range(1_000):
        amounts.append(10)
        refunds = Refunds.of(10_000, amounts)
        wanted = target(terms, base=10_000, refunded=refunds.amount, count=0 if refunds.is_full else 1)
        delta = Target(wanted.amount - posted.amount, wanted.fee - posted.fee)
        posted = Target(posted.amount + delta.amount, posted.fee + delta.fee)
    assert posted == Target(0, 0)


amounts = st.integers(min_value=0, max_value=10**12)
terms_of_sales = st.builds(
    Terms,
    pay_model=st.just("cps"),
    flat_micro=st.integers(min_value=0, max_value=10**12),
    percent_basis_points=st.integers(min_value=0, max_value=10_000),
    fee_basis_points=st.integers(min_value=0, max_value=10_000),
)


@given(terms_of_sales, amounts, st.lists(st.integers(min_value=1, max_value=10**11), max_size=12), st.randoms())
@settings(max_examples=400, deadline=None)
def test_it_ends_the_same_whatever_the_order_of_refunds(
    terms: Terms, base: int, refunded: list[int], random: Random
) -> None:
    def settled(order: list[int]) -> Target:
        refunds = Refunds.of(base, list(order))
        return target(terms, base=base, refunded=refunds.amount, count=0 if refunds.is_full else 1)

    shuffled = list(refunded)
    random.shuffle(shuffled)
    assert settled(refunded) == settled(shuffled)


@given(terms_of_sales, amounts, amounts)
@settings(max_examples=400, deadline=None)
def test_it_stays_between_nothing_and_the_commission_of_the_whole_sale(terms: Terms, base: int, refunded: int) -> None:
    whole, part = target(terms, base=base), target(terms, base=base, refunded=refunded)
    assert 0 <= part.amount <= whole.amount
    assert 0 <= part.fee <= whole.fee
    assert part.cost == part.amount + part.fee
    exact = terms.flat + Fraction(terms.percent_basis_points, 10_000) * max(0, base - refunded)
    assert abs(part.amount - exact) <= Fraction(1, 2)


@given(st.integers(min_value=1, max_value=10**9), st.lists(st.integers(min_value=0, max_value=10_000), max_size=20))
@settings(max_examples=200, deadline=None)
def test_it_pays_a_day_the_same_however_its_events_are_counted_up(flat_micro: int, batches: list[int]) -> None:
    terms = Terms("cpc", flat_micro=flat_micro, fee_basis_points=2_000)
    posted, count = Target(), 0
    for batch in batches:
        count += batch
        wanted = target(terms, count=count)
        assert wanted.amount >= posted.amount
        posted = wanted
    assert posted == target(terms, count=sum(batches))


def test_it_takes_a_refund_larger_than_the_sale_as_the_whole_sale() -> None:
    assert Refunds.of(10_000, [12_500]) == Refunds(10_000, is_full=True)


def test_it_takes_a_refund_without_an_amount_as_the_whole_sale() -> None:
    assert Refunds.of(10_000, [100, None]) == Refunds(10_000, is_full=True)


def test_it_takes_any_refund_of_a_lead_as_the_whole_lead() -> None:
    assert Refunds.of(0, [500], whole=True) == Refunds(0, is_full=True)
