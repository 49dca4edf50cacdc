"""The figures of reports, from the event counts and the commissions, which equal the ledger to the minor unit.

Rates are computed from sums; a zero denominator gives None, shown as an empty cell. Definitions are in docs/reports.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest

from advertisers.models import Campaign, Scope, advertisers_of
from network.models import Kind, Organization
from network.money import Money
from payouts.models import Bonus, Commission, CommissionStatus
from publishers.models import Partnership
from reporting.periods import Period
from tracking.models import Conversion, DailyCount, Refund, Verdict

LOST = (CommissionStatus.DECLINED, CommissionStatus.REVERSED)
COUNTED = ("impressions", "invalid_impressions", "clicks", "invalid_clicks", "diverted_clicks")


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums of one currency. Amounts in minor units: `sales` is what buyers paid, less refunds."""

    currency: str
    impressions: int = 0
    invalid_impressions: int = 0
    clicks: int = 0
    invalid_clicks: int = 0
    diverted_clicks: int = 0
    conversions: int = 0
    sales_count: int = 0
    sales: int = 0
    commission: int = 0
    fee: int = 0
    bonus: int = 0
    bonus_fee: int = 0

    def __add__(self, other: "Figures") -> "Figures":
        names = [name for name in self.__slots__ if name != "currency"]
        return replace(self, **{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def earnings(self) -> Money:
        """What the publisher earned: commissions net of refunds, and bonuses."""
        return Money(self.commission + self.bonus, self.currency)

    @property
    def spend(self) -> Money:
        """What the advertiser spent: commissions, bonuses and the network's fee on both."""
        return Money(self.commission + self.fee + self.bonus + self.bonus_fee, self.currency)

    @property
    def fees(self) -> Money:
        return Money(self.fee + self.bonus_fee, self.currency)

    @property
    def net_sales(self) -> Money:
        return Money(self.sales, self.currency)

    @property
    def click_through_rate(self) -> Fraction | None:
        return ratio(self.clicks, self.impressions)

    @property
    def conversion_rate(self) -> Fraction | None:
        return ratio(self.conversions, self.clicks)

    @property
    def epc(self) -> Money | None:
        """Commission per valid click, rounded to the minor unit."""
        share = ratio(self.commission, self.clicks)
        return None if share is None else Money(round(share), self.currency)

    @property
    def average_order(self) -> Money | None:
        share = ratio(self.sales, self.sales_count)
        return None if share is None else Money(round(share), self.currency)

    @property
    def roi(self) -> Fraction | None:
        """(net sales − spend) / spend."""
        return ratio(self.sales - self.spend.amount, self.spend.amount)


def ratio(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


@dataclass(frozen=True)
class Slice:
    """What one organization may see of one currency in one period; optionally of one campaign, or one publisher."""

    organization: Organization
    currency: str
    period: Period
    campaign: Campaign | None = None
    publisher: Organization | None = None

    def campaigns(self) -> QuerySet[Campaign]:
        found = campaigns_seen_by(self.organization).filter(currency=self.currency)
        return found.filter(pk=self.campaign.pk) if self.campaign else found

    def counts(self) -> QuerySet[DailyCount]:
        found = DailyCount.objects.filter(
            campaign_id__in=self.campaigns().values("pk"), day__range=(self.period.first, self.period.last)
        )
        return found.filter(partnership_id__in=self._own()) if self.is_narrowed else found

    def commissions(self) -> QuerySet[Commission]:
        return self._mine(Commission.objects.filter(currency=self.currency))

    def conversions(self) -> QuerySet[Conversion]:
        """Base conversions: attributed, valid, not a test, neither declined nor reversed."""
        found = Conversion.objects.filter(
            campaign__in=self.campaigns(),
            day__range=(self.period.first, self.period.last),
            is_test=False,
            partnership__isnull=False,
        ).exclude(verdict=Verdict.INVALID)
        found = found.exclude(
            Exists(
                Commission.objects.filter(
                    conversion=OuterRef("pk"), partnership=OuterRef("partnership"), status__in=LOST
                )
            )
        )
        return found.filter(partnership__in=self._own()) if self.is_narrowed else found

    def bonuses(self) -> QuerySet[Bonus]:
        found = Bonus.objects.filter(campaign__in=self.campaigns(), day__range=(self.period.first, self.period.last))
        return found.filter(publisher=self._publisher) if self._publisher else found

    def _mine(self, commissions: QuerySet[Commission]) -> QuerySet[Commission]:
        found = commissions.filter(campaign__in=self.campaigns(), day__range=(self.period.first, self.period.last))
        return found.filter(publisher=self._publisher) if self._publisher else found

    def _own(self) -> QuerySet[Partnership, Any]:
        return Partnership.objects.filter(publisher=self._publisher).values("pk")

    @property
    def is_narrowed(self) -> bool:
        """To one publisher: itself, or the one that others ask about."""
        return self._publisher is not None

    @property
    def _publisher(self) -> Organization | None:
        return self.organization if self.organization.kind == Kind.PUBLISHER else self.publisher


def campaigns_seen_by(organization: Organization) -> QuerySet[Campaign]:
    """A publisher sees the campaigns it is or was a partner of; the others those they may report on."""
    if organization.kind == Kind.PUBLISHER:
        joined = Partnership.objects.filter(publisher=organization, decided_at__isnull=False)
        return Campaign.objects.filter(pk__in=joined.values("campaign"))
    return Campaign.objects.filter(advertiser__in=advertisers_of(organization, Scope.REPORTS))


TOTAL, BY_DAY, BY_CAMPAIGN, BY_PARTNERSHIP = "", "day", "campaign_id", "partnership_id"


def grouped(part: Slice, by: str) -> dict[Any, Figures]:
    """Figures per value of the column `by`, which is called the same in each source; one query per source."""
    sources: list[tuple[QuerySet[Any], dict[str, Any]]] = [
        (part.counts(), {name: Sum(name) for name in COUNTED}),
        (
            part.conversions().annotate(net=net_of_refunds()),
            {
                "conversions": Count("pk"),
                "sales_count": Count("pk", filter=Q(amount__isnull=False)),
                "sales": Sum("net"),
            },
        ),
        (part.commissions(), {"commission": Sum("amount"), "fee": Sum("fee")}),
    ]
    bonuses = part.bonuses().annotate(partnership_id=_partnership()) if by == BY_PARTNERSHIP else part.bonuses()
    sources.append((bonuses, {"bonus": Sum("amount"), "bonus_fee": Sum("fee")}))
    groups: dict[Any, dict[str, int]] = {}
    for rows, sums in sources:
        for key, values in _summed(rows, by, sums):
            groups.setdefault(key, {}).update(values)
    return {key: Figures(part.currency, **values) for key, values in groups.items()}


def _partnership() -> Subquery:
    """A bonus names its campaign and its publisher: there is one partnership of the two."""
    found = Partnership.objects.filter(campaign=OuterRef("campaign"), publisher=OuterRef("publisher"))
    return Subquery(found.values("pk"))


def net_of_refunds() -> Greatest:
    """A conversion's amount less its refunds, never below zero; a refund without amount is the whole sale."""
    refunds = Refund.objects.filter(conversion=OuterRef("pk")).order_by().values("conversion")
    refunded = refunds.annotate(total=Sum(Coalesce("amount", F("conversion__amount")))).values("total")
    return Greatest(F("amount") - Coalesce(Subquery(refunded), 0), 0)


def _summed(rows: QuerySet[Any], by: str, sums: dict[str, Any]) -> Iterator[tuple[Any, dict[str, int]]]:
    columns = {f"sum_{name}": expression for name, expression in sums.items()}
    found = rows.order_by().values(by).annotate(**columns) if by else [rows.aggregate(**columns)]
    for row in found:
        yield row.get(by), {name: row[f"sum_{name}"] or 0 for name in sums}


def total(part: Slice) -> Figures:
    return grouped(part, TOTAL).get(None, Figures(part.currency))


def daily(part: Slice) -> list[tuple[date, Figures]]:
    """Every day of the period, also those without any event."""
    found = grouped(part, BY_DAY)
    return [(day, found.get(day, Figures(part.currency))) for day in part.period.days]
