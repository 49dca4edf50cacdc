"""Figures about events for reports. Counts are the rollups of ingest (`DailyCount`); only sub ids are read from raw clicks.

Formulas (columns and words as in docs/reports.md):
    clicks        valid ones, those that were not diverted; robots and clicks without a user agent are not among them
    gross clicks  clicks + invalid clicks + diverted clicks
    impressions   valid ones; gross impressions adds the invalid
    conversions   attributed, not invalid, no test, on the day they happened in the campaign's time zone
Days are days of the campaign's time zone. Rates belong to the reader: computed from sums, empty for a zero denominator.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Count, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce

from advertisers.models import GoalKind
from tracking.models import Click, Conversion, DailyCount, Verdict
from tracking.models.conversions import ConversionQuerySet

SUBS = 5


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


@dataclass(slots=True)
class SubRow:
    """`sub` empty: none was given. `conversions` whose click's row is missing ("unavailable") are not among them."""

    sub: str
    clicks: int = 0
    invalid_clicks: int = 0
    conversions: int = 0
    amount: int = 0


def by_sub(partnerships: Collection[int], first: date, last: date, number: int = 1) -> list[SubRow]:
    """Clicks and conversions by one of the publisher's labels, sub1 to sub5; most clicks first.

    `amount` is the sum of what buyers paid, in minor units, before refunds: ask for partnerships of one currency.
    """
    if not 1 <= number <= SUBS:
        raise ValueError(f"sub{number}")
    rows: dict[str, SubRow] = {}
    for sub, clicks, invalid in _clicks_by_sub(partnerships, first, last, number):
        rows[sub] = SubRow(sub, clicks, invalid)
    found = Conversion.objects.base().filter(partnership__in=partnerships, day__range=(first, last), subs__isnull=False)
    sums = (
        found.annotate(sub=_sub(number))
        .values_list("sub")
        .annotate(number=Count("pk"), paid=Coalesce(Sum("amount"), 0))
    )
    for sub, conversions, amount in sums:
        row = rows.setdefault(sub, SubRow(sub))
        row.conversions, row.amount = conversions, amount
    return sorted(rows.values(), key=lambda row: (-row.clicks, -row.conversions, row.sub))


def _clicks_by_sub(
    partnerships: Collection[int], first: date, last: date, number: int
) -> QuerySet[Click, tuple[str, int, int]]:
    """A day of some time zone lies within one UTC day more on either side: that is what partitions can be left out by."""
    start = datetime.combine(first - timedelta(days=1), time(), UTC)
    end = datetime.combine(last + timedelta(days=2), time(), UTC)
    found = Click.objects.filter(partnership_id__in=partnerships, at__gte=start, at__lt=end, day__range=(first, last))
    valid = Q(verdict=Verdict.VALID)
    return (
        found.filter(diverted="")
        .annotate(sub=_sub(number))
        .values_list("sub")
        .annotate(valid=Count("nonce", filter=valid), invalid=Count("nonce", filter=~valid))
    )


def _sub(number: int) -> Coalesce:
    return Coalesce(F(f"subs__{number - 1}"), Value(""))
