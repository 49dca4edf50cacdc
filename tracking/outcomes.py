"""What became of a call to the postback endpoints, in words for the log: what was done, why, what to do."""

from typing import NamedTuple

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
    """`done` says what happened and why; `fix` what the advertiser can do, empty where nothing is to be done."""

    done: str | Promise
    fix: str | Promise = ""
