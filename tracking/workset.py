"""The orders that a batch of reports is about: read in a handful of queries, worked on in memory, written in a handful.

Whoever works on an order holds its lock (`orders.lock_all`) from before `Workset.load` until the transaction ends.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet
from django.db.models.fields.json import KT

from advertisers.models import Campaign, Goal
from tracking import bulk, refunds
from tracking.deciding import Decision, Station
from tracking.models import Attribution, Conversion, CustomerOwner, Postback, Refund, TouchKind, Touchpoint, Verdict
from tracking.outcomes import Outcome
from tracking.reports import Report

PATIENCE: Final = timedelta(days=30)  # a change of status waits for its order no longer
CHANGING: Final = (
    "amount currency customer coupon items is_trusted is_test reported_status reported_reason needs_settling flags"
    " partnership link creative subs verdict reason occurred_at day is_view_through customer_key"
).split()
MARK: Final = """
UPDATE tracking_postback AS postback
SET processed_at = coalesce(processed_at, now()), outcome = done.outcome, conversion_id = done.conversion,
    fields = CASE WHEN fields ? 'customer_id' THEN fields - 'customer_id' ELSE fields END
FROM unnest(%s::bigint[], %s::timestamptz[], %s::uuid[], %s::text[], %s::uuid[])
    AS done (campaign, received, id, outcome, conversion)
WHERE postback.campaign_id = done.campaign AND postback.received_at = done.received AND postback.id = done.id
    AND postback.received_at BETWEEN %s AND %s"""
OWN: Final = """
INSERT INTO tracking_customerowner AS known (campaign_id, customer_key, partnership_id, since, conversion_id)
SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[], %s::uuid[])
ON CONFLICT (campaign_id, customer_key) DO UPDATE
SET partnership_id = excluded.partnership_id, since = excluded.since, conversion_id = excluded.conversion_id
WHERE excluded.since < known.since"""


@dataclass(slots=True)
class Order:
    """`waiting`: changes of status that came before it. `changed`: when, and of which goal, calls changed its status."""

    campaign: Campaign
    conversions: list[Conversion] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    waiting: list[Report] = field(default_factory=list)
    changed: list[tuple[datetime, str]] = field(default_factory=list)

    def of_goal(self, goal: Goal) -> Conversion | None:
        return next((one for one in self.conversions if one.goal_id == goal.pk), None)

    def refunded(self, conversion: Conversion) -> int:
        own = (refund.amount for refund in self.refunds if refund.conversion_id == conversion.pk)
        return refunds.total(conversion, own)


@dataclass(slots=True)
class Workset:
    orders: dict[tuple[int, str], Order]
    goals: dict[tuple[int, str], Goal]
    made: dict[UUID, Conversion] = field(default_factory=dict)
    changed: dict[UUID, Conversion] = field(default_factory=dict)
    decided: dict[UUID, tuple[Conversion, Decision]] = field(default_factory=dict)
    made_refunds: dict[UUID, Refund] = field(default_factory=dict)
    moved_refunds: dict[UUID, Refund] = field(default_factory=dict)
    owned: dict[tuple[int, str], CustomerOwner] = field(default_factory=dict)
    marks: dict[UUID, tuple[Report, Outcome, UUID | None]] = field(default_factory=dict)

    @classmethod
    def load(cls, reports: Iterable[Report]) -> "Workset":
        reports = list(reports)
        campaigns = {report.campaign.pk: report.campaign for report in reports}
        orders = {report.order: Order(report.campaign) for report in reports}
        goals = list(Goal.objects.filter(campaign__in=campaigns))
        by_id = {goal.pk: goal for goal in goals}
        numbers = {number for _, number in orders}
        known = Conversion.objects.select_for_update(no_key=True).filter(campaign__in=campaigns, order_id__in=numbers)
        for conversion in known.order_by("pk"):
            if order := orders.get((conversion.campaign_id, conversion.order_id)):
                conversion.campaign, conversion.goal = order.campaign, by_id[conversion.goal_id]
                order.conversions.append(conversion)
        for refund in Refund.objects.filter(campaign__in=campaigns, order_id__in=numbers):
            if order := orders.get((refund.campaign_id, refund.order_id)):
                order.refunds.append(refund)
        workset = cls(orders, {(goal.campaign_id, goal.code): goal for goal in goals})
        workset._load_calls(reports, campaigns)
        return workset

    def _load_calls(self, reports: list[Report], campaigns: dict[int, Campaign]) -> None:
        """Earlier calls about the status of these orders."""
        since = min(report.received_at for report in reports) - PATIENCE
        for call in _calls(self.orders, Outcome.STATUS_WAITS).filter(received_at__gte=since).order_by("received_at"):
            if order := self.orders.get((call.campaign_id, str(call.fields.get("order_id")))):
                order.waiting.append(Report.of(call, campaigns[call.campaign_id]))
        changes = [report for report in reports if report.kind == "status"]
        if not changes:
            return
        since = min(report.received_at for report in changes)
        about = {report.order for report in changes}
        for call in _calls(about, Outcome.STATUS_CHANGED).filter(received_at__gt=since):
            if order := self.orders.get((call.campaign_id, str(call.fields.get("order_id")))):
                order.changed.append((call.received_at, call.fields.get("goal") or ""))

    def add(self, conversion: Conversion, order: Order) -> None:
        order.conversions.append(conversion)
        self.made[conversion.pk] = conversion

    def change(self, conversion: Conversion) -> None:
        if conversion.pk not in self.made:
            self.changed[conversion.pk] = conversion

    def move(self, refund: Refund, conversion: Conversion) -> None:
        refund.conversion_id = conversion.pk
        if refund.pk not in self.made_refunds:
            self.moved_refunds[refund.pk] = refund

    def mark(self, report: Report, outcome: Outcome, conversion: UUID | None) -> None:
        self.marks[report.id] = (report, outcome, conversion)

    def settle(self, conversion: Conversion) -> None:
        """As `refunds.settle`, in memory."""
        order = self.orders[conversion.campaign_id, conversion.order_id]
        conversion.flags = refunds.remarks(conversion, order.refunded(conversion))
        conversion.needs_settling = True
        self.change(conversion)

    def save(self) -> None:
        bulk.insert(self.made.values())
        if self.changed:
            Conversion.objects.bulk_update(self.changed.values(), CHANGING)
        self._save_decisions()
        if self.made_refunds:
            Refund.objects.bulk_create(self.made_refunds.values())
        if self.moved_refunds:
            Refund.objects.bulk_update(self.moved_refunds.values(), ["conversion"])
        self._save_owners()
        self._save_marks()

    def _save_decisions(self) -> None:
        if replaced := [key for key in self.decided if key not in self.made]:
            Attribution.objects.filter(conversion__in=replaced).delete()
            Touchpoint.objects.filter(conversion__in=replaced).delete()
        if self.decided:
            bulk.insert(_attribution(*each) for each in self.decided.values())
            bulk.insert(
                _touchpoint(conversion, position, station, decision)
                for conversion, decision in self.decided.values()
                for position, station in enumerate(decision.path, 1)
            )

    def _save_owners(self) -> None:
        if not self.owned:
            return
        rows = [self.owned[key] for key in sorted(self.owned)]  # one order for all who do this
        with connection.cursor() as cursor:
            names = ("campaign_id", "customer_key", "partnership_id", "since", "conversion_id")
            cursor.execute(OWN, [[getattr(row, name) for row in rows] for name in names])

    def _save_marks(self) -> None:
        marks = sorted(self.marks.values(), key=lambda mark: mark[0].id)
        times = [report.received_at for report, _, _ in marks]
        columns: list[list[Any]] = [
            [report.campaign.pk for report, _, _ in marks],
            times,
            [report.id for report, _, _ in marks],
            [outcome.value for _, outcome, _ in marks],
            [conversion for _, _, conversion in marks],
        ]
        with connection.cursor() as cursor:
            cursor.execute(MARK, [*columns, min(times), max(times)])


def _calls(orders: Iterable[tuple[int, str]], outcome: Outcome) -> QuerySet[Postback]:
    """Calls about these orders with this outcome; those about the same numbers of other campaigns may be among them."""
    orders = list(orders)
    found = Postback.objects.alias(order=KT("fields__order_id")).only("fields", "channel")
    return found.filter(
        campaign_id__in={campaign for campaign, _ in orders},
        order__in={number for _, number in orders},
        outcome=outcome,
    )


def _attribution(conversion: Conversion, decision: Decision) -> Attribution:
    touch = decision.touch
    dated = touch if touch and touch.nonce is not None else None
    return Attribution(
        conversion=conversion,
        method=conversion.campaign.attribution_model,
        kind=touch.kind if touch else "",
        clicked_at=dated.clicked_at if dated else None,
        click_nonce=dated.nonce if dated else None,
        window_days=conversion.campaign.window_days,
        code=decision.code,
    )


def _touchpoint(conversion: Conversion, position: int, station: Station, decision: Decision) -> Touchpoint:
    touch = station.touch
    return Touchpoint(
        conversion=conversion,
        position=position,
        kind=TouchKind(touch.kind),
        at=touch.clicked_at,
        nonce=touch.nonce,
        partnership=touch.partnership,
        link_id=touch.link_id,
        channel=touch.channel,
        is_winner=touch is decision.touch and decision.verdict != Verdict.INVALID,
        code=station.code,
    )
