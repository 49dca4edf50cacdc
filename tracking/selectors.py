"""Figures about events for reports. Counts are the rollups of ingest, never raw events.

Formulas (columns and words as in docs/reports.md):
    clicks        valid ones, those that were not diverted; robots and clicks without a user agent are not among them
    gross clicks  clicks + invalid clicks + diverted clicks
    impressions   valid ones; gross impressions adds the invalid
    conversions   attributed, not invalid, no test, on the day they happened in the campaign's time zone
Days are days of the campaign's time zone. Rates belong to the reader: computed from sums, empty for a zero denominator.
"""

from dataclasses import dataclass

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import Coalesce

from advertisers.models import GoalKind
from tracking.models import DailyCount
from tracking.models.conversions import ConversionQuerySet


@dataclass(frozen=True, slots=True)
class Counts:
    impressions: int = 0
    invalid_impressions: int = 0
    clicks: int = 0
    invalid_clicks: int = 0
    diverted_clicks: int = 0

    @property
    def gross_impressions(self) -> int:
        return self.impressions + self.invalid_impressions

    @property
    def gross_clicks(self) -> int:
        return self.clicks + self.invalid_clicks + self.diverted_clicks


NAMES = ("impressions", "invalid_impressions", "clicks", "invalid_clicks", "diverted_clicks")


def counts(found: QuerySet[DailyCount]) -> Counts:
    """The sum over these rows."""
    return Counts(**found.aggregate(**{name: Coalesce(Sum(name), 0) for name in NAMES}))


def counts_by(found: QuerySet[DailyCount], column: str) -> dict[object, Counts]:
    """Sums by day, campaign_id, partnership_id, link_id or creative_id; rows without any event are left out."""
    sums = found.values_list(column).annotate(*(Sum(name) for name in NAMES)).order_by(column)
    return {key: Counts(*totals) for key, *totals in sums}


@dataclass(frozen=True, slots=True)
class Funnel:
    """Each step is part of the one before it only in the long run: a sale may follow a click of last month."""

    impressions: int
    clicks: int
    leads: int
    installs: int
    sales: int
    others: int


def funnel(found: QuerySet[DailyCount], conversions: ConversionQuerySet) -> Funnel:
    totals = counts(found)
    kinds = dict(conversions.base().values_list("goal__kind").annotate(number=Count("pk")))
    return Funnel(
        totals.impressions,
        totals.clicks,
        kinds.get(GoalKind.LEAD, 0),
        kinds.get(GoalKind.INSTALL, 0),
        kinds.get(GoalKind.SALE, 0),
        kinds.get(GoalKind.CUSTOM, 0),
    )
