"""What people decide about commissions: approve, decline, hold, release, reverse, refund. And the validation period's end."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import OrganizationStatus
from network.money import Money
from payouts import accrual, booking
from payouts.booking import AlreadyDecided
from payouts.models import DECLINE_REASONS, Commission, CommissionStatus, Reason
from tracking import refunds
from tracking.models import Conversion, Refund
from tracking.quality import cases

Status = CommissionStatus
JOB = Actor.system("approve_due")


class Unfunded(DomainError):
    code = "unfunded"
    message = _("The advertiser's balance does not cover this commission yet. Top it up first.")
    status = 409


class FullyRefunded(DomainError):
    code = "fully_refunded"
    message = _("This sale was fully refunded; there is nothing left to approve.")
    status = 409


class ReasonNeeded(DomainError):
    code = "reason_needed"
    message = _("Choose a reason; the publisher will see it.")


class NoteNeeded(DomainError):
    code = "note_needed"
    message = _("Say in a few words what the reason is; the publisher will see it.")


class NothingToRefund(DomainError):
    code = "nothing_to_refund"
    message = _("Clicks and impressions cannot be refunded; decline the commission instead.")


@transaction.atomic
def approve(commission: Commission, *, by: Actor) -> Commission:
    """Pending → approved: payable to the publisher. Raises AlreadyDecided, Unfunded, FullyRefunded."""
    commission = booking.lock(commission)
    if commission.due:
        raise Unfunded
    if commission.status != Status.PENDING:
        raise AlreadyDecided
    if commission.is_fully_refunded and commission.conversion_id:
        raise FullyRefunded
    booking.change(commission, Status.APPROVED)
    return _decided(commission, "commission.approved", by)


@transaction.atomic
def decline(commission: Commission, *, reason: str, note: str = "", by: Actor) -> Commission:
    """Pending or held → declined: everything goes back to the advertiser. Raises AlreadyDecided, ReasonNeeded, NoteNeeded."""
    _require_reason(reason, note)
    commission = booking.lock(commission)
    booking.undo(commission, Status.DECLINED, reason=reason, note=note.strip())
    return _decided(commission, "commission.declined", by, reason=reason, note=note.strip())


@transaction.atomic
def reverse(commission: Commission, *, reason: str, note: str = "", by: Actor) -> Commission:
    """Approved, locked or paid → reversed: the publisher's balance may become negative and carries over."""
    _require_reason(reason, note)
    commission = booking.lock(commission)
    booking.undo(commission, Status.REVERSED, reason=reason, note=note.strip())
    return _decided(commission, "commission.reversed", by, reason=reason, note=note.strip())


@transaction.atomic
def hold(commission: Commission, *, note: str, by: Actor) -> Commission:
    """Pending or approved → held, while somebody looks into it."""
    if not note.strip():
        raise NoteNeeded(field="note")
    commission = booking.lock(commission)
    booking.change(commission, Status.HELD, reason=Reason.UNDER_REVIEW, note=note.strip())
    return _decided(commission, "commission.held", by, note=note.strip())


@transaction.atomic
def release(commission: Commission, *, by: Actor) -> Commission:
    """Held → what it was before. An unfunded one is released by a top-up only."""
    commission = booking.lock(commission)
    if commission.status != Status.HELD:
        raise AlreadyDecided
    if commission.reason == Reason.UNFUNDED:
        raise Unfunded
    if commission.reason == Reason.SUSPECT and commission.conversion:
        cases.release(commission.conversion)
    if commission.reason == Reason.ON_HOLD and commission.conversion_id:
        Conversion.objects.filter(pk=commission.conversion_id).update(reported_status="")  # or it would be held again
    booking.change(commission, Status.APPROVED if commission.approved_at else Status.PENDING)
    return _decided(commission, "commission.released", by)


@transaction.atomic
def refund(
    commission: Commission, *, amount: Money | None, reason: str = "", key: UUID | None = None, by: Actor
) -> Refund:
    """Money went back to the buyer: all that is left of the sale, or `amount`. The commission follows at once.

    `key` makes doing it twice one refund.
    """
    if commission.conversion is None:
        raise NothingToRefund
    refunded = refunds.record(commission.conversion, amount=amount, reason=reason, key=key, by=by)
    accrual.settle(commission.conversion.pk)
    return refunded


def _require_reason(reason: str, note: str) -> None:
    if reason not in DECLINE_REASONS:
        raise ReasonNeeded(field="reason")
    if reason == Reason.OTHER and not note.strip():
        raise NoteNeeded(field="note")


def _decided(commission: Commission, action: str, by: Actor, **detail: object) -> Commission:
    commission.decided_by = by.user
    commission.save(update_fields=["decided_by"])
    if not by.job:  # what the validation period decides is in the books; the audit log is for what people do
        audit.record(by, action, commission, subject=commission.advertiser, **detail)
    return commission


@dataclass(slots=True)
class Bulk:
    """How a decision about several commissions went, each one on its own."""

    done: int = 0
    refused: list[tuple[Commission, DomainError]] = field(default_factory=list)


def each(commissions: Iterable[Commission], decide: Callable[[Commission], object]) -> Bulk:
    """Decide about each in a database transaction of its own; what is refused does not stop the others."""
    bulk = Bulk()
    for commission in commissions:
        try:
            decide(commission)
            bulk.done += 1
        except DomainError as error:
            bulk.refused.append((commission, error))
    return bulk


def due(limit: int, *, without: set[Commission]) -> list[Commission]:
    """Whose validation period is over. What only a browser reported waits for a person, what is unfunded for a top-up, and
    what a suspended publisher earned for the end of the suspension, or for a person."""
    trusted = Q(conversion=None) | Q(conversion__is_trusted=True)
    found = Commission.objects.filter(
        trusted, status=Status.PENDING, validate_until__lte=timezone.now(), due_amount=0, due_fee=0
    )
    found = found.exclude(publisher__status=OrganizationStatus.SUSPENDED)
    return list(found.exclude(pk__in=[one.pk for one in without]).order_by("validate_until")[:limit])


@transaction.atomic
def approve_due(commission: Commission) -> Commission:
    """At the end of the validation period: approved, or declined where nothing is left of the sale."""
    commission = booking.lock(commission)
    if commission.status != Status.PENDING or commission.due:
        return commission
    if commission.is_fully_refunded and commission.conversion_id:
        booking.undo(commission, Status.DECLINED, reason=Reason.REFUNDED)
        return commission
    return approve(commission, by=JOB)
