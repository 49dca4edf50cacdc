"""What reported conversions become. Each accepted Postback is processed once, many in one database transaction, in any order.

report → Conversion with its Attribution; refund → Refund; status → what the advertiser says about an order.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from advertisers.models import Campaign, Goal
from tracking import orders, refunds, scrutiny
from tracking.attribution import Asked, Decision, Gathered, customer_key
from tracking.days import day_of
from tracking.models import Conversion, CustomerOwner, Postback, Refund, Verdict
from tracking.outcomes import Outcome
from tracking.reports import Report
from tracking.workset import PATIENCE, Order, Workset

A_MOMENT: Final = timedelta(seconds=1)  # between two readings of the same clock
NEEDED: Final = ("campaign_id", "received_at", "id", "channel", "fields", "ip", "user_agent")


def process(postback: Postback) -> Outcome | None:
    """Process one accepted postback and write down on it what it became. None: another process has it, or had it."""
    return process_all([postback]).get(postback.id)


def process_all(postbacks: Collection[Postback]) -> dict[UUID, Outcome]:
    """As `process`, all in one database transaction: all, or by an exception none. Those that others have are left out."""
    with transaction.atomic():
        return work_on(claim(Postback.objects.filter(pk__in=[postback.pk for postback in postbacks])))


def claim(waiting: QuerySet[Postback], limit: int | None = None) -> list[Postback]:
    """Accepted and unprocessed ones that nobody else has, locked until the transaction ends; the oldest first."""
    held = waiting.select_for_update(skip_locked=True, no_key=True).filter(accepted=True, processed_at=None)
    return list(held.only(*NEEDED).order_by("received_at")[:limit])


def work_on(postbacks: Sequence[Postback]) -> dict[UUID, Outcome]:
    """Process these, which the transaction holds, in their order."""
    if not postbacks:
        return {}
    campaigns = Campaign.objects.in_bulk({postback.campaign_id for postback in postbacks})
    reports = [Report.of(postback, campaigns[postback.campaign_id]) for postback in postbacks]
    orders.lock_all({report.order for report in reports})
    desk = Desk.open(reports)
    for report in reports:
        desk.take(report)
    desk.scrutinize({postback.id: postback for postback in postbacks})
    desk.workset.save()
    return {key: outcome for key, (_, outcome, _) in desk.workset.marks.items() if key in desk.asked_for}


@dataclass(slots=True)
class Desk:
    """One batch at work. Everything is in memory; nothing is written before the workset is saved."""

    workset: Workset
    gathered: Gathered
    asked: dict[UUID, Asked]
    asked_for: set[UUID]
    again: dict[UUID, UUID] = field(default_factory=dict)
    """Conversions from before that have to be judged as new ones, and the report that says so."""

    @classmethod
    def open(cls, reports: list[Report]) -> "Desk":
        workset = Workset.load(reports)
        asked = {report.id: _asked(report) for report in reports if _is_sale(report)}
        return cls(workset, Gathered(asked.values()), asked, {report.id for report in reports})

    def take(self, report: Report) -> None:
        order = self.workset.orders[report.order]
        match report.kind:
            case "refund":
                outcome, conversion = self._refund(report, order)
            case "status":
                outcome, conversion = self._change_status(report, order)
            case _:
                outcome, conversion = self._convert(report, order)
        self.workset.mark(report, outcome, conversion)

    def _refund(self, report: Report, order: Order) -> tuple[Outcome, UUID | None]:
        if not report.is_trusted:
            return Outcome.UNTRUSTED, None
        number = str(report.fields["refund_id"])
        known = next((refund for refund in order.refunds if refund.refund_id == number), None)
        if known:
            return Outcome.DUPLICATE, known.conversion_id
        conversion = refunds.chosen(order.conversions)
        refund = Refund(
            campaign=report.campaign,
            order_id=report.order_id,
            refund_id=number,
            conversion=conversion,
            amount=report.fields.get("amount"),
            currency=report.fields.get("currency") or report.campaign.currency,
            reason=report.reason,
            channel=report.channel,
            received_at=report.received_at,
        )
        order.refunds.append(refund)
        self.workset.made_refunds[refund.pk] = refund
        if conversion is None:
            return Outcome.ORPHAN_REFUND, None
        self.workset.settle(conversion)
        return Outcome.REFUNDED, conversion.pk

    def _change_status(self, report: Report, order: Order) -> tuple[Outcome, UUID | None]:
        """All conversions of the order, or the one of the goal that the report names."""
        if not report.is_trusted:
            return Outcome.UNTRUSTED, None
        found = sorted(
            (one for one in order.conversions if report.goal in {"", one.goal.code}), key=lambda one: one.received_at
        )
        if not found:
            order.waiting.append(report)
            return Outcome.STATUS_WAITS, None
        if any(at > report.received_at and goal == report.goal for at, goal in order.changed):
            return Outcome.OVERTAKEN, found[0].pk
        for conversion in found:
            self._set_status(conversion, report)
        order.changed.append((report.received_at, report.goal))
        return Outcome.STATUS_CHANGED, found[0].pk

    def _convert(self, report: Report, order: Order) -> tuple[Outcome, UUID | None]:
        goal = self.workset.goals.get((report.campaign.pk, report.fields["goal"]))
        if goal is None or goal.is_counted:
            return Outcome.UNKNOWN_GOAL, None
        known = order.of_goal(goal)
        if known is None:
            conversion = self._create(report, goal, order)
            return _outcome(conversion), conversion.pk
        if report.is_trusted and not known.is_trusted:
            self._confirm(known, report)
            return Outcome.CONFIRMED, known.pk
        return Outcome.DUPLICATE, known.pk

    def _create(self, report: Report, goal: Goal, order: Order) -> Conversion:
        conversion = Conversion(
            id=report.id,
            campaign=report.campaign,
            goal=goal,
            order_id=report.order_id,
            received_at=report.received_at,
            channel=report.channel,
        )
        self._describe(conversion, report)
        self._attribute(conversion, report, self.gathered.decide(self.asked[report.id]))
        self.workset.add(conversion, order)
        self._adopt(conversion, order)
        self._catch_up(conversion, report, order)
        return conversion

    def _confirm(self, conversion: Conversion, report: Report) -> None:
        """The server's word replaces the browser's: amount, description, and who earns where the server says something
        that goes before what the browser knew (without it the time stays as well: the browser reported when it happened).

        Without this a forged pixel with a stolen order number could take a commission from the publisher who earned it.
        """
        before, judged = conversion.partnership_id, scrutiny.Judged.of(conversion)
        self._describe(conversion, report)
        if self._is_decided_anew(conversion, report):
            decision = self.gathered.decide(self.asked[report.id], report.occurred_at(conversion.occurred_at))
            if decision.touch or before is None:
                self._attribute(conversion, report, decision)
            if before not in {None, conversion.partnership_id}:
                conversion.flags = [*conversion.flags, "click_replaced"]
        else:
            self._own(conversion)
        if judged.holds_for(conversion):
            judged.keep(conversion)
        elif conversion.pk not in self.workset.made:
            self.again[conversion.pk] = report.id
        self.workset.settle(conversion)

    def _is_decided_anew(self, conversion: Conversion, report: Report) -> bool:
        """By a click or a publisher that the server names; by a code where codes go before what the browser knew."""
        if report.click_id or report.publisher:
            return True
        if conversion.partnership_id is None:
            return bool(report.coupon or report.customer_id)
        if not report.coupon or conversion.link_id is None or conversion.is_view_through:
            return bool(report.coupon)
        holder = self.gathered.winning_code(self.asked[report.id])
        return holder is not None and holder.pk != conversion.partnership_id

    def _describe(self, conversion: Conversion, report: Report) -> None:
        fields = report.fields
        conversion.amount = fields.get("amount")
        conversion.currency = fields.get("currency") or report.campaign.currency
        conversion.customer = (fields.get("customer") or "")[:9]
        conversion.coupon = report.coupon
        conversion.items = fields.get("items") or []
        conversion.is_trusted = report.is_trusted
        conversion.is_test = report.is_test
        conversion.customer_key = customer_key(report.campaign.pk, report.customer_id) if report.customer_id else ""
        if report.status:
            self._set_status(conversion, report)

    def _attribute(self, conversion: Conversion, report: Report, decision: Decision) -> None:
        if report.is_won_by_others and decision.verdict != Verdict.INVALID:
            decision = replace(decision, code="other_channel", verdict=Verdict.INVALID)
        touch = decision.touch
        conversion.partnership = touch.partnership if touch else None
        conversion.link_id = touch.link_id if touch else None
        conversion.creative_id = touch.creative_id if touch else None
        conversion.subs = decision.subs
        conversion.verdict = decision.verdict
        conversion.reason = decision.reason
        conversion.flags = decision.flags
        conversion.occurred_at = decision.occurred_at
        conversion.day = day_of(decision.occurred_at, conversion.campaign.time_zone)
        conversion.is_view_through = decision.is_view_through
        self.workset.decided[conversion.pk] = (conversion, decision)
        self._own(conversion)

    def _own(self, conversion: Conversion) -> None:
        """Who brings a customer first owns the customer, where the campaign has that."""
        campaign = conversion.campaign
        owned = campaign.ownership_days and conversion.customer_key and conversion.verdict == Verdict.VALID
        if not owned or conversion.is_test or (partnership := conversion.partnership) is None:
            return
        since = conversion.occurred_at
        self.gathered.own(campaign, conversion.customer_key, partnership, since)
        key = (campaign.pk, conversion.customer_key)
        if key not in self.workset.owned or since < self.workset.owned[key].since:
            self.workset.owned[key] = CustomerOwner(
                campaign=campaign,
                customer_key=conversion.customer_key,
                partnership=partnership,
                since=since,
                conversion_id=conversion.pk,
            )

    def _set_status(self, conversion: Conversion, report: Report) -> None:
        conversion.reported_status = report.status
        conversion.reported_reason = report.reason
        conversion.needs_settling = True
        self.workset.change(conversion)

    def _adopt(self, conversion: Conversion, order: Order) -> None:
        """Give a new conversion the refunds of its order that came before it; also those that only had a conversion without
        an amount to go to, such as the order's lead."""
        by_id = {one.pk: one for one in order.conversions}
        found = [refund for refund in order.refunds if refunds.is_for(refund, conversion, by_id)]
        if not found:
            return
        for refund in found:
            if refund.conversion_id:
                left = by_id[refund.conversion_id]
                left.needs_settling = True
                self.workset.change(left)
            self.workset.move(refund, conversion)
        self.workset.settle(conversion)

    def _catch_up(self, conversion: Conversion, report: Report, order: Order) -> None:
        """Changes of status that came before their order, oldest first; a status in the report itself overtakes older ones."""
        for call in sorted(order.waiting, key=lambda call: call.received_at):
            if call.goal not in {"", conversion.goal.code} or call.received_at < report.received_at - PATIENCE:
                continue
            order.waiting.remove(call)
            overtaken = bool(report.status) and call.received_at < report.received_at
            if not overtaken:
                self._set_status(conversion, call)
                order.changed.append((call.received_at, call.goal))
            self.workset.mark(call, Outcome.OVERTAKEN if overtaken else Outcome.STATUS_CHANGED, conversion.pk)

    def scrutinize(self, postbacks: dict[UUID, Postback]) -> None:
        """Quality and caps have their say on what was made here."""
        made = [self.workset.decided[key] for key in self.workset.made]
        for conversion in scrutiny.look_at(made, postbacks):
            report, _, _ = self.workset.marks[conversion.pk]
            self.workset.mark(report, _outcome(conversion), conversion.pk)
        if self.again:
            changed = self.workset.changed
            scrutiny.look_again(
                [(changed[key], self.workset.decided.get(key, (None, None))[1]) for key in self.again],
                {key: postbacks[report] for key, report in self.again.items()},
            )


def _is_sale(report: Report) -> bool:
    return report.kind not in {"refund", "status"}


def _asked(report: Report) -> Asked:
    occurred_at = report.occurred_at(report.received_at)
    return Asked(
        report.campaign,
        occurred_at,
        report.click_id,
        report.touches,
        report.coupon,
        report.publisher,
        customer_key(report.campaign.pk, report.customer_id) if report.customer_id else "",
        report.visitor,
        is_now=abs(occurred_at - report.received_at) < A_MOMENT,
    )


def _outcome(conversion: Conversion) -> Outcome:
    if conversion.is_test:
        return Outcome.TEST
    verdicts = {Verdict.INVALID: Outcome.UNPAID, Verdict.SUSPECT: Outcome.HELD}
    return verdicts.get(Verdict(conversion.verdict), Outcome.CONVERTED)
