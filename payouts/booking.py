"""Keeping a commission and the books in step: every change of its amount or status is one journal entry.

These functions expect the commission locked (`lock`), in the caller's database transaction, and leave it saved.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network.errors import DomainError
from network.models import Organization
from payouts import accounts, deliveries, funding, ledger
from payouts.accounts import Account
from payouts.arithmetic import NOTHING, Target
from payouts.models import TRANSITIONS, Commission, CommissionStatus, Reason
from tracking import caps
from tracking.models import Conversion

Status = CommissionStatus
HOMES: Final[dict[str, tuple[Callable[[Organization, str], Account], Callable[[str], Account]]]] = {
    Status.PENDING: (accounts.pending, accounts.fee_pending),
    Status.HELD: (accounts.held, accounts.fee_pending),
    Status.APPROVED: (accounts.payable, accounts.network_fee),
    Status.LOCKED: (accounts.payable, accounts.network_fee),
    Status.PAID: (accounts.payable, accounts.network_fee),
}
"""Where the commission and its fee are while it has this status. Declined and reversed ones are nowhere."""


class AlreadyDecided(DomainError):
    code = "already_decided"
    message = _("This commission has been decided meanwhile; its state does not allow this any more.")
    status = 409


def lock(commission: Commission) -> Commission:
    """The commission as it is now, and its conversion, locked until the transaction ends; the conversion always first."""
    if commission.conversion_id:
        Conversion.objects.select_for_update(no_key=True).only("pk").get(pk=commission.conversion_id)
    found = Commission.objects.select_for_update(no_key=True, of=("self",))
    return found.select_related("advertiser", "publisher", "plan", "rule", "conversion").get(pk=commission.pk)


def meet(commission: Commission, target: Target, *, effective_at: datetime | None = None) -> None:
    """Post what is missing to the target, or take back what is too much, where the money now is.

    What the advertiser's balance does not cover becomes due; a commission of which nothing is covered is held, unfunded.
    """
    if commission.status == Status.HELD and commission.reason == Reason.UNFUNDED:
        commission.status, commission.reason = Status.PENDING, ""
    home, fee_home = _homes(commission, commission.status)
    giver = accounts.funds(commission.advertiser, commission.currency)
    change = Target(target.amount - commission.amount, target.fee - commission.fee)
    moves = [*ledger.move(giver, home, change.amount), *ledger.move(giver, fee_home, change.fee)]
    due = NOTHING
    try:
        if moves:
            kind = "commission.changed" if commission.step else "commission.recorded"
            _post(commission, kind, moves, effective_at=effective_at)
            commission.amount, commission.fee = target.amount, target.fee
    except ledger.InsufficientFunds:
        due = change
        funding.stop(commission)
        if not commission.step and commission.status == Status.PENDING:
            commission.status, commission.reason = Status.HELD, Reason.UNFUNDED
    commission.due_amount, commission.due_fee = due.amount, due.fee
    commission.save()


def record_all(targets: Sequence[tuple[Commission, Target, datetime]]) -> None:
    """As `meet` for commissions that are new, of conversions that happened then: in their order, and nothing else is posted
    in this database transaction. They are saved."""
    drafts = []
    for commission, target, effective_at in targets:
        home, fee_home = _homes(commission, commission.status)
        giver = accounts.funds(commission.advertiser, commission.currency)
        if moves := [*ledger.move(giver, home, target.amount), *ledger.move(giver, fee_home, target.fee)]:
            key = f"commission:{commission.public_id}:1"
            drafts.append(ledger.Draft("commission.recorded", key, moves, commission, effective_at, commission.plan))
    covered = {id(draft.source): done for draft, done in zip(drafts, ledger.post_all(drafts), strict=True)}
    for commission, target, _effective_at in targets:
        is_covered = covered.get(id(commission))
        if is_covered:
            commission.amount, commission.fee, commission.step = target.amount, target.fee, 1
        elif is_covered is not None:
            commission.due_amount, commission.due_fee = target.amount, target.fee
            funding.stop(commission)
            if commission.status == Status.PENDING:
                commission.status, commission.reason = Status.HELD, Reason.UNFUNDED
    Commission.objects.bulk_create(commission for commission, _, _ in targets)


def change(commission: Commission, status: CommissionStatus, *, reason: str = "", note: str = "") -> None:
    """Another status; what is posted moves to where it belongs then. Raises AlreadyDecided."""
    _check(commission, status)
    home, fee_home = _homes(commission, commission.status)
    next_home, next_fee_home = _homes(commission, status)
    moves = [
        *(ledger.move(home, next_home, commission.amount) if home != next_home else []),
        *(ledger.move(fee_home, next_fee_home, commission.fee) if fee_home != next_fee_home else []),
    ]
    if moves:
        kind = "commission.released" if commission.status == Status.HELD else f"commission.{status.value}"
        _post(commission, kind, moves)
    _become(commission, status, reason, note)


def undo(commission: Commission, status: CommissionStatus, *, reason: str, note: str = "") -> None:
    """Declined or reversed: the exact reverse of all that is posted for it. Raises AlreadyDecided."""
    _check(commission, status)
    home, fee_home = _homes(commission, commission.status)
    giver = accounts.funds(commission.advertiser, commission.currency)
    moves = [*ledger.move(home, giver, commission.amount), *ledger.move(fee_home, giver, commission.fee)]
    if moves:
        _post(commission, f"commission.{status.value}", moves)
    commission.amount = commission.fee = commission.due_amount = commission.due_fee = 0
    if commission.conversion_id:
        caps.give_back(commission.conversion_id)
    _become(commission, status, reason, note)


def _become(commission: Commission, status: CommissionStatus, reason: str, note: str) -> None:
    commission.status, commission.reason, commission.note = status, reason, note
    if status == Status.APPROVED and commission.approved_at is None:
        commission.approved_at = timezone.now()
    commission.save()
    deliveries.note_status(commission)


def _check(commission: Commission, status: CommissionStatus) -> None:
    if status not in TRANSITIONS[commission.status]:
        raise AlreadyDecided


def _homes(commission: Commission, status: str) -> tuple[Account, Account]:
    home, fee_home = HOMES[status]
    return home(commission.publisher, commission.currency), fee_home(commission.currency)


def _post(commission: Commission, kind: str, moves: list[ledger.Move], *, effective_at: datetime | None = None) -> None:
    first = f"commission:{commission.public_id}:1"
    ledger.post(
        kind,
        key=f"commission:{commission.public_id}:{commission.step + 1}",
        moves=moves,
        source=commission,
        plan=commission.plan,
        corrects=first if kind in CORRECTIONS else "",
        effective_at=effective_at,
    )
    commission.step += 1


CORRECTIONS: Final = frozenset({"commission.changed", "commission.declined", "commission.reversed"})
