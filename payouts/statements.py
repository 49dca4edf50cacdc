"""A statement that can be read: each line of an account with what it was about and where to find it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network.models import Kind as OrganizationKind
from network.models import Organization
from network.money import Money
from payouts import explanations, ledger
from payouts.accounts import Account, Kind
from payouts.ledger import Line
from payouts.models import Bonus, Commission, TopUp
from payouts.timeline import ENTRIES, OWN

KINDS: Final[dict[str, dict[Kind, str | Promise]]] = {
    OrganizationKind.ADVERTISER: {Kind.ADV_FUNDS: _("Balance")},
    OrganizationKind.PUBLISHER: {
        Kind.PUB_PAYABLE: OWN[Kind.PUB_PAYABLE],
        Kind.PUB_PENDING: OWN[Kind.PUB_PENDING],
        Kind.PUB_HOLD: OWN[Kind.PUB_HOLD],
    },
}


@dataclass(frozen=True, slots=True)
class Row:
    line: Line
    title: str | Promise
    about: str
    url: str


@dataclass(frozen=True, slots=True)
class Readable:
    opening: Money
    closing: Money
    rows: Sequence[Row]
    count: int


def of(
    organization: Organization,
    kind: Kind,
    currency: str,
    since: datetime,
    until: datetime,
    *,
    limit: int = 50,
    offset: int = 0,
) -> Readable:
    """One account of this organization in [since, until), newest first, with the balance after each line."""
    found = ledger.statement(Account(kind, organization.pk, currency), since, until, limit=limit, offset=offset)
    about = _about(found.lines, is_publisher=organization.kind == OrganizationKind.PUBLISHER)
    rows = [
        Row(line, ENTRIES.get(line.kind, line.kind), *about.get((line.source_type, line.source_id), ("", "")))
        for line in found.lines
    ]
    return Readable(found.opening, found.closing, rows, found.count)


def _about(lines: Iterable[Line], *, is_publisher: bool) -> dict[tuple[str, str], tuple[str, str]]:
    """What the source of each line was, and its page, by the source's type and id."""
    ids: dict[str, set[str]] = {}
    for line in lines:
        ids.setdefault(line.source_type, set()).add(line.source_id)
    found: dict[tuple[str, str], tuple[str, str]] = {}
    commissions = Commission.objects.filter(public_id__in=ids.get("commission", ()))
    for one in commissions.select_related("campaign", "goal", "rule", "conversion"):
        order = explanations.short_order(one) if is_publisher else (one.conversion.order_id if one.conversion else "")
        text = f"{explanations.event(one, order)} · {one.campaign}"
        found["commission", one.public_id] = (text, reverse("payouts:conversion-detail", args=[one.public_id]))
    for bonus in Bonus.objects.filter(public_id__in=ids.get("bonus", ())).select_related("campaign", "publisher"):
        whose = bonus.campaign if is_publisher else bonus.publisher
        found["bonus", bonus.public_id] = (f"{bonus.reason} · {whose}", "")
    for top_up in TopUp.objects.filter(public_id__in=ids.get("topup", ())):
        found["topup", top_up.public_id] = (top_up.reference, "")
    return found
