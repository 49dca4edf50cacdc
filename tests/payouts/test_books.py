"""What the database itself refuses, whoever asks: the negative tests D1 to D11 of the books."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import DataError, IntegrityError, connection, transaction

from network.currencies import EXPONENTS
from payouts import accounts, ledger
from payouts.models import books
from tests.cast import Member

pytestmark = pytest.mark.django_db

type Run = Callable[..., list[tuple[Any, ...]]]


@pytest.fixture
def run() -> Run:
    def execute(statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []

    return execute


def opened(run: Run, kind: str, currency: str = "USD", floor: int | None = None) -> int:
    statement = "INSERT INTO ledger_account (kind, owner_id, currency, floor) VALUES (%s, 1, %s, %s) RETURNING id"
    return int(run(statement, kind, currency, floor)[0][0])


def entry(run: Run, key: str | None = None, effective_at: str = "2026-01-01T00:00:00Z") -> UUID:
    statement = (
        "INSERT INTO journal_entry (kind, idempotency_key, fingerprint, source_type, source_id, effective_at)"
        " VALUES ('test', %s, '', 'test', '1', %s) RETURNING id"
    )
    found: UUID = run(statement, key or uuid4().hex, effective_at)[0][0]
    return found


def posting(run: Run, entry_id: UUID, giver: int, taker: int, amount: int = 100, *, currency: str = "USD") -> None:
    statement = (
        "INSERT INTO posting (entry_id, from_account_id, to_account_id, currency, amount) VALUES (%s, %s, %s, %s, %s)"
    )
    run(statement, entry_id, giver, taker, currency, amount)


@pytest.mark.parametrize("amount", [0, -1])
def test_it_refuses_an_amount_that_is_not_positive(run: Run, amount: int) -> None:  # D1
    giver, taker = opened(run, "cash"), opened(run, "network_fee")
    with pytest.raises(IntegrityError, match="posting_amount_check"), transaction.atomic():
        posting(run, entry(run), giver, taker, amount)


def test_it_refuses_a_posting_from_an_account_to_itself(run: Run) -> None:  # D2
    account = opened(run, "cash")
    with pytest.raises(IntegrityError, match="posting_check"), transaction.atomic():
        posting(run, entry(run), account, account)


def test_it_refuses_a_posting_between_two_currencies(run: Run) -> None:  # D3, at the statement
    dollars, euros = opened(run, "cash"), opened(run, "cash", "EUR")
    with transaction.atomic():
        made = entry(run)
        with pytest.raises(IntegrityError, match="to_account_id"), transaction.atomic():
            posting(run, made, dollars, euros)


def test_it_refuses_a_posting_in_a_currency_of_neither_account(run: Run) -> None:  # D4
    giver, taker = opened(run, "cash"), opened(run, "network_fee")
    with pytest.raises(IntegrityError, match="foreign key"), transaction.atomic():
        posting(run, entry(run), giver, taker, currency="EUR")


@pytest.mark.parametrize("moment", ["infinity", "-infinity"])
def test_it_refuses_a_time_that_is_not_finite(run: Run, moment: str) -> None:  # D5
    with pytest.raises(IntegrityError, match="effective_at"), transaction.atomic():
        entry(run, effective_at=moment)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal_entry SET kind = 'other'",
        "DELETE FROM journal_entry",
        "TRUNCATE journal_entry CASCADE",
        "UPDATE posting SET amount = amount + 1",
        "DELETE FROM posting",
        "TRUNCATE posting",
        "UPDATE ledger_account SET currency = 'EUR'",
        "DELETE FROM ledger_account",
        "TRUNCATE ledger_account CASCADE",
        "UPDATE currency SET exponent = 3",
        "TRUNCATE currency CASCADE",
    ],
)
def test_it_refuses_every_change_of_what_is_written(run: Run, statement: str) -> None:  # D6, as the owner
    with transaction.atomic():
        posting(run, entry(run), opened(run, "cash"), opened(run, "network_fee"))

    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        run(statement)
    assert run("SELECT amount FROM posting") == [(100,)]


@pytest.mark.django_db(transaction=True)
def test_it_seals_an_entry_when_its_transaction_ends(run: Run) -> None:  # D7
    giver, taker = opened(run, "cash"), opened(run, "network_fee")
    with transaction.atomic():
        made = entry(run)
        with transaction.atomic():  # a savepoint is still the same transaction
            posting(run, made, giver, taker)

    with pytest.raises(IntegrityError, match="sealed journal entry"):
        posting(run, made, giver, taker)


def test_it_refuses_a_key_twice(run: Run) -> None:  # D8
    entry(run, "conv:1:approve")
    with pytest.raises(IntegrityError, match="idempotency_key"), transaction.atomic():
        entry(run, "conv:1:approve")


def test_it_refuses_to_go_below_a_floor(run: Run) -> None:
    funds, taker = opened(run, "adv_funds", floor=0), opened(run, "network_fee")
    with pytest.raises(IntegrityError, match="below floor"), transaction.atomic():
        posting(run, entry(run), funds, taker)
    assert run("SELECT balance, version FROM ledger_balance WHERE account_id = %s", funds) == [(0, 0)]


def test_it_keeps_the_balance_and_the_count_of_postings_of_a_guarded_account(run: Run) -> None:
    cash, funds = opened(run, "cash"), opened(run, "adv_funds", floor=0)
    with transaction.atomic():
        made = entry(run)
        posting(run, made, cash, funds, 1_000)
        posting(run, made, funds, cash, 400)
    assert run("SELECT balance, version FROM ledger_balance") == [(600, 2)]


def test_it_accepts_an_entry_without_postings_but_the_proof_finds_it(run: Run) -> None:  # D11
    entry(run, "forgotten")
    assert ledger.verify() == [ledger.Finding("entry without postings", "forgotten")]


def test_it_finds_what_somebody_changed_past_the_triggers(run: Run, ada: Member) -> None:  # D12
    with transaction.atomic():
        moves = ledger.move(accounts.cash("USD"), accounts.funds(ada.organization, "USD"), 1_000)
        ledger.post("topup.recorded", key="topup:1", moves=moves, source=ada.organization)
    with transaction.atomic():
        run("ALTER TABLE posting DISABLE TRIGGER USER")
        run("UPDATE posting SET amount = 9000")
        run("ALTER TABLE posting ENABLE TRIGGER USER")

    assert sum(ledger.trial_balance()["USD"].values()) != 0  # cash is summed, the funds are cached
    assert [finding.check for finding in ledger.verify()] == ["cached balance differs from its postings"]


def test_it_knows_the_currencies_of_the_frozen_table_and_no_other(run: Run) -> None:
    assert dict(run("SELECT code, exponent FROM currency")) == dict(EXPONENTS)
    with pytest.raises(IntegrityError, match="currency"), transaction.atomic():
        opened(run, "cash", "XXX")


def test_it_has_no_type_that_rounds_or_is_not_a_number(run: Run) -> None:
    found = run(
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE data_type IN ('numeric', 'double precision', 'real', 'money') AND table_schema = 'public'"
        " AND (table_name LIKE 'payouts%%' OR table_name LIKE 'ledger%%' OR table_name = 'posting')"
    )
    assert found == []
    with pytest.raises(DataError), transaction.atomic():
        run("SELECT 'NaN'::bigint")


def test_it_hides_the_books_classes_from_everyone_but_the_door() -> None:
    from payouts import models

    names = {"JournalEntry", "LedgerAccount", "LedgerBalance", "Posting"}
    assert names <= set(vars(books))
    assert not names & set(vars(models))
