"""Reading: balances, statements and the entries of one source."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network.models import Kind as OrganizationKind
from network.models import Organization
from network.money import Money
from payouts.accounts import Account, Kind
from payouts.models.books import Posting

BALANCES: Final = """
    SELECT kind, owner_id, currency, coalesce(balance,
        (SELECT coalesce(sum(amount), 0) FROM posting WHERE to_account_id = ledger_account.id)
        - (SELECT coalesce(sum(amount), 0) FROM posting WHERE from_account_id = ledger_account.id))
    FROM ledger_account LEFT JOIN ledger_balance ON account_id = ledger_account.id
"""
OWN: Final[dict[str, tuple[tuple[Kind, Promise], ...]]] = {
    OrganizationKind.ADVERTISER: ((Kind.ADV_FUNDS, _("Available balance")),),
    OrganizationKind.PUBLISHER: (
        (Kind.PUB_PAYABLE, _("Payable balance")),
        (Kind.PUB_PENDING, _("Pending balance")),
        (Kind.PUB_HOLD, _("On hold")),
        (Kind.PAYOUT_TRANSIT, _("Payout under way")),
    ),
}
"""The accounts of an organization, the one it can dispose of first."""


@dataclass(frozen=True, slots=True)
class Balance:
    """An organization's accounts in one currency."""

    organization: Organization
    currency: str
    amounts: Mapping[Kind, int]

    def of(self, kind: Kind) -> Money:
        return Money(self.amounts.get(kind, 0), self.currency)

    @property
    def available(self) -> Money:
        """An advertiser's funds; what is payable to a publisher, which may be negative."""
        return self.of(OWN[self.organization.kind][0][0])

    @property
    def pending(self) -> Money:
        return self.of(Kind.PUB_PENDING)

    @property
    def held(self) -> Money:
        return self.of(Kind.PUB_HOLD)

    @property
    def in_transit(self) -> Money:
        return self.of(Kind.PAYOUT_TRANSIT)

    @property
    def lines(self) -> list[tuple[Promise, Money]]:
        """Each account with its name; empty ones but the first are left out."""
        named = OWN[self.organization.kind]
        return [(label, self.of(kind)) for kind, label in named if kind == named[0][0] or self.amounts.get(kind)]


def _read(where: str, values: Sequence[Any]) -> Iterator[tuple[Account, int]]:
    """Guarded accounts from their cached balance, the others from the sum of their postings."""
    with connection.cursor() as cursor:
        cursor.execute(f"{BALANCES} WHERE {where} ORDER BY currency, kind, owner_id", values)
        for kind, owner, currency, amount in cursor.fetchall():
            yield Account(Kind(kind), owner, currency), int(amount)


def balance(account: Account) -> int:
    """Minor units; 0 for an account that nothing was posted to."""
    where = "kind = %s AND owner_id IS NOT DISTINCT FROM %s AND currency = %s"
    return sum(amount for _account, amount in _read(where, [account.kind, account.owner, account.currency]))


def balances(organization: Organization) -> list[Balance]:
    """One per currency that something was posted in; none for an agency or the network, which own no such accounts."""
    return balances_of([organization]).get(organization.pk, [])


def balances_of(organizations: Sequence[Organization]) -> dict[int, list[Balance]]:
    """By the organization's id."""
    amounts: dict[tuple[int, str], dict[Kind, int]] = {}
    for account, amount in _read("owner_id = ANY(%s)", [[each.pk for each in organizations]]):
        if account.owner is not None:
            amounts.setdefault((account.owner, account.currency), {})[account.kind] = amount
    by_id = {each.pk: each for each in organizations}
    found: dict[int, list[Balance]] = {}
    for (owner, currency), kinds in amounts.items():
        found.setdefault(owner, []).append(Balance(by_id[owner], currency, kinds))
    return found


def trial_balance() -> dict[str, dict[Kind, int]]:
    """Per currency the sum of the balances of each kind of account; the kinds of one currency add up to 0."""
    found: dict[str, dict[Kind, int]] = {}
    for account, amount in _read("true", []):
        kinds = found.setdefault(account.currency, {})
        kinds[account.kind] = kinds.get(account.kind, 0) + amount
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """What one entry did to one account. `source_type` and `source_id` name the object that caused it."""

    entry: UUID
    at: datetime
    kind: str
    source_type: str
    source_id: str
    amount: Money
    balance: Money


@dataclass(frozen=True, slots=True)
class Statement:
    account: Account
    opening: Money
    closing: Money
    lines: Sequence[Line]
    count: int


STATEMENT: Final = """
    WITH moved AS (
        SELECT entry_id, max(posting.id) AS place,
            sum(CASE WHEN to_account_id = account.id THEN amount ELSE -amount END)::bigint AS amount
        FROM posting JOIN ledger_account account ON account.id IN (to_account_id, from_account_id)
        WHERE account.kind = %(kind)s AND account.owner_id IS NOT DISTINCT FROM %(owner)s
            AND account.currency = %(currency)s
        GROUP BY entry_id)
    SELECT journal_entry.id, posted_at, journal_entry.kind, source_type, source_id, amount,
        (sum(amount) OVER (ORDER BY place))::bigint, place
    FROM moved JOIN journal_entry ON journal_entry.id = entry_id
    WHERE posted_at < %(until)s
"""


def statement(account: Account, since: datetime, until: datetime, *, limit: int = 50, offset: int = 0) -> Statement:
    """The movements of [since, until), newest first, each with the balance after it."""
    values = {
        "kind": account.kind,
        "owner": account.owner,
        "currency": account.currency,
        "since": since,
        "until": until,
        "limit": limit,
        "offset": offset,
    }
    money = account.currency
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH lines (entry, at, kind, source_type, source_id, amount, balance, place) AS ({STATEMENT})"  # noqa: S608
            " SELECT coalesce(sum(amount) FILTER (WHERE at < %(since)s), 0)::bigint, coalesce(sum(amount), 0)::bigint,"
            " count(*) FILTER (WHERE at >= %(since)s) FROM lines",
            values,
        )
        opening, closing, count = cursor.fetchone() or (0, 0, 0)
        cursor.execute(
            f"WITH lines (entry, at, kind, source_type, source_id, amount, balance, place) AS ({STATEMENT})"  # noqa: S608
            " SELECT entry, at, kind, source_type, source_id, amount, balance FROM lines WHERE at >= %(since)s"
            " ORDER BY place DESC LIMIT %(limit)s OFFSET %(offset)s",
            values,
        )
        lines = [
            Line(entry, at, kind, source_type, source_id, Money(amount, money), Money(after, money))
            for entry, at, kind, source_type, source_id, amount, after in cursor.fetchall()
        ]
    return Statement(account, Money(opening, money), Money(closing, money), lines, count)


@dataclass(frozen=True, slots=True)
class Movement:
    """One posting of a source's entries."""

    at: datetime
    kind: str
    source: Account
    target: Account
    amount: Money


def movements(source_type: str, source_id: str) -> list[Movement]:
    """All postings that this object caused, in their order."""
    found = (
        Posting.objects.filter(entry__source_type=source_type, entry__source_id=source_id)
        .select_related("entry", "from_account", "to_account")
        .order_by("id")
    )
    return [
        Movement(
            each.entry.posted_at,
            each.entry.kind,
            Account(Kind(each.from_account.kind), each.from_account.owner_id, each.currency),
            Account(Kind(each.to_account.kind), each.to_account.owner_id, each.currency),
            Money(each.amount, each.currency),
        )
        for each in found
    ]
