"""What the quality pages show: cases with their evidence and the money behind them; a publisher's traffic by category."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import inf
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from advertisers.models import Scope, advertisers_of
from network.models import Kind, Organization
from network.money import Money
from payouts.models import Commission, CommissionStatus
from publishers.models import Partnership
from tracking.models import (
    AppealStatus,
    CaseStatus,
    Conversion,
    DailyBreakdown,
    DailyCount,
    QualityAppeal,
    QualityCase,
    QualitySignal,
    Verdict,
)
from tracking.quality.rules import CODES, HOLD, RULES, Category, Rule, category

AGES: Final[dict[float, Promise]] = {
    10: _("under 10 seconds"),
    60: _("under a minute"),
    600: _("under 10 minutes"),
    3_600: _("under an hour"),
    7_200: _("under 2 hours"),
    86_400: _("under a day"),
    inf: _("a day or more"),
}
"""Between a click and its conversion, by the seconds that it is shorter than."""

FIGURES: Final[dict[str, Promise]] = {
    "percent": _("Share (%)"),
    "most": _("Threshold"),
    "least": _("At least"),
    "others": _("Others in the campaign (%)"),
    "usual": _("Usually"),
    "clicks": _("Clicks"),
    "conversions": _("Conversions"),
    "sales": _("Sales"),
    "reports": _("Pixel reports"),
    "seconds": _("Seconds after the click"),
    "hours": _("Hours after the click"),
    "goal": _("Goal"),
    "label": _("Label"),
    "values": _("Different values"),
    "chargebacks": _("Chargebacks (%)"),
    "most_chargebacks": _("Threshold of chargebacks (%)"),
    "undeclared": _("From undeclared sites (%)"),
    "without": _("Without a referrer (%)"),
    "idle_days": _("Days without a click"),
    "times": _("Times the usual"),
    "day": _("Day"),
    "per_10000": _("Conversions per 10,000 clicks"),
    "click": _("Click"),
    "conversion": _("Conversion"),
    "of": _("Conversions looked at"),
    "same": _("The same"),
    "kind": _("Kind"),
    "domain": _("Domain"),
    "sign": _("Sign"),
    "code": _("Code"),
    "owner": _("Owner of the code"),
    "partnership": _("The other publisher"),
    "account": _("The other account"),
    "visits": _("Visits"),
    "arrived": _("Arrived"),
    "stayed": _("Seconds on the advertiser's pages"),
    "filled_in": _("Seconds for the form"),
    "site": _("Came from"),
    "like": _("Looks like"),
    "minutes": _("Full minutes of the last ten"),
    "per_minute": _("Conversions a minute"),
    "variation": _("Variation (%)"),
    "days": _("Days since the first"),
}
"""What the figures of the rules are called."""


@dataclass(frozen=True, slots=True)
class Figure:
    label: str | Promise
    value: str


def figures(found: Mapping[str, Any], names: "Names") -> list[Figure]:
    return [Figure(FIGURES.get(name, name), names.of(name, value)) for name, value in found.items()]


SAME: Final[dict[str, Promise]] = {
    "mail": _("Mail address"),
    "mail domain": _("Domain of the mail address"),
    "address": _("Address of the device"),
    "site": _("Site"),
    "person": _("Person"),
}


class Names:
    """What the publishers in some evidence are called for this reader, in two queries. Who is no partner of one's own
    campaigns is nobody to know, but for the network."""

    def __init__(self, reader: Organization, evidence: Iterable[Mapping[str, Any]]) -> None:
        evidence = list(evidence)
        partnerships = {one["partnership"] for one in evidence if "partnership" in one}
        owners = {one["owner"] for one in evidence if "owner" in one}
        accounts = {one["account"] for one in evidence if "account" in one}
        known = Organization.objects.filter(kind=Kind.PUBLISHER)
        if reader.kind != Kind.NETWORK:
            own = Partnership.objects.filter(campaign__advertiser__in=advertisers_of(reader, Scope.CONVERSIONS))
            known = known.filter(pk__in=own.values("publisher"))
        self._known: dict[tuple[str, Any], str] = {}
        if owners or accounts:
            for pk, public_id, name in known.filter(Q(pk__in=owners) | Q(public_id__in=accounts)).values_list(
                "pk", "public_id", "name"
            ):
                self._known["owner", pk] = self._known["account", public_id] = name
        if partnerships:
            found = Partnership.objects.filter(pk__in=partnerships, publisher__in=known)
            self._known |= {("partnership", pk): name for pk, name in found.values_list("pk", "publisher__name")}

    def of(self, figure: str, value: Any) -> str:
        if figure in {"partnership", "owner", "account"}:
            return self._known.get((figure, value)) or str(_("Another publisher"))
        if isinstance(value, list):
            return " · ".join(str(SAME.get(each) or CODES.get(each, each)) for each in value)
        if figure == "same":
            return str(SAME.get(value, value))
        return f"{value:g}" if isinstance(value, float) else str(value)


@dataclass(slots=True)
class CaseRow:
    case: QualityCase
    conversions: int = 0
    held: int = 0
    money: list[Money] = field(default_factory=list)
    has_appeal: bool = False
    figures: list[Figure] = field(default_factory=list)

    @property
    def rule(self) -> Rule:
        return RULES[self.case.rule]

    @property
    def category(self) -> str:
        return str(Category(self.case.category or self.rule.category).label)


def cases(organization: Organization) -> QuerySet[QualityCase]:
    appealed = QualityAppeal.objects.filter(case=OuterRef("pk"), status=AppealStatus.WAITING)
    found = QualityCase.objects.visible_to(organization).annotate(has_appeal=Exists(appealed))
    related = ("partnership__publisher", "partnership__campaign__advertiser", "decided_by")
    return found.select_related(*related).order_by("-has_appeal", "-refreshed_at", "-pk")


def rows(found: Iterable[QualityCase], *, reader: Organization) -> list[CaseRow]:
    found = list(found)
    names = Names(reader, (one.evidence for one in found))
    counts = {
        key: (number, held)
        for key, number, held in QualitySignal.objects.filter(case__in=found)
        .values_list("case")
        .annotate(number=Count("pk"), held=Count("pk", filter=Q(conversion__verdict=Verdict.SUSPECT)))
    }
    money: dict[int, list[Money]] = defaultdict(list)
    held = Commission.objects.filter(conversion__signals__case__in=found, status=CommissionStatus.HELD)
    for key, currency, amount in held.values_list("conversion__signals__case", "currency").annotate(Sum("amount")):
        if key is not None and amount:
            money[key].append(Money(amount, currency))
    return [
        CaseRow(
            one,
            *counts.get(one.pk, (0, 0)),
            money[one.pk],
            getattr(one, "has_appeal", False),
            figures(one.evidence, names),
        )
        for one in found
    ]


@dataclass(frozen=True, slots=True)
class SignalRow:
    """A conversion behind a case. `others` are further rules that noticed it."""

    signal: QualitySignal
    commission: Commission | None
    others: list[Rule]
    figures: list[Figure]

    @property
    def conversion(self) -> Conversion:
        return self.signal.conversion

    @property
    def amount(self) -> Money | None:
        conversion = self.signal.conversion
        return None if conversion.amount is None else Money(conversion.amount, conversion.currency)


def signal_rows(signals: Iterable[QualitySignal], *, reader: Organization) -> list[SignalRow]:
    signals = list(signals)
    names = Names(reader, (signal.inputs for signal in signals))
    conversions = [signal.conversion_id for signal in signals]
    known = Commission.objects.filter(conversion__in=conversions).order_by("pk")
    commissions = {each.conversion_id: each for each in known}
    others: dict[Any, list[Rule]] = defaultdict(list)
    for conversion, rule in QualitySignal.objects.filter(conversion__in=conversions).values_list("conversion", "rule"):
        others[conversion].append(RULES[rule])
    return [
        SignalRow(
            signal,
            commissions.get(signal.conversion_id),
            [rule for rule in others[signal.conversion_id] if rule.number != signal.rule],
            figures(signal.inputs, names),
        )
        for signal in signals
    ]


def hours(case: QualityCase) -> list[tuple[str, int]]:
    """How many conversions of the case came how long after their click."""
    counts = dict.fromkeys(map(str, AGES.values()), 0)
    found = Conversion.objects.filter(signals__case=case, attribution__clicked_at__isnull=False)
    for at, clicked in found.values_list("occurred_at", "attribution__clicked_at")[:5_000]:
        if clicked is not None:
            age = (at - clicked).total_seconds()
            counts[next(str(label) for most, label in AGES.items() if age < most)] += 1
    return list(counts.items())


# The publisher's own page


@dataclass(slots=True)
class CategoryRow:
    label: str
    clicks: int = 0
    held: int = 0
    declined: int = 0


@dataclass(frozen=True, slots=True)
class Traffic:
    """Of one publisher in a period. `clicks` are valid ones."""

    clicks: int
    invalid_clicks: int
    impressions: int
    invalid_impressions: int
    by_verdict: dict[str, int]
    categories: list[CategoryRow]

    @property
    def gross_clicks(self) -> int:
        return self.clicks + self.invalid_clicks

    @property
    def conversions(self) -> int:
        return sum(self.by_verdict.values())


def traffic(publisher: Organization, *, days: int = 30, today: date) -> Traffic:
    """Gross and net, and what is held or does not count by category; never by rule."""
    first = today - timedelta(days=days - 1)
    own = list(Partnership.objects.filter(publisher=publisher).values_list("pk", flat=True))
    sums = DailyCount.objects.filter(partnership_id__in=own, day__gte=first).aggregate(
        **{name: Sum(name, default=0) for name in ("clicks", "invalid_clicks", "impressions", "invalid_impressions")}
    )
    made: dict[str, CategoryRow] = {}

    def row(code: str) -> CategoryRow:
        found = category(code)
        return made.setdefault(found, CategoryRow(str(found.label)))

    reasons = DailyBreakdown.objects.filter(partnership_id__in=own, day__gte=first, dimension="reason")
    for code, clicks in reasons.values_list("value").annotate(Sum("invalid_clicks")):
        if clicks and code in CODES:
            row(code).clicks += clicks
    conversions = Conversion.objects.filter(partnership__in=own, day__gte=first, is_test=False)
    by_verdict = dict.fromkeys(Verdict.values, 0)
    for verdict, code, number in conversions.values_list("verdict", "reason").annotate(Count("pk")):
        by_verdict[verdict] += number
        if verdict == Verdict.SUSPECT:
            row(code).held += number
        elif verdict == Verdict.INVALID:
            row(code).declined += number
    return Traffic(**sums, by_verdict=by_verdict, categories=sorted(made.values(), key=lambda each: each.label))


def own_cases(publisher: Organization) -> QuerySet[QualityCase]:
    """Those that hold or take something; what is only watched is nobody's business."""
    found = cases(publisher).filter(action=HOLD).exclude(status=CaseStatus.CLEARED, appeals=None)
    return found.distinct()
