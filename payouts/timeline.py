"""What happened to a commission, in order: the click, the report, refunds, and every entry in the books."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network.models import Kind as OrganizationKind
from network.models import Organization
from network.money import Money
from payouts import ledger
from payouts.accounts import LABELS, Account, Kind
from payouts.models import Commission
from tracking.models import Attribution, Refund

ENTRIES: Final[dict[str, Promise]] = {
    "commission.recorded": _("Commission recorded"),
    "commission.changed": _("Commission changed"),
    "commission.approved": _("Commission approved"),
    "commission.declined": _("Commission declined"),
    "commission.held": _("Commission put on hold"),
    "commission.released": _("Commission released"),
    "commission.reversed": _("Commission reversed"),
    "bonus.given": _("Bonus"),
    "topup.recorded": _("Top-up"),
}
OWN: Final[dict[Kind, Promise]] = {
    Kind.PUB_PENDING: _("Pending"),
    Kind.PUB_HOLD: _("On hold"),
    Kind.PUB_PAYABLE: _("Payable"),
    Kind.PAYOUT_TRANSIT: _("Payout under way"),
}
"""How a publisher's own accounts are called on its pages."""


@dataclass(frozen=True, slots=True)
class Booking:
    """One posting as a reader may see it. A publisher sees where its money is, not whose it was."""

    at: datetime
    title: str | Promise
    origin: str | Promise
    target: str | Promise
    amount: Money


def bookings(commission: Commission, reader: Organization) -> list[Booking]:
    shown = []
    for each in ledger.movements("commission", commission.public_id):
        if reader.kind == OrganizationKind.PUBLISHER and not {each.source.owner, each.target.owner} & {reader.pk}:
            continue
        shown.append(
            Booking(
                each.at,
                ENTRIES.get(each.kind, each.kind),
                _name(each.source, reader),
                _name(each.target, reader),
                each.amount,
            )
        )
    return shown


def _name(account: Account, reader: Organization) -> str | Promise:
    if reader.kind != OrganizationKind.PUBLISHER:
        return LABELS[account.kind]
    return OWN.get(account.kind, "") if account.owner == reader.pk else ""


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    title: str | Promise
    note: str = ""
    amount: Money | None = None
    icon: str = "circle"


def moments(commission: Commission) -> list[Moment]:
    """Oldest first."""
    return sorted([*_facts(commission), *_entries(commission)], key=lambda one: one.at)


def _facts(commission: Commission) -> list[Moment]:
    conversion = commission.conversion
    if conversion is None:
        return []
    # Arrivals are kept to the millisecond: what a report calls now may be microseconds later.
    occurred_at = min(conversion.occurred_at, conversion.received_at)
    found = [
        Moment(occurred_at, _("It happened"), icon="flag"),
        Moment(conversion.received_at, _("Reported"), conversion.get_channel_display(), icon="inbox"),
    ]
    clicked_at = Attribution.objects.filter(conversion=conversion).values_list("clicked_at", flat=True).first()
    if clicked_at:
        found.append(Moment(clicked_at, _("Click"), icon="hand-click"))
    return found + [
        Moment(
            refund.received_at,
            _("Refund"),
            refund.reason,
            None if refund.amount is None else Money(refund.amount, refund.currency),
            icon="receipt-refund",
        )
        for refund in Refund.objects.filter(conversion=conversion)
    ]


def _entries(commission: Commission) -> list[Moment]:
    """One moment per entry, with what it did to the publisher's money."""
    found: dict[tuple[datetime, str], Moment] = {}
    for each in ledger.movements("commission", commission.public_id):
        if commission.publisher_id not in {each.source.owner, each.target.owner}:
            continue
        taken = each.target.owner != commission.publisher_id
        amount = -each.amount if taken else each.amount
        found[each.at, each.kind] = Moment(each.at, ENTRIES.get(each.kind, each.kind), amount=amount, icon="notebook")
    return list(found.values())
