"""Figures by what a publisher or the visitors' side calls things: sub ids, source, country, device and so on.

Counts come from the rollups of ingest, money from commissions, and the value of a conversion from the click that earned
it. A pair is one such dimension with day, campaign or publisher: two of them at once are counted nowhere.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Final

from django.db.models import Case, CharField, Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from network.errors import DomainError
from network.money import Money
from payouts.models import CommissionStatus
from publishers.models import Channel, Partnership
from reporting.figures import Slice, net_of_refunds, ratio
from tracking.models import Click, DailyBreakdown, Dimension, TouchKind

PLAIN: Final = {"day": "day", "campaign": "campaign_id", "publisher": "partnership_id"}
OF_CLICKS: Final = tuple(one.value for one in Dimension if one != Dimension.REASON)
WITHOUT_MONEY: Final = frozenset({Dimension.DIVERSION, Dimension.REASON})
NONE, PAID_BY_DAY, UNKNOWN = "", "(paid by the day)", "(unknown)"
COUNTS: Final = ("impressions", "clicks", "unique_clicks", "invalid_clicks", "diverted_clicks")
STATUSES: Final = tuple(CommissionStatus.values)
APPROVED: Final = (CommissionStatus.APPROVED, CommissionStatus.LOCKED, CommissionStatus.PAID)

type Key = tuple[Any, ...]


class TwoBreakdowns(DomainError):
    code = "two_breakdowns"
    message = _("Choose one of these at a time, together with day, campaign or publisher.")


@dataclass(slots=True)
class Line:
    """Sums of one currency; amounts in minor units."""

    currency: str
    impressions: int = 0
    clicks: int = 0
    unique_clicks: int = 0
    invalid_clicks: int = 0
    diverted_clicks: int = 0
    conversions: int = 0
    view_conversions: int = 0
    sales_count: int = 0
    sales: int = 0
    commission: int = 0
    approved_commission: int = 0
    fee: int = 0
    states: dict[str, int] = field(default_factory=dict)

    def add(self, values: Mapping[str, Any]) -> None:
        for name, value in values.items():
            if name in STATUSES:
                self.states[name] = self.states.get(name, 0) + (value or 0)
            else:
                setattr(self, name, getattr(self, name) + (value or 0))

    @property
    def is_empty(self) -> bool:
        names = (*COUNTS, "conversions", "commission")
        return not any(getattr(self, name) for name in names) and not any(self.states.values())

    @property
    def gross_clicks(self) -> int:
        return self.clicks + self.invalid_clicks + self.diverted_clicks

    @property
    def duplicate_clicks(self) -> int:
        return self.clicks - self.unique_clicks

    @property
    def pending(self) -> int:
        return self.states.get("pending", 0) + self.states.get("held", 0)

    @property
    def approved(self) -> int:
        return sum(self.states.get(status, 0) for status in APPROVED)

    @property
    def declined(self) -> int:
        return self.states.get("declined", 0) + self.states.get("reversed", 0)

    @property
    def click_through_rate(self) -> Fraction | None:
        return ratio(self.clicks, self.impressions)

    @property
    def conversion_rate(self) -> Fraction | None:
        return ratio(self.conversions, self.clicks)

    @property
    def approval_rate(self) -> Fraction | None:
        return ratio(self.approved, self.approved + self.declined)

    @property
    def net_sales(self) -> Money:
        return Money(self.sales, self.currency)

    @property
    def earned(self) -> Money:
        return Money(self.commission, self.currency)

    @property
    def earned_approved(self) -> Money:
        return Money(self.approved_commission, self.currency)

    @property
    def cost(self) -> Money:
        return Money(self.commission + self.fee, self.currency)

    @property
    def epc(self) -> Money | None:
        return self._per(self.commission, self.clicks)

    @property
    def average_order(self) -> Money | None:
        return self._per(self.sales, self.sales_count)

    def _per(self, part: int, whole: int) -> Money | None:
        share = ratio(part, whole)
        return None if share is None else Money(round(share), self.currency)


@dataclass(frozen=True)
class Breakdown:
    """`by`: one or two of day, campaign, publisher and the dimensions of clicks, at most one of the latter."""

    part: Slice
    by: tuple[str, ...]

    def __post_init__(self) -> None:
        if len(self.by) not in {1, 2} or len(set(self.by)) != len(self.by):
            raise ValueError(self.by)
        if sum(name not in PLAIN for name in self.by) > 1:
            raise TwoBreakdowns(field="then")

    @property
    def dimension(self) -> str:
        return next((name for name in self.by if name not in PLAIN), "")

    def lines(self) -> dict[Key, Line]:
        """Without those in which nothing happened."""
        found: dict[Key, Line] = {}

        def add(rows: Iterable[Mapping[str, Any]]) -> None:
            for row in rows:
                values = dict(row)
                key = tuple(values.pop(f"by_{name}") for name in self.by)
                found.setdefault(key, Line(self.part.currency)).add(values)

        add(self._counts())
        if self.dimension not in WITHOUT_MONEY:
            add(self._conversions())
            add(self._commissions())
        return {key: line for key, line in found.items() if not line.is_empty}

    def _counts(self) -> Iterable[Mapping[str, Any]]:
        sums = {name: Sum(name) for name in COUNTS}
        whole = self._grouped(self.part.counts(), sums, {self.dimension: Value(NONE)})
        if not self.dimension:
            return whole
        counts = self.part.counts().order_by()
        rows = DailyBreakdown.objects.filter(
            dimension=self.dimension,
            campaign_id__in=self.part.campaigns().values("pk"),
            day__range=(self.part.period.first, self.part.period.last),
        )
        if self.part.is_narrowed:
            rows = rows.filter(partnership_id__in=counts.values("partnership_id"))
        named = list(self._grouped(rows, sums, {self.dimension: F("value")}))
        return [*whole, *named, *(self._less(row) for row in named)]

    def _less(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What has a value is not among what has none; a click that is diverted is, like an invalid one, counted there."""
        return {name: -(value or 0) if name in COUNTS else value for name, value in row.items()} | {
            f"by_{self.dimension}": NONE
        }

    def _conversions(self) -> Iterable[Mapping[str, Any]]:
        sums = {
            "conversions": Count("pk"),
            "view_conversions": Count("pk", filter=Q(is_view_through=True)),
            "sales_count": Count("pk", filter=Q(amount__isnull=False)),
            "sales": Sum("net"),
        }
        rows = self.part.conversions().annotate(net=net_of_refunds())
        return self._grouped(rows, sums, {self.dimension: value_of(self.dimension)})

    def _commissions(self) -> Iterable[Mapping[str, Any]]:
        of_conversions = Q(conversion__isnull=False)
        sums = {
            "commission": Sum("amount"),
            "approved_commission": Sum("amount", filter=Q(status__in=APPROVED)),
            "fee": Sum("fee"),
            **{status: Count("pk", filter=of_conversions & Q(status=status)) for status in STATUSES},
        }
        value = Case(When(conversion=None, then=Value(PAID_BY_DAY)), default=value_of(self.dimension, "conversion__"))
        return self._grouped(self.part.commissions(), sums, {self.dimension: value})

    def _grouped(
        self, rows: QuerySet[Any], sums: Mapping[str, Any], values: Mapping[str, Any]
    ) -> Iterable[Mapping[str, Any]]:
        keys = {f"by_{name}": F(PLAIN[name]) if name in PLAIN else values[name] for name in self.by}
        renamed = {f"sum_{name}": expression for name, expression in sums.items()}
        found = rows.order_by().annotate(**keys).values(*keys).annotate(**renamed)
        for row in found:
            yield {name.removeprefix("sum_"): value for name, value in row.items()}


def merged(lines: Mapping[Key, Line], key: Callable[[Key], Key]) -> dict[Key, Line]:
    """Lines whose new key is the same, added up."""
    found: dict[Key, Line] = {}
    for old, line in lines.items():
        new = key(old)
        found[new] = added(found[new], line) if new in found else line
    return found


def added(one: Line, other: Line) -> Line:
    names = [name for name in Line.__slots__ if name not in {"currency", "states"}]
    sums = {name: getattr(one, name) + getattr(other, name) for name in names}
    states = {name: one.states.get(name, 0) + other.states.get(name, 0) for name in STATUSES}
    return replace(one, **sums, states=states)


def total(lines: Iterable[Line], currency: str) -> Line:
    found = Line(currency)
    for line in lines:
        found = added(found, line)
    return found


def value_of(dimension: str, prefix: str = "") -> Any:
    """The value of a conversion in a dimension, as the rollup of clicks calls it."""
    if dimension.startswith("sub"):
        position = int(dimension[-1]) - 1
        known = Coalesce(F(f"{prefix}subs__{position}"), Value(NONE))
        return Case(When(**{f"{prefix}subs": None}, then=Value(UNKNOWN)), default=known)
    if dimension == Dimension.CHANNEL:
        by_code = When(**{f"{prefix}attribution__kind": TouchKind.COUPON}, then=Value(Channel.COUPON.value))
        return Coalesce(F(f"{prefix}link__channel"), Case(by_code, default=Value(NONE)))
    if dimension == "creative":
        return Coalesce(Cast(f"{prefix}creative_id", CharField()), Value(NONE))
    column = {"landing": "landing_id", "smart_link": "smart_link_id"}.get(dimension, dimension)
    if column not in {"source", "country", "device", "system", "browser", "landing_id", "smart_link_id"}:
        return Value(NONE)
    clicks = Click.objects.filter(
        campaign_id=OuterRef(f"{prefix}campaign_id"),
        at=OuterRef(f"{prefix}attribution__clicked_at"),
        nonce=OuterRef(f"{prefix}attribution__click_nonce"),
    )
    known = Coalesce(Cast(column, CharField()), Value(NONE))
    return Coalesce(Subquery(clicks.annotate(known=known).values("known")[:1]), Value(UNKNOWN))


def by_publisher(lines: Mapping[Key, Line], position: int) -> dict[Key, Line]:
    """With the publisher in place of the partnership."""
    found = Partnership.objects.filter(pk__in={key[position] for key in lines})
    publishers = dict(found.values_list("pk", "publisher_id"))
    return merged(lines, lambda key: (*key[:position], publishers.get(key[position], 0), *key[position + 1 :]))
