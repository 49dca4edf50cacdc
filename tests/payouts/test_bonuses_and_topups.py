from uuid import uuid4

import pytest

from network import organizations
from network.models import AuditEntry
from network.money import Money
from payouts import bonuses, topups
from payouts.bonuses import (
    BonusChanged,
    BonusNotPositive,
    BonusReasonNeeded,
    BonusUnfunded,
    OtherCurrency,
    PartyNotActive,
)
from payouts.models import Bonus, TopUp
from payouts.topups import NotAnAdvertiser, ReferenceNeeded, ReferenceUsed, TopUpNotPositive
from tests.payouts.market import Market, OpenMarket


def test_it_pays_a_bonus_at_once_with_the_networks_fee_on_top(market: Market) -> None:
    bonus = market.bonus(5_000)

    assert (bonus.amount, bonus.fee, bonus.given_by) == (5_000, 1_000, market.ada.user)
    assert market.books() == {"funds": 94_000, "payable": 5_000, "fee": 1_000, "cash": -100_000}
    assert AuditEntry.objects.get(action="bonus.given").object_id == bonus.public_id


def test_it_refuses_a_bonus_that_the_balance_does_not_cover(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=5_999)

    with pytest.raises(BonusUnfunded):
        market.bonus(5_000)
    assert market.books() == {"funds": 5_999, "cash": -5_999}


@pytest.mark.parametrize(
    ("amount", "reason", "error"),
    [
        (Money(0, "USD"), "Thanks", BonusNotPositive),
        (Money(100, "EUR"), "Thanks", OtherCurrency),
        (Money(100, "USD"), "  ", BonusReasonNeeded),
    ],
)
def test_it_refuses_a_bonus_that_makes_no_sense(
    market: Market, amount: Money, reason: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        bonuses.give(market.partnership, amount=amount, reason=reason, key=uuid4(), by=market.ada.actor)
    assert not Bonus.objects.exists()


@pytest.mark.parametrize("suspended", ["ada", "pia"])
def test_it_pays_no_bonus_while_a_party_is_suspended(market: Market, suspended: str) -> None:
    organization = getattr(market, suspended).organization
    organizations.suspend(organization, reason="Fraud", by=market.nima.actor)
    with pytest.raises(PartyNotActive):
        market.bonus(5_000)


def test_it_gives_one_bonus_when_the_form_comes_twice(market: Market) -> None:
    key, money = uuid4(), Money(5_000, "USD")
    first = bonuses.give(market.partnership, amount=money, reason="Thanks", key=key, by=market.ada.actor)
    again = bonuses.give(market.partnership, amount=money, reason="Thanks", key=key, by=market.ada.actor)

    assert first == again
    assert market.books()["payable"] == 5_000
    with pytest.raises(BonusChanged):
        bonuses.give(market.partnership, amount=Money(1, "USD"), reason="Thanks", key=key, by=market.ada.actor)


def test_it_records_a_top_up(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=0)
    top_up = market.top_up(250_000, "WIRE-1")

    assert top_up.recorded_by == market.nima.user
    assert market.books() == {"funds": 250_000, "cash": -250_000}


@pytest.mark.parametrize("again", [" WIRE 1 ", "wire 1", "WIRE  1", "WIRE ۱"])
def test_it_counts_a_bank_reference_once(market: Market, again: str) -> None:
    market.top_up(100, "WIRE 1")

    with pytest.raises(ReferenceUsed):
        market.top_up(100, again)
    assert market.books()["funds"] == 100_100


@pytest.mark.parametrize(
    ("amount", "reference", "error"), [(0, "WIRE-1", TopUpNotPositive), (100, "  ", ReferenceNeeded)]
)
def test_it_refuses_a_top_up_that_makes_no_sense(
    market: Market, amount: int, reference: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        topups.record(market.ada.organization, amount=Money(amount, "USD"), reference=reference, by=market.nima.actor)
    assert TopUp.objects.count() == 1


def test_it_tops_up_advertisers_only(market: Market) -> None:
    with pytest.raises(NotAnAdvertiser):
        topups.record(market.pia.organization, amount=Money(1, "USD"), reference="W", by=market.nima.actor)
