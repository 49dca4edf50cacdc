"""Pulling what happened into the books: each conversion, and each day of clicks or impressions, to its cumulative target.

Everything here may be run again, by any number of workers at once: the rows it works on are locked, and a target that is
met posts nothing.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum

from advertisers.models import Campaign, CommissionPlan, CommissionRule, GoalKind
from network.models import Organization
from payouts import booking, deliveries, ledger
from payouts.arithmetic import Refunds, Target, Terms, target
from payouts.models import TRANSITIONS, Commission, CommissionStatus, Reason, Rejection
from publishers.models import Partnership
from tracking.days import zone
from tracking.models import Channel, Conversion, DailyCount, Refund, Verdict

Status = CommissionStatus
WHOLE = frozenset({GoalKind.LEAD, GoalKind.INSTALL})
"""Goals without an amount of their own: any refund takes the event back."""


@dataclass(frozen=True, slots=True)
class Day:
    """All links of one partnership on one day of its campaign under one plan version."""

    partnership: int
    day: date
    plan_version: int


@transaction.atomic
def settle(conversion_id: UUID, *, skip_locked: bool = False) -> Commission | None:
    """Bring the commission of this conversion to what its facts say now; without one, keep the reason why.

    None where none is paid, or where somebody else is at it and `skip_locked`.
    """
    found = Conversion.objects.select_for_update(no_key=True, skip_locked=skip_locked, of=("self",))
    conversion = found.select_related("campaign__advertiser", "goal", "partnership__publisher", "attribution").filter(
        pk=conversion_id
    )
    for each in conversion:
        commission = _settle(each)
        if each.needs_settling:
            each.needs_settling = False
            each.save(update_fields=["needs_settling"])
        return commission
    return None


def _settle(conversion: Conversion) -> Commission | None:
    price = priced(conversion)
    commissions = _existing(conversion)
    if isinstance(price, Reason):
        for commission in commissions:
            _withdraw(commission, price)
        if not commissions:
            Rejection.objects.update_or_create(conversion=conversion, defaults={"code": price})
        return None
    for commission in commissions:
        if commission.partnership_id != price.partnership.pk:
            _withdraw(commission, Reason.OTHER_CLICK)
    own = [each for each in commissions if each.partnership_id == price.partnership.pk and not _was_invalid(each)]
    if not commissions:
        Rejection.objects.filter(conversion=conversion).delete()
    return _follow(own[0] if own else _new(conversion, price), conversion, price)


def _was_invalid(commission: Commission) -> bool:
    """Closed by a quality decision. When that turns out wrong, the conversion earns a new commission."""
    return commission.is_final and commission.reason == Reason.INVALID


def _follow(commission: Commission, conversion: Conversion, price: "Price") -> Commission:
    if commission.is_final:
        return commission
    commission.plan, commission.rule = price.plan, price.rule
    if commission.reason == Reason.SUSPECT and conversion.verdict == Verdict.VALID:
        booking.change(commission, Status.APPROVED if commission.approved_at else Status.PENDING)
    elif conversion.verdict == Verdict.SUSPECT and commission.status in {Status.PENDING, Status.APPROVED}:
        booking.change(commission, Status.HELD, reason=Reason.SUSPECT)
    _meet_facts(commission, conversion)
    _follow_report(commission, conversion)
    return commission


@dataclass(frozen=True, slots=True)
class Price:
    partnership: Partnership
    plan: CommissionPlan
    rule: CommissionRule


class Tariff:
    """The activated plans of these campaigns and their rules, read once."""

    def __init__(self, campaigns: Collection[int]) -> None:
        self._plans: dict[int, list[CommissionPlan]] = {campaign: [] for campaign in campaigns}
        plans = CommissionPlan.objects.filter(campaign__in=campaigns).activated()
        for plan in plans.order_by("-starts_at"):
            self._plans[plan.campaign_id].append(plan)
        rules = CommissionRule.objects.filter(plan__in=[plan for found in self._plans.values() for plan in found])
        self._rules = {(rule.plan_id, rule.goal_id): rule for rule in rules}

    def in_force(self, campaign: int, at: datetime) -> CommissionPlan | None:
        """As `plans.in_force`."""
        return next((plan for plan in self._plans[campaign] if plan.starts_at and plan.starts_at <= at), None)

    def rule(self, plan: CommissionPlan, goal: int) -> CommissionRule | None:
        return self._rules.get((plan.pk, goal))


def priced(conversion: Conversion, tariff: Tariff | None = None) -> Price | Reason:
    """The plan in force at the attributed click and its rule for this goal; or why nothing is paid."""
    if reason := _unpaid(conversion):
        return reason
    assert conversion.partnership  # noqa: S101  or the reason had said so
    attribution = getattr(conversion, "attribution", None)
    clicked_at = (attribution and attribution.clicked_at) or conversion.occurred_at
    tariff = tariff or Tariff([conversion.campaign_id])
    plan = tariff.in_force(conversion.campaign_id, clicked_at)
    if plan is None:
        return Reason.NO_PLAN
    rule = tariff.rule(plan, conversion.goal_id)
    return Price(conversion.partnership, plan, rule) if rule else Reason.NO_RULE


def _unpaid(conversion: Conversion) -> Reason | None:
    """Why no plan of any kind would pay it."""
    reasons = (
        (conversion.channel == Channel.IMPORT, Reason.IMPORTED),
        (conversion.is_test, Reason.TEST),
        (conversion.partnership is None, Reason.UNATTRIBUTED),
        (conversion.verdict == Verdict.INVALID, Reason.INVALID),
        (conversion.amount is not None and conversion.currency != conversion.campaign.currency, Reason.OTHER_CURRENCY),
    )
    return next((reason for holds, reason in reasons if holds), None)


@transaction.atomic
def settle_new(conversion_ids: Collection[UUID]) -> set[UUID]:
    """As `settle` for those of them that are new and simple, all together: never settled, not refunded, without a word from
    the advertiser. Returns those that are settled; what others hold and what is not simple is left for `settle`."""
    found = Conversion.objects.select_for_update(no_key=True, skip_locked=True, of=("self",)).filter(
        pk__in=conversion_ids, needs_settling=True, reported_status=""
    )
    related = ("campaign__advertiser", "goal", "partnership__publisher", "attribution")
    conversions = {each.pk: each for each in found.select_related(*related).order_by("received_at")}
    for table in (Commission, Rejection, Refund):
        for known in table.objects.filter(conversion__in=conversions).values_list("conversion_id", flat=True):
            conversions.pop(known, None)
    tariff = Tariff({each.campaign_id for each in conversions.values()})
    prices = [(each, priced(each, tariff)) for each in conversions.values()]
    Rejection.objects.bulk_create(
        Rejection(conversion=each, code=price) for each, price in prices if isinstance(price, Reason)
    )
    commissions = [(_new(each, price), each) for each, price in prices if not isinstance(price, Reason)]
    for commission, each in commissions:
        commission.base = each.amount or 0
    booking.record_all([(commission, _target(commission), each.occurred_at) for commission, each in commissions])
    deliveries.note_new([commission for commission, _ in commissions])
    Conversion.objects.filter(pk__in=conversions).update(needs_settling=False)
    return set(conversions)


def _existing(conversion: Conversion) -> list[Commission]:
    found = Commission.objects.select_for_update(no_key=True, of=("self",)).filter(conversion=conversion)
    return list(found.select_related("advertiser", "publisher", "plan", "rule").order_by("pk"))


def _new(conversion: Conversion, price: Price) -> Commission:
    campaign, is_suspect = conversion.campaign, conversion.verdict == Verdict.SUSPECT
    return Commission(
        campaign=campaign,
        advertiser=campaign.advertiser,
        publisher=price.partnership.publisher,
        partnership=price.partnership,
        goal=conversion.goal,
        plan=price.plan,
        rule=price.rule,
        conversion=conversion,
        day=conversion.day,
        currency=campaign.currency,
        status=Status.HELD if is_suspect else Status.PENDING,
        reason=Reason.SUSPECT if is_suspect else "",
        validate_until=conversion.occurred_at + timedelta(days=campaign.validation_days),
    )


def _meet_facts(commission: Commission, conversion: Conversion) -> None:
    is_new, amount, refunded = commission.pk is None, commission.amount, commission.refunded
    commission.base = conversion.amount or 0
    amounts = list(conversion.refunds.values_list("amount", flat=True))
    refunds = Refunds.of(commission.base, amounts, whole=conversion.goal.kind in WHOLE)
    commission.refunded, commission.count = refunds.amount, 0 if refunds.is_full else 1
    effective_at = None if commission.step else conversion.occurred_at
    booking.meet(commission, _target(commission), effective_at=effective_at)
    deliveries.note_change(commission, is_new=is_new, amount=amount, refunded=refunded)
    if refunds.is_full and Status.REVERSED in TRANSITIONS[commission.status]:
        booking.undo(commission, Status.REVERSED, reason=Reason.REFUNDED)


def _target(commission: Commission) -> Target:
    terms = Terms.of(commission.plan, commission.rule)
    return target(terms, base=commission.base, refunded=commission.refunded, count=commission.count)


def _follow_report(commission: Commission, conversion: Conversion) -> None:
    """What the advertiser's server said about the order."""
    said = conversion.reported_status
    if commission.reason == Reason.ON_HOLD and said != "held":
        _let_go(commission, conversion)
    if said == "declined":
        _withdraw(commission, Reason.REPORTED, conversion.reported_reason)
    elif said == "held" and commission.status in {Status.PENDING, Status.APPROVED}:
        booking.change(commission, Status.HELD, reason=Reason.ON_HOLD, note=conversion.reported_reason)
    elif (
        said == "approved"
        and conversion.is_trusted
        and commission.status == Status.PENDING
        and commission.count
        and not commission.due
    ):
        booking.change(commission, Status.APPROVED)


def _let_go(commission: Commission, conversion: Conversion) -> None:
    """The advertiser holds it no longer; its traffic may still be under review."""
    if conversion.verdict == Verdict.SUSPECT:
        commission.reason = Reason.SUSPECT
        commission.save(update_fields=["reason"])
    else:
        booking.change(commission, Status.APPROVED if commission.approved_at else Status.PENDING)


def _withdraw(commission: Commission, reason: Reason, note: str = "") -> None:
    """Not to be paid after all: declined, or reversed where it was approved already. Final ones stay."""
    allowed = TRANSITIONS[commission.status]
    for status in (Status.DECLINED, Status.REVERSED):
        if status in allowed:
            booking.undo(commission, status, reason=reason, note=note)
            return


@transaction.atomic
def settle_day(day: Day) -> list[Commission]:
    """Bring the commissions on this day's impressions and clicks to their cumulative targets.

    The counts are read once the commissions are locked, so that a slower worker never books an older count.
    """
    rules = CommissionRule.objects.filter(
        plan__campaign__in=Partnership.objects.filter(pk=day.partnership).values("campaign"),
        plan__version=day.plan_version,
        goal__kind__in=[GoalKind.IMPRESSION, GoalKind.CLICK],
    )
    counts = _counts(day)
    known = set(_of_day(day).values_list("goal_id", flat=True))  # a count that went down to nothing counts, too
    found = rules.select_related("plan", "goal").order_by("goal")
    paid = [rule for rule in found if counts[rule.goal.kind] or rule.goal_id in known]
    commissions = [_day_commission(rule, day) for rule in paid]
    _claim(day)
    counts = _counts(day)
    for commission in commissions:
        commission.count = counts[commission.goal.kind]
        if not commission.is_final:
            booking.meet(commission, _target(commission))
    return commissions


def _of_day(day: Day) -> QuerySet[Commission]:
    return Commission.objects.filter(
        partnership=day.partnership, day=day.day, plan__version=day.plan_version, conversion=None
    )


def _counts(day: Day) -> dict[str, int]:
    sums = _rows(day).aggregate(impressions=Sum("impressions", default=0), clicks=Sum("clicks", default=0))
    return {GoalKind.IMPRESSION: sums["impressions"], GoalKind.CLICK: sums["clicks"]}


def _day_commission(rule: CommissionRule, day: Day) -> Commission:
    """The commission, made when it is the first time, and locked."""
    partnership = Partnership.objects.select_related("campaign__advertiser", "publisher").get(pk=day.partnership)
    campaign = partnership.campaign
    new = Commission(
        campaign=campaign,
        advertiser=campaign.advertiser,
        publisher=partnership.publisher,
        partnership=partnership,
        goal=rule.goal,
        plan=rule.plan,
        rule=rule,
        day=day.day,
        count=0,
        currency=campaign.currency,
        status=Status.PENDING,
        validate_until=end_of_day(campaign, day.day) + timedelta(days=campaign.validation_days),
    )
    Commission.objects.bulk_create([new], ignore_conflicts=True)
    found = Commission.objects.select_for_update(no_key=True, of=("self",))
    return found.select_related("advertiser", "publisher", "plan", "rule", "goal").get(
        partnership=partnership, goal=rule.goal, day=day.day, plan=rule.plan, conversion=None
    )


def _claim(day: Day) -> None:
    """Clear the notes of the rows that nobody is writing; the others keep theirs and are settled next time."""
    waiting = _rows(day).filter(needs_settling=True)
    links = list(waiting.select_for_update(no_key=True, skip_locked=True).values_list("link_id", flat=True))
    _rows(day).filter(link_id__in=links).update(needs_settling=False)


def _rows(day: Day) -> QuerySet[DailyCount]:
    return DailyCount.objects.filter(partnership_id=day.partnership, day=day.day, plan_version=day.plan_version)


def end_of_day(campaign: Campaign, day: date) -> datetime:
    midnight = datetime.combine(day + timedelta(days=1), time(), zone(campaign.time_zone))
    return midnight.astimezone(UTC)


def waiting_conversions(limit: int, *, without: set[UUID]) -> list[UUID]:
    """The conversions that wait the longest, but for those that another worker has at hand: who took the same ones would
    find nothing to do together, and go through them one by one."""
    found = Conversion.objects.filter(needs_settling=True).exclude(pk__in=without).order_by("received_at")
    with transaction.atomic():
        free = found.select_for_update(no_key=True, skip_locked=True, of=("self",))
        return list(free.values_list("pk", flat=True)[:limit])


def waiting_days(limit: int, *, without: set[Day]) -> list[Day]:
    found = DailyCount.objects.filter(needs_settling=True).order_by("day", "partnership_id", "plan_version")
    rows = found.values_list("partnership_id", "day", "plan_version").distinct()[: limit + len(without)]
    return [day for day in (Day(*row) for row in rows) if day not in without]


def settle_unfunded(limit: int, *, advertiser: Organization | None = None) -> int:
    """Book what waited for the advertiser's balance and is covered now, the oldest first. Returns how many were looked at."""
    waiting = Commission.objects.filter(Q(due_amount__gt=0) | Q(due_fee__gt=0))
    if advertiser:
        waiting = waiting.filter(advertiser=advertiser)
    looked_at = 0
    for debtor in Organization.objects.filter(pk__in=waiting.values("advertiser")):
        for balance in ledger.balances(debtor):
            covered = waiting.filter(
                advertiser=debtor, currency=balance.currency, due_amount__lte=balance.available.amount - F("due_fee")
            )
            for commission in covered.order_by("pk")[: limit - looked_at]:
                looked_at += 1
                settle_again(commission)
    return looked_at


def settle_again(commission: Commission) -> None:
    if commission.conversion_id:
        settle(commission.conversion_id)
    else:
        settle_day(Day(commission.partnership_id, commission.day, commission.plan.version))
