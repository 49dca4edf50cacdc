from typing import Final

from django.db import models
from django.utils.translation import gettext_lazy as _


class Reason(models.TextChoices):
    """Why a commission is held, declined or reversed, or why a conversion earns none."""

    # given by people
    ORDER_CANCELLED = "order_cancelled", _("Order cancelled")
    ITEM_RETURNED = "item_returned", _("Item returned")
    PAYMENT_FAILED = "payment_failed", _("Payment failed")
    BREACH_OF_TERMS = "breach_of_terms", _("Breach of the terms")
    DUPLICATE_ORDER = "duplicate_order", _("Duplicate order")
    OUT_OF_STOCK = "out_of_stock", _("Out of stock")
    UNDER_REVIEW = "under_review", _("Under review")
    OTHER = "other", _("Other reason")
    # found by the system
    UNFUNDED = "unfunded", _("The advertiser's balance did not cover it")
    SUSPECT = "suspect", _("Traffic under review")
    ON_HOLD = "on_hold", _("Held by the advertiser's server")
    REFUNDED = "refunded", _("Fully refunded")
    REPORTED = "reported", _("Declined by the advertiser's server")
    OTHER_CLICK = "other_click", _("The advertiser's server named another publisher's click")
    INVALID = "invalid", _("Invalid traffic")
    TEST = "test", _("Test conversion")
    UNATTRIBUTED = "unattributed", _("No publisher's click led to it")
    NO_PLAN = "no_plan", _("No commission plan was in force at the click")
    NO_RULE = "no_rule", _("The commission plan pays nothing for this goal")
    IMPORTED = "imported", _("History of another system; settled there")
    OTHER_CURRENCY = "other_currency", _("Reported in another currency than the campaign's")


DECLINE_REASONS: Final = (
    Reason.ORDER_CANCELLED,
    Reason.ITEM_RETURNED,
    Reason.PAYMENT_FAILED,
    Reason.BREACH_OF_TERMS,
    Reason.DUPLICATE_ORDER,
    Reason.OUT_OF_STOCK,
    Reason.OTHER,
)
"""What a person may choose; the last one needs words of its own."""
