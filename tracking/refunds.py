"""Money that went back to buyers: reported by postback, or entered on a page. What it takes from commissions is payouts'."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, GoalKind
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.money import Money
from tracking import orders
from tracking.models import Channel, Conversion, Refund

EXCEEDS: Final = "refund_exceeds_sale"


class RefundNotPositive(DomainError):
    code = "refund_not_positive"
    message = _("A refund must be more than zero.")


class RefundInOtherCurrency(DomainError):
    code = "refund_in_other_currency"
    message = _("A refund is in the currency of its campaign.")


class RefundExceedsSale(DomainError):
    code = "refund_exceeds_sale"
    message = _("All refunds of an order together cannot exceed what it cost.")


class OrderUnknown(DomainError):
    code = "order_unknown"
    message = _("This campaign has no conversion with that order number.")


class RefundRepeated(DomainError):
    code = "refund_repeated"
    message = _("This order already has a refund with that number.")
    status = 409


@transaction.atomic
def record(
    conversion: Conversion,
    *,
    amount: Money | None = None,
    refund_id: str = "",
    reason: str = "",
    key: UUID | None = None,
    by: Actor,
) -> Refund:
    """A refund of one conversion, entered by a person. `amount` None: all of it that is not refunded yet.

    Without a number of its own it gets the next free one. `key` comes with a form: sending it twice is one refund.
    Raises RefundNotPositive, RefundInOtherCurrency, RefundExceedsSale, RefundRepeated.
    """
    orders.lock(conversion.campaign_id, conversion.order_id)
    conversion = Conversion.objects.select_for_update(no_key=True, of=("self",)).get(pk=conversion.pk)
    number = f"page-{key}" if key else refund_id.strip() or _next_number(conversion)
    taken = Refund.objects.filter(campaign=conversion.campaign, order_id=conversion.order_id, refund_id=number).first()
    if taken and key and (amount is None or amount.amount == taken.amount):
        return taken
    if taken:
        raise RefundRepeated(field="refund_id")
    minor = _allowed(conversion, amount)
    refund = Refund.objects.create(
        campaign=conversion.campaign,
        order_id=conversion.order_id,
        refund_id=number,
        conversion=conversion,
        amount=minor,
        currency=conversion.currency,
        reason=reason.strip(),
        channel=Channel.PAGE,
        received_at=timezone.now(),
    )
    settle(conversion)
    audit.record(
        by,
        "refund.recorded",
        refund,
        subject=conversion.organization,
        order=conversion.order_id,
        amount=minor,
        currency=refund.currency,
        reason=refund.reason,
    )
    return refund


@transaction.atomic
def record_for_order(
    campaign: Campaign, order_id: str, *, amount: Money | None = None, refund_id: str = "", reason: str = "", by: Actor
) -> Refund:
    """As `record`, for an order that a person names by its number; raises OrderUnknown too."""
    orders.lock(campaign.pk, order_id)
    conversion = target(campaign, order_id)
    if conversion is None:
        raise OrderUnknown(field="order_id")
    return record(conversion, amount=amount, refund_id=refund_id, reason=reason, by=by)


def report(campaign: Campaign, fields: dict[str, Any], channel: str, received_at: datetime) -> tuple[str, Refund]:
    """A refund from a postback, under the order's lock: "refunded", "orphan_refund" or "duplicate", and the refund."""
    order_id = str(fields["order_id"])
    conversion = target(campaign, order_id)
    refund, is_new = Refund.objects.get_or_create(
        campaign=campaign,
        order_id=order_id,
        refund_id=str(fields["refund_id"]),
        defaults={
            "conversion": conversion,
            "amount": fields.get("amount"),
            "currency": fields.get("currency") or campaign.currency,
            "reason": str(fields.get("reason") or "")[:200],
            "channel": channel,
            "received_at": received_at,
        },
    )
    if not is_new:
        return "duplicate", refund
    if conversion is None:
        return "orphan_refund", refund
    settle(conversion)
    return "refunded", refund


def adopt(conversion: Conversion) -> int:
    """Give a new conversion the refunds of its order that came before it; also those that only had a conversion without an
    amount to go to, such as the order's lead. The number given."""
    waiting = Q(conversion=None)
    if conversion.amount is not None:
        waiting |= Q(amount__isnull=False, conversion__amount=None)
    found = list(Refund.objects.filter(waiting, campaign=conversion.campaign_id, order_id=conversion.order_id))
    if not found:
        return 0
    left = {refund.conversion_id for refund in found if refund.conversion_id}
    Refund.objects.filter(pk__in=[refund.pk for refund in found]).update(conversion=conversion)
    Conversion.objects.filter(pk__in=left).update(needs_settling=True)
    settle(conversion)
    return len(found)


def target(campaign: Campaign, order_id: str) -> Conversion | None:
    """The conversion that a refund of the order reduces: one with an amount, a sale before others; else the only one."""
    found: QuerySet[Conversion] = Conversion.objects.filter(campaign=campaign, order_id=order_id)
    ranked = sorted(
        found.select_related("goal"),
        key=lambda one: (one.amount is None, one.goal.kind != GoalKind.SALE, one.received_at),
    )
    if not ranked or (ranked[0].amount is None and len(ranked) > 1):
        return None
    return ranked[0]


def settle(conversion: Conversion) -> None:
    """Tell payouts, and remark on refunds larger than the sale: payouts takes back at most what was earned."""
    flags = [flag for flag in conversion.flags if flag != EXCEEDS]
    if conversion.amount is not None and refunded(conversion) > conversion.amount:
        flags.append(EXCEEDS)
    conversion.flags, conversion.needs_settling = flags, True
    conversion.save(update_fields=["flags", "needs_settling"])


def refunded(conversion: Conversion) -> int:
    """Minor units that went back; a refund without an amount is the whole sale. May exceed the sale."""
    amounts = list(conversion.refunds.values_list("amount", flat=True))
    return sum((conversion.amount or 0) if amount is None else amount for amount in amounts)


def _allowed(conversion: Conversion, amount: Money | None) -> int | None:
    """The amount in minor units; None only where the conversion has none either."""
    if amount is not None and amount.currency != conversion.currency:
        raise RefundInOtherCurrency(field="amount")
    if amount is not None and amount.amount <= 0:
        raise RefundNotPositive(field="amount")
    if conversion.amount is None:
        return amount.amount if amount else None
    rest = conversion.amount - refunded(conversion)
    minor = amount.amount if amount else rest
    if not 0 < minor <= rest:
        raise RefundExceedsSale(field="amount")
    return minor


def _next_number(conversion: Conversion) -> str:
    taken = set(
        Refund.objects.filter(campaign=conversion.campaign, order_id=conversion.order_id).values_list(
            "refund_id", flat=True
        )
    )
    return next(text for number in range(1, len(taken) + 2) if (text := f"page-{number}") not in taken)
