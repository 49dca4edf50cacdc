"""Prepayments of advertisers, recorded by the network's staff from the bank's statement."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from network import audit, formats
from network.actors import Actor
from network.errors import DomainError
from network.models import Kind, Organization
from network.money import Money
from payouts import accounts, accrual, funding, ledger
from payouts.models import TopUp

AT_ONCE = 200
"""So many waiting commissions are booked with the top-up itself; the worker books the rest seconds later."""


class NotAnAdvertiser(DomainError):
    code = "not_an_advertiser"
    message = _("Only advertisers have a balance to top up.")


class TopUpNotPositive(DomainError):
    code = "top_up_not_positive"
    message = _("A top-up must be more than zero.")


class ReferenceNeeded(DomainError):
    code = "reference_needed"
    message = _("Enter the bank's reference, so that the payment can be found again.")


class ReferenceUsed(DomainError):
    code = "reference_used"
    message = _("A top-up with this reference is already recorded for this advertiser.")
    status = 409


@transaction.atomic
def record(advertiser: Organization, *, amount: Money, reference: str, by: Actor) -> TopUp:
    """Money arrived: the advertiser can spend it at once, and what waited for it is booked, the oldest first.

    Raises NotAnAdvertiser, TopUpNotPositive, ReferenceNeeded, ReferenceUsed.
    """
    reference = formats.ascii_digits(" ".join(reference.split()))
    if advertiser.kind != Kind.ADVERTISER:
        raise NotAnAdvertiser
    if amount.amount <= 0:
        raise TopUpNotPositive(field="amount")
    if not reference:
        raise ReferenceNeeded(field="reference")
    if TopUp.objects.filter(advertiser=advertiser, reference__iexact=reference).exists():
        raise ReferenceUsed(field="reference")
    top_up, is_new = TopUp.objects.get_or_create(
        advertiser=advertiser,
        reference=reference,
        defaults={"amount": amount.amount, "currency": amount.currency, "recorded_by": by.user},
    )
    if not is_new:
        raise ReferenceUsed(field="reference")
    moves = ledger.move(accounts.cash(amount.currency), accounts.funds(advertiser, amount.currency), amount.amount)
    ledger.post("topup.recorded", key=f"topup:{top_up.public_id}", moves=moves, source=top_up)
    audit.record(by, "topup.recorded", top_up, amount=amount.amount, currency=amount.currency, reference=reference)
    transaction.on_commit(lambda: accrual.settle_unfunded(AT_ONCE, advertiser=advertiser), robust=True)
    transaction.on_commit(lambda: funding.reopen(advertiser), robust=True)
    return top_up
