"""The one door: once per key, never below a floor, and reading back what was written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.transaction import TransactionManagementError
from django.utils import timezone

from network.models import Organization
from payouts import accounts, ledger
from payouts.ledger import InsufficientFunds, KeyReused, Move, NothingToPost
from tests.cast import Member

pytestmark = pytest.mark.django_db


def top_up(advertiser: Organization, amount: int, key: str = "topup:1") -> ledger.Entry:
    moves = ledger.move(accounts.cash("USD"), accounts.funds(advertiser, "USD"), amount)
    return ledger.post("topup.recorded", key=key, moves=moves, source=advertiser)


def spend(advertiser: Organization, publisher: Organization, amount: int, key: str) -> ledger.Entry:
    moves = ledger.move(accounts.funds(advertiser, "USD"), accounts.payable(publisher, "USD"), amount)
    return ledger.post("bonus.given", key=key, moves=moves, source=publisher)


def test_it_moves_an_amount_between_two_accounts(ada: Member) -> None:
    top_up(ada.organization, 10_000)

    assert ledger.balance(accounts.funds(ada.organization, "USD")) == 10_000
    assert ledger.trial_balance() == {"USD": {accounts.Kind.CASH: -10_000, accounts.Kind.ADV_FUNDS: 10_000}}
    assert ledger.verify() == []


def test_it_gives_back_the_first_entry_when_a_key_comes_again(ada: Member) -> None:
    first, again = top_up(ada.organization, 10_000), top_up(ada.organization, 10_000)

    assert (first.is_new, again.is_new, again.id) == (True, False, first.id)
    assert ledger.balance(accounts.funds(ada.organization, "USD")) == 10_000


def test_it_replays_an_entry_also_when_the_money_is_spent_since(ada: Member, pia: Member) -> None:
    top_up(ada.organization, 100)
    first = spend(ada.organization, pia.organization, 100, "bonus:1")

    assert spend(ada.organization, pia.organization, 100, "bonus:1").id == first.id


def test_it_refuses_a_key_that_stands_for_another_entry(ada: Member) -> None:
    top_up(ada.organization, 10_000)

    with pytest.raises(KeyReused):
        top_up(ada.organization, 10_001)


def test_it_refuses_an_entry_without_postings(ada: Member) -> None:
    with pytest.raises(NothingToPost):
        ledger.post("topup.recorded", key="empty", moves=[], source=ada.organization)
    with pytest.raises(NothingToPost):
        top_up(ada.organization, 0)


def test_it_refuses_what_the_balance_does_not_cover_and_writes_nothing(ada: Member, pia: Member) -> None:
    top_up(ada.organization, 99)

    with pytest.raises(InsufficientFunds):
        spend(ada.organization, pia.organization, 100, "bonus:1")
    assert ledger.balance(accounts.funds(ada.organization, "USD")) == 99
    with pytest.raises(ledger.UnknownEntry):
        ledger.entry_id("bonus:1")


def test_it_lets_a_publishers_balance_become_negative(ada: Member, pia: Member) -> None:
    moves = [Move(accounts.payable(pia.organization, "USD"), accounts.funds(ada.organization, "USD"), 500)]
    ledger.post("commission.reversed", key="c:1", moves=moves, source=pia.organization)

    [balance] = ledger.balances(pia.organization)
    assert balance.available.amount == -500


def test_it_reverses_a_negative_amount() -> None:
    there, back = accounts.cash("USD"), accounts.network_fee("USD")

    assert ledger.move(there, back, -5) == [Move(back, there, 5)]
    assert ledger.move(there, back, 0) == []


def test_it_names_the_entry_that_it_corrects(ada: Member, pia: Member) -> None:
    top_up(ada.organization, 100)
    first = top_up(ada.organization, 50, "topup:2")
    moves = ledger.move(accounts.funds(ada.organization, "USD"), accounts.cash("USD"), 50)
    ledger.post("topup.corrected", key="topup:2:back", moves=moves, source=ada.organization, corrects="topup:2")

    assert ledger.entry_id("topup:2") == first.id
    assert ledger.balance(accounts.funds(ada.organization, "USD")) == 100


def test_it_shows_a_statement_with_the_balance_after_each_line(ada: Member, pia: Member) -> None:
    top_up(ada.organization, 10_000)
    spend(ada.organization, pia.organization, 3_000, "bonus:1")
    spend(ada.organization, pia.organization, 500, "bonus:2")
    now = timezone.now()

    statement = ledger.statement(
        accounts.funds(ada.organization, "USD"), now - timedelta(days=1), now + timedelta(days=1)
    )

    assert [(line.amount.amount, line.balance.amount) for line in statement.lines] == [
        (-500, 6_500),
        (-3_000, 7_000),
        (10_000, 10_000),
    ]
    assert (statement.opening.amount, statement.closing.amount, statement.count) == (0, 6_500, 3)


def test_it_opens_a_statement_with_what_was_there_before(ada: Member) -> None:
    top_up(ada.organization, 10_000)
    tomorrow = timezone.now() + timedelta(days=1)

    statement = ledger.statement(accounts.funds(ada.organization, "USD"), tomorrow, datetime(2100, 1, 1, tzinfo=UTC))

    assert (statement.opening.amount, statement.closing.amount, statement.lines) == (10_000, 10_000, [])


def test_it_pages_a_statement_without_losing_the_balance(ada: Member, pia: Member) -> None:
    top_up(ada.organization, 1_000)
    for number in range(5):
        spend(ada.organization, pia.organization, 100, f"bonus:{number}")
    now = timezone.now()

    second = ledger.statement(
        accounts.funds(ada.organization, "USD"), now - timedelta(days=1), now + timedelta(days=1), limit=2, offset=2
    )

    assert [line.balance.amount for line in second.lines] == [700, 800]


@pytest.mark.django_db(transaction=True)
def test_it_writes_only_inside_the_transaction_of_its_cause(ada: Member) -> None:
    with pytest.raises(TransactionManagementError):
        top_up(ada.organization, 100)
    with transaction.atomic():
        top_up(ada.organization, 100)
    assert ledger.balance(accounts.funds(ada.organization, "USD")) == 100
