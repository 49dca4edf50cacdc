"""What waits for a decision: applications, conversions to validate, low balances; and an OPM's clients with theirs."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Min
from django.utils import timezone

from advertisers.models import Mandate, Scope, advertisers_of
from network.models import Organization
from payouts import ledger, selectors
from publishers.models import Partnership, PartnershipStatus
from reporting.figures import Figures


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the work queue: `kind` is applications, conversions or low_balance."""

    kind: str
    advertiser: Organization
    count: int
    since: date | None


def queue(organization: Organization, *, with_money: bool) -> list[Waiting]:
    """Everything that waits for this advertiser, agency or the network, the longest waiting first.

    `with_money`: balances too, for members with a right to money.
    """
    balances = _low_balances(organization) if with_money else []
    lines = [*_applications(organization), *_conversions(organization), *balances]
    return sorted(lines, key=lambda line: (line.since is None, line.since or date.max))


def _applications(organization: Organization) -> list[Waiting]:
    waiting = (
        Partnership.objects.visible_to(organization, Scope.PUBLISHERS)
        .filter(status=PartnershipStatus.APPLIED)
        .values("campaign__advertiser")
        .annotate(count=Count("pk"), since=Min("applied_at"))
    )
    return _lines(
        "applications",
        {row["campaign__advertiser"]: (row["count"], timezone.localdate(row["since"])) for row in waiting},
    )


def _conversions(organization: Organization) -> list[Waiting]:
    found = selectors.to_validate(organization).order_by()
    waiting = found.values("advertiser").annotate(count=Count("pk"), since=Min("day"))
    return _lines("conversions", {row["advertiser"]: (row["count"], row["since"]) for row in waiting})


def _low_balances(organization: Organization) -> list[Waiting]:
    low = {balance.organization.pk for balance in selectors.low_balances(organization)}
    return _lines("low_balance", dict.fromkeys(low, (1, None)))


def _lines(kind: str, found: dict[int, tuple[int, date | None]]) -> list[Waiting]:
    advertisers = Organization.objects.in_bulk(found)
    return [Waiting(kind, advertisers[pk], count, since) for pk, (count, since) in found.items()]


@dataclass(frozen=True)
class Client:
    """One advertiser of an OPM: its figures per currency, its balances (with the money scope) and what waits."""

    advertiser: Organization
    scopes: list[str]
    figures: list[Figures]
    balances: "list[ledger.Balance]"
    waiting: int


def clients(agency: Organization, figures: dict[int, list[Figures]], *, with_money: bool) -> list[Client]:
    mandates = Mandate.objects.filter(agency=agency, ended_at=None).select_related("advertiser")
    waiting: dict[int, int] = {}
    for line in queue(agency, with_money=with_money):
        waiting[line.advertiser.pk] = waiting.get(line.advertiser.pk, 0) + line.count
    shown = set(advertisers_of(agency, Scope.MONEY).values_list("pk", flat=True)) if with_money else set()
    return [
        Client(
            mandate.advertiser,
            mandate.scopes,
            figures.get(mandate.advertiser.pk, []),
            ledger.balances(mandate.advertiser) if mandate.advertiser.pk in shown else [],
            waiting.get(mandate.advertiser.pk, 0),
        )
        for mandate in mandates.order_by("advertiser__name")
    ]
