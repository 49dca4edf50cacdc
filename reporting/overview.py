"""What a home page shows: the figures of a period beside those of the one before, by day, campaign, partner and client."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property

from advertisers.models import Campaign
from network.models import Organization
from network.money import Money
from publishers.models import Partnership
from reporting.figures import BY_CAMPAIGN, BY_PARTNERSHIP, Figures, Slice, campaigns_seen_by, daily, grouped, total
from reporting.periods import LENGTHS, Period

ROWS = 8


@dataclass(frozen=True)
class Overview:
    part: Slice
    currencies: list[str]

    @classmethod
    def asked(cls, organization: Organization, query: Mapping[str, str]) -> "Overview":
        """`?days=7|30|90&currency=USD`; campaigns of one currency at a time, the organization's own first."""
        campaigns = campaigns_seen_by(organization)
        found = set(campaigns.values_list("currency", flat=True)) or {organization.currency}
        currencies = sorted(found, key=lambda currency: (currency != organization.currency, currency))
        asked = query.get("currency")
        currency = asked if asked in found else currencies[0]
        zones = campaigns.filter(currency=currency).order_by().values_list("time_zone", flat=True).distinct()
        return cls(Slice(organization, currency or currencies[0], Period.asked(query.get("days"), zones)), currencies)

    @property
    def currency(self) -> str:
        return self.part.currency

    @property
    def lengths(self) -> tuple[int, ...]:
        return LENGTHS

    @cached_property
    def now(self) -> Figures:
        return total(self.part)

    @cached_property
    def before(self) -> Figures:
        return total(Slice(self.part.organization, self.currency, self.part.period.before))

    @cached_property
    def days(self) -> list[tuple[date, Figures]]:
        return daily(self.part)

    @property
    def change(self) -> "Change":
        return Change(self.now, self.before)

    @property
    def spark(self) -> "Spark":
        return Spark([figures for _, figures in self.days])

    def campaigns(self, by: Callable[[Figures], int]) -> list[tuple[Campaign, Figures]]:
        """The campaigns with the largest figure, at most 8."""
        found = grouped(self.part, BY_CAMPAIGN)
        ranked = sorted(found, key=lambda pk: -by(found[pk]))[:ROWS]
        campaigns = Campaign.objects.select_related("advertiser").in_bulk(ranked)
        return [(campaigns[pk], found[pk]) for pk in ranked if pk in campaigns]

    def partners(self, by: Callable[[Figures], int]) -> list[tuple[Partnership, Figures]]:
        found = grouped(self.part, BY_PARTNERSHIP)
        ranked = sorted(found, key=lambda pk: -by(found[pk]))[:ROWS]
        partnerships = Partnership.objects.select_related("publisher", "campaign").in_bulk(ranked)
        return [(partnerships[pk], found[pk]) for pk in ranked if pk in partnerships]

    def clients(self) -> dict[int, list[Figures]]:
        """Per advertiser id, for an agency: in each currency in which something happened, the one asked for first."""
        clients: dict[int, list[Figures]] = {}
        for currency in sorted(self.currencies, key=lambda currency: currency != self.currency):
            for owner, figures in self._clients_in(currency).items():
                clients.setdefault(owner, []).append(figures)
        return clients

    def _clients_in(self, currency: str) -> dict[int, Figures]:
        found = grouped(replace(self.part, currency=currency), BY_CAMPAIGN)
        owners = dict(Campaign.objects.filter(pk__in=found).values_list("pk", "advertiser_id"))
        clients: dict[int, Figures] = {}
        for campaign_id, figures in found.items():
            owner = owners[campaign_id]
            clients[owner] = clients.get(owner, Figures(currency)) + figures
        return clients


class Change:
    """The relative change of a figure against the period before, or None where that was zero."""

    def __init__(self, now: Figures, before: Figures) -> None:
        self.now, self.before = now, before

    def __getitem__(self, name: str) -> Fraction | None:
        now, before = (_plain(getattr(figures, name)) for figures in (self.now, self.before))
        return (now - before) / before if now is not None and before else None


class Spark:
    """The daily values of a figure, for a sparkline."""

    def __init__(self, days: list[Figures]) -> None:
        self.days = days

    def __getitem__(self, name: str) -> list[Fraction]:
        return [_plain(getattr(figures, name)) or Fraction(0) for figures in self.days]


def _plain(value: Money | Fraction | int | None) -> Fraction | None:
    if value is None:
        return None
    return Fraction(value.amount if isinstance(value, Money) else value)
