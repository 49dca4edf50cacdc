"""What became of a call to the postback endpoints, in words for its readers: what was done and why, and what to do."""

from typing import Final, NamedTuple

from django.db import models
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Outcome(models.TextChoices):
    CONVERTED = "converted", _("Converted")
    UNPAID = "unpaid", _("Recorded, not paid")
    HELD = "held", _("Held")
    TEST = "test", _("Test")
    CONFIRMED = "confirmed", _("Confirmed")
    DUPLICATE = "duplicate", _("Duplicate")
    REFUNDED = "refunded", _("Refunded")
    ORPHAN_REFUND = "orphan_refund", _("Refund waits for its sale")
    STATUS_CHANGED = "status_changed", _("Status changed")
    STATUS_WAITS = "status_waits", _("Status waits for its order")
    OVERTAKEN = "overtaken", _("Overtaken")
    UNKNOWN_GOAL = "unknown_goal", _("Unknown goal")
    UNTRUSTED = "untrusted", _("Not from your server")
    FAILED = "failed", _("Failed, tried again")


class Explanation(NamedTuple):
    """`done`: what happened and why. `fix`: what the advertiser can do; empty where there is nothing to be done."""

    done: str | Promise
    fix: str | Promise = ""


TAKING_EFFECT: Final = Explanation(_("Accepted, and about to take effect."))

OUTCOMES: Final[dict[str, Explanation]] = {
    Outcome.CONVERTED: Explanation(_("Recorded as a conversion and credited to the publisher of the click.")),
    Outcome.TEST: Explanation(_("Recorded as a test. Tests are in no statistic and earn nothing.")),
    Outcome.CONFIRMED: Explanation(
        _("A browser had reported this order before. Your server's report confirmed it and replaced its amount.")
    ),
    Outcome.DUPLICATE: Explanation(_("The order was reported before. Nothing changed.")),
    Outcome.REFUNDED: Explanation(_("The refund was recorded and lowers the commission on its order.")),
    Outcome.ORPHAN_REFUND: Explanation(
        _("The refund is kept, but no conversion with this order number has been reported yet."),
        _("Report the sale with the same order number; the refund is then applied by itself."),
    ),
    Outcome.STATUS_CHANGED: Explanation(_("The status of the order was changed as reported.")),
    Outcome.STATUS_WAITS: Explanation(
        _("The status is kept, but no conversion with this order number has been reported yet."),
        _("Report the order with the same number within 30 days; the status is then applied by itself."),
    ),
    Outcome.OVERTAKEN: Explanation(_("A later call had already changed the status of this order. Nothing changed.")),
    Outcome.UNKNOWN_GOAL: Explanation(
        _("Nothing was recorded: the campaign has no such goal to report."), _("Send the code of one of its goals.")
    ),
    Outcome.UNTRUSTED: Explanation(
        _("Nothing was recorded: a browser cannot report refunds or change the status of orders."),
        _("Send it from your server, with the postback token."),
    ),
    Outcome.FAILED: Explanation(
        _("Processing failed by a fault on our side. It is tried again every minute and nothing is lost.")
    ),
}

UNPAID: Final[dict[str, Explanation]] = {
    "no_click": Explanation(
        _("Recorded, but nobody earns it: the call named no click."),
        _("Send the click id that came to your landing page in the address."),
    ),
    "bad_click_id": Explanation(
        _("Recorded, but nobody earns it: the click id is not one of ours, or was changed on its way."),
        _("Keep the click id exactly as it came, all 70 characters, upper and lower case."),
    ),
    "unknown_click": Explanation(
        _("Recorded, but nobody earns it: no publisher is known for this click."),
    ),
    "campaign_mismatch": Explanation(
        _("Recorded, but nobody earns it: the click belongs to another campaign."),
        _("Use the postback token of the campaign that the click came from."),
    ),
    "outside_window": Explanation(
        _("Recorded, but not paid: it happened after the attribution window of the click had closed."),
        _("Widen the window of the campaign if such orders should count."),
    ),
    "before_click": Explanation(
        _("Recorded, but not paid: it happened before the click."),
        _("Check the clock of your server and the time zone in the timestamp."),
    ),
    "partnership_inactive": Explanation(
        _("Recorded, but not paid: the click was made after the partnership had ended or was paused."),
    ),
    "publisher_suspended": Explanation(_("Rejected: the publisher of this click is suspended.")),
    "other_channel": Explanation(
        _("Recorded, but not paid: the call says that another channel than this network brought the buyer."),
    ),
    "invalid_click": Explanation(
        _("Recorded and held: the click was made by a known robot or a program without a name."),
        _("Check the order, then approve or decline it among your conversions."),
    ),
}
"""By the reason of the conversion."""

REJECTED: Final[dict[str, Explanation]] = {
    "bad_token": Explanation(
        _("Rejected: the postback token is missing or wrong."), _("Copy the token from the page of the campaign.")
    ),
    "missing_field": Explanation(_("Rejected: a required parameter is missing."), _("Add it to the call.")),
    "duplicate_parameter": Explanation(
        _("Rejected: a parameter was given more than once."), _("Send each parameter once.")
    ),
    "too_long": Explanation(_("Rejected: a value is too long.")),
    "invalid_characters": Explanation(
        _("Rejected: a value holds control characters or is not UTF-8."), _("Send text as UTF-8, percent-encoded once.")
    ),
    "invalid_type": Explanation(_("Rejected: a value has the wrong type."), _("Send amounts and ids as text.")),
    "invalid_json": Explanation(_("Rejected: the body is not correct JSON.")),
    "macro_not_replaced": Explanation(
        _("Rejected: a placeholder was sent in place of a value."),
        _("Check how the system that makes the call writes its macros: it did not fill this one in."),
    ),
    "placeholder_order_id": Explanation(
        _("Rejected: the order number is a placeholder such as “null”."), _("Send the real number of the order.")
    ),
    "placeholder_refund_id": Explanation(
        _("Rejected: the refund's number is a placeholder such as “null”."), _("Send the real number of the refund.")
    ),
    "formula": Explanation(
        _("Rejected: the cell holds a formula."), _("Copy the column and insert it as values, then save again.")
    ),
    "invalid_amount": Explanation(
        _("Rejected: the amount is not a plain number."),
        _("Write digits with a point for decimals, for example 1250.50, without thousands separators or signs."),
    ),
    "too_precise": Explanation(
        _("Rejected: the amount has more decimals than its currency."), _("Round it before you send it.")
    ),
    "amount_too_large": Explanation(_("Rejected: the amount is too large."), _("Check the unit and the currency.")),
    "invalid_currency": Explanation(
        _("Rejected: the currency is unknown or not the campaign's."), _("Send amounts in the campaign's currency.")
    ),
    "invalid_timestamp": Explanation(
        _("Rejected: the timestamp cannot be used."),
        _(
            "Send Unix seconds or ISO 8601 with a time zone, not in the future. Without one the moment of the call counts."
        ),
    ),
    "invalid_status": Explanation(
        _("Rejected: the status is unknown."), _("Send one of approved, declined, held, pending.")
    ),
    "unknown_goal": OUTCOMES[Outcome.UNKNOWN_GOAL],
    "unknown_click": Explanation(
        _("Rejected: this is not a click id."),
        _("Send the value that came to your landing page in the address, whole and unchanged."),
    ),
    "bad_click_id": Explanation(
        _("Rejected: the click id is not one of this campaign's, or was changed on its way."),
        _("Keep the click id exactly as it came, and use the token of the campaign that the click came from."),
    ),
    "conflicting_duplicate": Explanation(
        _("Not applied: the order was reported before with another amount or currency. The first report stands."),
        _("If the amount fell, report the difference as a refund. If the first report was wrong, decline it."),
    ),
    "campaign_not_active": Explanation(_("Rejected: the campaign has not been started yet.")),
    "publisher_suspended": Explanation(_("Rejected: the publisher of this click is suspended.")),
    "not_allowed_here": OUTCOMES[Outcome.UNTRUSTED],
}
"""By the reason in the edge's answer; others show the answer's own message."""

LOOKS: Final[dict[str, str]] = {
    Outcome.CONVERTED: "accepted",
    Outcome.UNPAID: "invalid",
    Outcome.HELD: "held",
    Outcome.TEST: "received",
    Outcome.CONFIRMED: "accepted",
    Outcome.DUPLICATE: "duplicate",
    Outcome.REFUNDED: "refunded",
    Outcome.ORPHAN_REFUND: "orphan",
    Outcome.STATUS_CHANGED: "processed",
    Outcome.STATUS_WAITS: "orphan",
    Outcome.OVERTAKEN: "duplicate",
    Outcome.UNKNOWN_GOAL: "rejected",
    Outcome.UNTRUSTED: "rejected",
    Outcome.FAILED: "failed",
}
"""The status (`network.statuses`) whose tone and icon an outcome has."""
