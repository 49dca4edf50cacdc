"""Money that went back to buyers: reported by postback, or entered on a page. What it takes from commissions is payouts'."""

from collections.abc import Iterable, Mapping
from typing import Final
from uuid import UUID

from django.db import transaction
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


def target(campaign: Campaign, order_id: str) -> Conversion | None:
    """The conversion that a refund of the order reduces."""
    return chosen(list(Conversion.objects.filter(campaign=campaign, order_id=order_id).select_related("goal")))


def chosen(conversions: Iterable[Conversion]) -> Conversion | None:
    """Among those of one order: one with an amount, a sale before others; else the only one."""
    ranked = sorted(conversions, key=lambda one: (one.amount is None, one.goal.kind != GoalKind.SALE, one.received_at))
    if not ranked or (ranked[0].amount is None and len(ranked) > 1):
        return None
    return ranked[0]


def is_for(refund: Refund, conversion: Conversion, others: Mapping[UUID, Conversion]) -> bool:
    """Whether a new conversion takes this refund of its order: one that waits, or that went to one without an amount."""
    if refund.conversion_id is None:
        return True
    holder = others[refund.conversion_id]
    return conversion.amount is not None and refund.amount is not None and holder.amount is None


def settle(conversion: Conversion) -> None:
    """Tell payouts, and remark on refunds larger than the sale: payouts takes back at most what was earned."""
    conversion.flags, conversion.needs_settling = remarks(conversion, refunded(conversion)), True
    conversion.save(update_fields=["flags", "needs_settling"])


def remarks(conversion: Conversion, went_back: int) -> list[str]:
    flags = [flag for flag in conversion.flags if flag != EXCEEDS]
    if conversion.amount is not None and went_back > conversion.amount:
        flags.append(EXCEEDS)
    return flags


def refunded(conversion: Conversion) -> int:
    """Minor units that went back. May exceed the sale."""
    return total(conversion, conversion.refunds.values_list("amount", flat=True))


def total(conversion: Conversion, amounts: Iterable[int | None]) -> int:
    """A refund without an amount is the whole sale."""
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
