"""What publishers are told by postback: written down with its cause, in the same database transaction, and sent later.

The same state of a commission is told to a postback once. `payouts.sending` sends.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network import audit
from network.actors import Actor
from network.errors import DomainError
from payouts import facts
from payouts.models import Commission, CommissionStatus, Delivery, DeliveryStatus
from publishers.models import PostbackEvent, PublisherPostback

Event = PostbackEvent
OF_STATUS: Final = {
    CommissionStatus.APPROVED: Event.APPROVED,
    CommissionStatus.DECLINED: Event.DECLINED,
    CommissionStatus.REVERSED: Event.REVERSED,
}
TESTS_A_MINUTE: Final = 10
KEPT: Final = timedelta(days=90)


class StillWaiting(DomainError):
    code = "still_waiting"
    message = _("This call is on its way already.")
    status = 409


class SwitchedOff(DomainError):
    code = "postback_off"
    message = _("Switch the postback on first.")
    status = 409


class TooManyTests(DomainError):
    code = "too_many_tests"
    message = _("Wait a minute before the next test.")
    status = 429


def note(commission: Commission, event: PostbackEvent) -> None:
    """Tell whoever wants to hear of it, in the caller's database transaction."""
    if commission.conversion is None:
        return
    found = PublisherPostback.objects.filter(publisher=commission.publisher_id)
    postbacks = list(found.told_about(commission.partnership_id, commission.goal_id, event))
    if not postbacks:
        return
    status = DeliveryStatus.SUPPRESSED if _is_suppressed(commission) else DeliveryStatus.WAITING
    now = timezone.now()
    rows = [
        Delivery(
            postback=postback,
            commission=commission,
            event=event,
            state=commission.status,
            amount=commission.amount,
            refunded=commission.refunded,
            reason=commission.reason,
            happened_at=facts.happened_at(commission, event),
            next_try_at=now,
            status=status,
        )
        for postback in postbacks
    ]
    Delivery.objects.bulk_create(rows, ignore_conflicts=True)


def note_new(commissions: Sequence[Commission]) -> None:
    """Commissions that were just recorded; few publishers want to hear of them."""
    publishers = {commission.publisher_id for commission in commissions}
    listening = set(PublisherPostback.objects.filter(publisher__in=publishers).values_list("publisher_id", flat=True))
    for commission in commissions:
        if commission.publisher_id in listening:
            note(commission, Event.RECORDED)


def note_status(commission: Commission) -> None:
    if event := OF_STATUS.get(CommissionStatus(commission.status)):
        note(commission, event)


def note_change(commission: Commission, *, is_new: bool, amount: int, refunded: int) -> None:
    """After the commission met its target; what it was before."""
    if is_new:
        note(commission, Event.RECORDED)
    elif commission.refunded > refunded:
        note(commission, Event.REFUNDED)
    elif commission.amount != amount:
        note(commission, Event.CHANGED)


def _is_suppressed(commission: Commission) -> bool:
    """The advertiser reported the conversion with `disable_postback=1`."""
    if Delivery.objects.filter(commission=commission, status=DeliveryStatus.SUPPRESSED).exists():
        return True
    report = facts.report_of(commission.conversion) if commission.conversion else None
    return bool(report and report.fields.get("disable_postback"))


@transaction.atomic
def send_again(delivery: Delivery, *, by: Actor) -> Delivery:
    """From the first attempt of the schedule, under the same id."""
    delivery = (
        Delivery.objects.select_for_update(no_key=True, of=("self",)).select_related("postback").get(pk=delivery.pk)
    )
    if delivery.status == DeliveryStatus.WAITING and delivery.next_try_at <= timezone.now():
        raise StillWaiting
    if not delivery.postback.is_active:
        raise SwitchedOff
    delivery.status, delivery.attempts = DeliveryStatus.WAITING, 0
    delivery.next_try_at = timezone.now()
    delivery.claimed_until = None
    delivery.save(update_fields=["status", "attempts", "next_try_at", "claimed_until"])
    audit.record(by, "postback.sent_again", delivery.postback, call=delivery.public_id)
    return delivery


@transaction.atomic
def send_test(postback: PublisherPostback, *, by: Actor) -> Delivery:
    postback = PublisherPostback.objects.select_for_update(no_key=True, of=("self",)).get(pk=postback.pk)
    if not postback.is_active:
        raise SwitchedOff
    now = timezone.now()
    recent = Delivery.objects.filter(postback=postback, commission=None, created_at__gt=now - timedelta(minutes=1))
    if recent.count() >= TESTS_A_MINUTE:
        raise TooManyTests
    audit.record(by, "postback.tested", postback)
    return Delivery.objects.create(
        postback=postback, event=postback.events[0], state="pending", happened_at=now, next_try_at=now
    )


def forget(limit: int = 10_000) -> int:
    """The log is kept for 90 days; what still waits stays."""
    old = Delivery.objects.filter(created_at__lt=timezone.now() - KEPT).exclude(status=DeliveryStatus.WAITING)
    gone, _by_model = Delivery.objects.filter(pk__in=old.values("pk")[:limit]).delete()
    return gone
