"""What pages and reports read about money. Amounts are minor units in the currency that stands beside them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from django.db.models import Count, F, Min, Q, QuerySet, Sum
from django.db.models.expressions import CombinedExpression
from django.utils import timezone

from advertisers.models import Scope, advertisers_of
from network.models import NetworkSettings, Organization
from network.money import Money
from payouts import ledger
from payouts.accounts import Kind
from payouts.models import Bonus, Commission, CommissionStatus, Rejection, TopUp

Status = CommissionStatus
WAITING: Final = (Status.PENDING, Status.HELD)
EARNED: Final = (Status.APPROVED, Status.LOCKED, Status.PAID)
LOST: Final = (Status.DECLINED, Status.REVERSED)
RECENT: Final = timedelta(days=7)


def commissions(organization: Organization) -> QuerySet[Commission]:
    """Those that this organization may see, the latest day first, with all that a row or a sentence about one needs."""
    return (
        Commission.objects.visible_to(organization, Scope.CONVERSIONS)
        .select_related("campaign", "advertiser", "publisher", "goal", "plan", "rule", "conversion")
        .order_by("-day", "-pk")
    )


def to_validate(organization: Organization) -> QuerySet[Commission]:
    """Conversions that wait for this organization's decision; what is unfunded waits for money instead."""
    return commissions(organization).filter(
        advertiser__in=advertisers_of(organization, Scope.CONVERSIONS),
        status=Status.PENDING,
        conversion__isnull=False,
        due_amount=0,
        due_fee=0,
        count__gt=0,
    )


def rejections(organization: Organization) -> QuerySet[Rejection]:
    """Conversions without a commission, for those who would have paid."""
    return (
        Rejection.objects.visible_to(organization, Scope.CONVERSIONS)
        .select_related("conversion__campaign__advertiser", "conversion__goal", "conversion__partnership__publisher")
        .order_by("-pk")
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """Conversions of one advertiser that wait for validation: how many, worth what, the oldest since when."""

    organization: Organization
    count: int
    amount: Money
    first_due: date


def waiting_for_validation(organization: Organization) -> list[Waiting]:
    """One per advertiser and currency, those that are due first before the others."""
    rows = (
        to_validate(organization)
        .order_by()
        .values("advertiser", "currency")
        .annotate(count=Count("pk"), total=Sum("amount"), until=Min("validate_until"))
        .order_by("until")
    )
    found = list(rows)
    advertisers = Organization.objects.in_bulk([row["advertiser"] for row in found])
    return [
        Waiting(advertisers[row["advertiser"]], row["count"], Money(row["total"], row["currency"]), row["until"].date())
        for row in found
    ]


@dataclass(frozen=True, slots=True)
class LowBalance:
    """An advertiser whose balance will not last: `daily` is the spend per day of the last seven, `due` waits already."""

    organization: Organization
    available: Money
    daily: Money
    due: Money

    @property
    def days(self) -> int | None:
        """Whole days that the balance lasts; None without recent spend."""
        return max(0, self.available.amount) // self.daily.amount if self.daily.amount else None


def low_balances(organization: Organization) -> list[LowBalance]:
    """Of the advertisers whose money this organization may see: balances below `low_balance_days` of their recent spend,
    or with commissions waiting for them. The emptiest first."""
    advertisers = list(advertisers_of(organization, Scope.MONEY))
    days = NetworkSettings.current().low_balance_days
    balances = ledger.balances_of(advertisers)
    spent = recent_spend(advertisers)
    due = _due(advertisers)
    found = []
    for advertiser in advertisers:
        known = {balance.currency: balance for balance in balances.get(advertiser.pk, [])}
        currencies = {*known, *(currency for pk, currency in {*spent, *due} if pk == advertiser.pk)}
        for currency in sorted(currencies):
            available = known[currency].available if currency in known else Money(0, currency)
            daily = spent.get((advertiser.pk, currency), 0) // RECENT.days
            waits = due.get((advertiser.pk, currency), 0)
            if waits or available.amount < days * daily:
                found.append(LowBalance(advertiser, available, Money(daily, currency), Money(waits, currency)))
    return sorted(found, key=lambda low: (low.days is not None, low.days or 0, low.organization.name))


def recent_spend(advertisers: Iterable[Organization]) -> dict[tuple[int, str], int]:
    """Commissions and fees of the last seven days by advertiser and currency."""
    since = timezone.now() - RECENT
    rows = (
        Commission.objects.filter(advertiser__in=advertisers, created_at__gte=since)
        .values_list("advertiser", "currency")
        .annotate(total=Sum(F("amount") + F("fee")))
    )
    return {(advertiser, currency): cost for advertiser, currency, cost in rows}


def _due(advertisers: Iterable[Organization]) -> dict[tuple[int, str], int]:
    rows = (
        Commission.objects.filter(Q(due_amount__gt=0) | Q(due_fee__gt=0), advertiser__in=advertisers)
        .values_list("advertiser", "currency")
        .annotate(total=Sum(F("due_amount") + F("due_fee")))
    )
    return {(advertiser, currency): due for advertiser, currency, due in rows}


@dataclass(frozen=True, slots=True)
class Spending:
    """An advertiser's money in one currency: paid in = available + reserved + spent."""

    organization: Organization
    currency: str
    available: Money
    paid_in: Money
    reserved: Money
    spent: Money
    due: Money


def spending(advertiser: Organization) -> list[Spending]:
    paid_in = _sums(TopUp.objects.filter(advertiser=advertiser), "amount")
    mine = Commission.objects.filter(advertiser=advertiser)
    cost = F("amount") + F("fee")
    reserved, earned = _sums(mine.filter(status__in=WAITING), cost), _sums(mine.filter(status__in=EARNED), cost)
    bonuses = _sums(Bonus.objects.filter(advertiser=advertiser), cost)
    due = _sums(mine, F("due_amount") + F("due_fee"))
    available = {balance.currency: balance.available for balance in ledger.balances(advertiser)}
    return [
        Spending(
            advertiser,
            currency,
            available.get(currency, Money(0, currency)),
            Money(paid_in.get(currency, 0), currency),
            Money(reserved.get(currency, 0), currency),
            Money(earned.get(currency, 0) + bonuses.get(currency, 0), currency),
            Money(due.get(currency, 0), currency),
        )
        for currency in sorted({*available, *(code for code, amount in due.items() if amount)})
    ]


@dataclass(frozen=True, slots=True)
class Earnings:
    """A publisher's money in one currency; `payable` may be negative after refunds and carries over."""

    organization: Organization
    currency: str
    payable: Money
    pending: Money
    held: Money
    in_transit: Money
    paid: Money


def earnings(publisher: Organization) -> list[Earnings]:
    paid = _sums(Commission.objects.filter(publisher=publisher, status=Status.PAID), "amount")
    return [
        Earnings(
            publisher,
            balance.currency,
            balance.available,
            balance.pending,
            balance.held,
            balance.of(Kind.PAYOUT_TRANSIT),
            Money(paid.get(balance.currency, 0), balance.currency),
        )
        for balance in ledger.balances(publisher)
    ]


def _sums(
    rows: QuerySet[Commission] | QuerySet[Bonus] | QuerySet[TopUp], what: str | CombinedExpression
) -> dict[str, int]:
    return dict(rows.order_by().values_list("currency").annotate(total=Sum(what)))


BY: Final = {
    "day": ("day",),
    "campaign": ("campaign",),
    "partnership": ("partnership",),
    "publisher": ("publisher",),
}


@dataclass(frozen=True, slots=True)
class Total:
    """Commissions of one group and one status: `key` is the day, or the id of the campaign, partnership or publisher."""

    key: object
    status: str
    currency: str
    count: int
    amount: Money
    fee: Money

    @property
    def cost(self) -> Money:
        return self.amount + self.fee


def totals(found: QuerySet[Commission], by: str) -> Sequence[Total]:
    """Commissions, fees and cost of these commissions by day, campaign, partnership or publisher, and by status."""
    rows = (
        found.order_by()
        .values_list(*BY[by], "status", "currency")
        .annotate(number=Count("pk"), won=Sum("amount"), fees=Sum("fee"))
        .order_by(*BY[by], "status", "currency")
    )
    return [
        Total(key, status, currency, number, Money(earned, currency), Money(fees, currency))
        for key, status, currency, number, earned, fees in rows
    ]
