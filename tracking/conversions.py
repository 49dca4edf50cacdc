"""What reported conversions become. Each accepted Postback is processed once, in one database transaction, in any order.

report → Conversion with its Attribution; refund → Refund; status → what the advertiser says about an order.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.fields.json import KT
from django.utils import timezone

from advertisers.models import Campaign, Goal
from tracking import attribution, orders, refunds
from tracking.attribution import Decision
from tracking.days import day_of
from tracking.models import Attribution, Channel, Conversion, Postback, Verdict
from tracking.outcomes import Outcome

FROM_BROWSERS: Final = frozenset({Channel.TAG, Channel.PIXEL})
STATUSES: Final = frozenset({"approved", "declined"})
PATIENCE: Final = timedelta(days=30)  # a change of status waits for its order no longer


@dataclass(frozen=True, slots=True)
class Report:
    """A Postback with its campaign, as the steps below need it."""

    id: UUID
    campaign: Campaign
    fields: dict[str, Any]
    channel: str
    received_at: datetime

    @property
    def order_id(self) -> str:
        return str(self.fields["order_id"])

    @property
    def is_trusted(self) -> bool:
        return self.channel not in FROM_BROWSERS

    @property
    def status(self) -> str:
        """Only the advertiser's server can approve or decline."""
        status = self.fields.get("status") or ""
        return status if self.is_trusted and status in STATUSES else ""

    def occurred_at(self, otherwise: datetime) -> datetime:
        text = self.fields.get("occurred_at")
        return datetime.fromisoformat(text) if text else otherwise


@transaction.atomic
def process(postback: Postback) -> Outcome | None:
    """Process one accepted postback and write down on it what it became. None: another process has it, or had it."""
    held = Postback.objects.select_for_update(skip_locked=True, no_key=True)
    mine = held.filter(pk=postback.pk, accepted=True, processed_at=None).first()
    if mine is None:
        return None
    campaign = Campaign.objects.get(pk=mine.campaign_id)
    report = Report(mine.id, campaign, mine.fields, mine.channel, mine.received_at)
    orders.lock(campaign.pk, report.order_id)
    outcome, conversion_id = _step(report)
    Postback.objects.filter(pk=mine.pk).update(
        processed_at=timezone.now(), outcome=outcome, conversion_id=conversion_id
    )
    return outcome


def _step(report: Report) -> tuple[Outcome, UUID | None]:
    match report.fields.get("kind", "conversion"):
        case "refund":
            return _refund(report)
        case "status":
            return _change_status(report)
        case _:
            return _convert(report)


def _refund(report: Report) -> tuple[Outcome, UUID | None]:
    if not report.is_trusted:
        return Outcome.UNTRUSTED, None
    outcome, refund = refunds.report(report.campaign, report.fields, report.channel, report.received_at)
    return Outcome(outcome), refund.conversion_id


def _change_status(report: Report) -> tuple[Outcome, UUID | None]:
    """All conversions of the order, or the one of the goal that the report names."""
    if not report.is_trusted:
        return Outcome.UNTRUSTED, None
    found = Conversion.objects.filter(campaign=report.campaign, order_id=report.order_id)
    goal = report.fields.get("goal") or ""
    if goal:
        found = found.filter(goal__code=goal)
    conversions = list(found.order_by("received_at"))
    if not conversions:
        return Outcome.STATUS_WAITS, None
    later = _calls(report, Outcome.STATUS_CHANGED).filter(received_at__gt=report.received_at)
    if any((call.fields.get("goal") or "") == goal for call in later):
        return Outcome.OVERTAKEN, conversions[0].pk
    for conversion in conversions:
        _set_status(conversion, report)
        conversion.save(update_fields=["reported_status", "reported_reason", "needs_settling"])
    return Outcome.STATUS_CHANGED, conversions[0].pk


def _convert(report: Report) -> tuple[Outcome, UUID | None]:
    goal = Goal.objects.filter(campaign=report.campaign, code=report.fields["goal"]).first()
    if goal is None or goal.is_counted:
        return Outcome.UNKNOWN_GOAL, None
    known = Conversion.objects.filter(campaign=report.campaign, goal=goal, order_id=report.order_id).first()
    if known is None:
        conversion = _create(report, goal)
        return _outcome(conversion), conversion.pk
    if report.is_trusted and not known.is_trusted:
        _confirm(known, report)
        return Outcome.CONFIRMED, known.pk
    return Outcome.DUPLICATE, known.pk


def _outcome(conversion: Conversion) -> Outcome:
    if conversion.is_test:
        return Outcome.TEST
    verdicts = {Verdict.INVALID: Outcome.UNPAID, Verdict.SUSPECT: Outcome.HELD}
    return verdicts.get(Verdict(conversion.verdict), Outcome.CONVERTED)


def _create(report: Report, goal: Goal) -> Conversion:
    happened = report.occurred_at(report.received_at)
    decision = attribution.decide(report.campaign, report.fields.get("click_id") or "", happened)
    conversion = Conversion(
        id=report.id,
        campaign=report.campaign,
        goal=goal,
        order_id=report.order_id,
        received_at=report.received_at,
        channel=report.channel,
    )
    _describe(conversion, report)
    _attribute(conversion, decision)
    conversion.save(force_insert=True)
    _note(conversion, decision)
    refunds.adopt(conversion)
    _catch_up(conversion, report)
    return conversion


def _confirm(conversion: Conversion, report: Report) -> None:
    """The server's word replaces the browser's: amount, description, and the click too where the server names one (without
    it the time stays as well: the browser reported when it happened).

    Without this a forged pixel with a stolen order number could take a commission from the publisher who earned it.
    """
    _describe(conversion, report)
    if click_id := report.fields.get("click_id"):
        before = conversion.partnership_id
        decision = attribution.decide(report.campaign, click_id, report.occurred_at(conversion.occurred_at))
        if decision.touch or before is None:
            _attribute(conversion, decision)
            Attribution.objects.filter(conversion=conversion).delete()
            _note(conversion, decision)
        if before not in {None, conversion.partnership_id}:
            conversion.flags = [*conversion.flags, "click_replaced"]
    conversion.save()
    refunds.settle(conversion)


def _describe(conversion: Conversion, report: Report) -> None:
    fields = report.fields
    conversion.amount = fields.get("amount")
    conversion.currency = fields.get("currency") or report.campaign.currency
    conversion.customer = (fields.get("customer") or "")[:9]
    conversion.coupon = (fields.get("coupon") or "")[:64]
    conversion.items = fields.get("items") or []
    conversion.is_trusted = report.is_trusted
    conversion.is_test = bool(fields.get("test"))
    if report.status:
        _set_status(conversion, report)


def _attribute(conversion: Conversion, decision: Decision) -> None:
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


def _note(conversion: Conversion, decision: Decision) -> None:
    touch = decision.touch
    Attribution.objects.create(
        conversion=conversion,
        clicked_at=touch.clicked_at if touch else None,
        click_nonce=touch.nonce if touch else None,
        window_days=conversion.campaign.window_days,
        code=decision.code,
    )


def _set_status(conversion: Conversion, report: Report) -> None:
    conversion.reported_status = report.status
    conversion.reported_reason = str(report.fields.get("reason") or "")[:200]
    conversion.needs_settling = True


def _catch_up(conversion: Conversion, report: Report) -> None:
    """Changes of status that came before their order, oldest first; a status in the report itself overtakes older ones."""
    waiting = _calls(report, Outcome.STATUS_WAITS).filter(received_at__gte=report.received_at - PATIENCE)
    for call in waiting.order_by("received_at"):
        if call.fields.get("goal") not in {None, "", conversion.goal.code}:
            continue
        overtaken = bool(report.status) and call.received_at < report.received_at
        if not overtaken:
            _set_status(conversion, Report(call.id, report.campaign, call.fields, call.channel, call.received_at))
            conversion.save(update_fields=["reported_status", "reported_reason", "needs_settling"])
        outcome = Outcome.OVERTAKEN if overtaken else Outcome.STATUS_CHANGED
        Postback.objects.filter(pk=call.pk).update(outcome=outcome, conversion_id=conversion.pk)


def _calls(report: Report, outcome: Outcome) -> QuerySet[Postback]:
    """Calls about the same order with this outcome."""
    found = Postback.objects.alias(order=KT("fields__order_id"))
    return found.filter(campaign_id=report.campaign.pk, order=report.order_id, outcome=outcome)
