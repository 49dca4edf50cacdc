"""The one place that says how a status looks: its tone, its icon and its word, whatever the model."""

from dataclasses import dataclass
from typing import Final, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

type Tone = Literal["good", "wait", "warn", "bad", "off", "info"]


@dataclass(frozen=True, slots=True)
class Status:
    tone: Tone
    icon: str
    label: str | Promise


STATUSES: Final[dict[str, Status]] = {
    # organizations, partnerships, campaigns, plans
    "draft": Status("off", "pencil", _("Draft")),
    "applied": Status("wait", "hourglass", _("Applied")),
    "invited": Status("info", "mail-forward", _("Invited")),
    "active": Status("good", "circle-check", _("Active")),
    "paused": Status("warn", "player-pause", _("Paused")),
    "ended": Status("off", "flag", _("Ended")),
    "suspended": Status("bad", "ban", _("Suspended")),
    "archived": Status("off", "archive", _("Archived")),
    "scheduled": Status("info", "calendar-time", _("Scheduled")),
    "superseded": Status("off", "history", _("Superseded")),
    "revoked": Status("off", "key-off", _("Revoked")),
    "retired": Status("off", "archive", _("Retired")),
    "expired": Status("off", "clock-pause", _("Expired")),
    # conversions and commissions
    "pending": Status("wait", "hourglass", _("Pending")),
    "approved": Status("good", "circle-check", _("Approved")),
    "locked": Status("good", "lock-check", _("Locked")),
    "paid": Status("good", "cash", _("Paid")),
    "held": Status("warn", "hand-stop", _("Held")),
    "declined": Status("bad", "circle-x", _("Declined")),
    "reversed": Status("bad", "arrow-back-up", _("Reversed")),
    "refunded": Status("bad", "receipt-refund", _("Refunded")),
    "partly_refunded": Status("warn", "receipt-refund", _("Partly refunded")),
    # verdicts
    "valid": Status("good", "shield-check", _("Valid")),
    "suspect": Status("warn", "alert-triangle", _("Suspect")),
    "invalid": Status("bad", "circle-x", _("Invalid")),
    # postbacks, jobs
    "accepted": Status("good", "circle-check", _("Accepted")),
    "duplicate": Status("info", "copy", _("Duplicate")),
    "rejected": Status("bad", "circle-x", _("Rejected")),
    "orphan": Status("warn", "link-off", pgettext_lazy("status", "Orphan")),
    "received": Status("info", "inbox", _("Received")),
    "processed": Status("good", "checks", _("Processed")),
    "sent": Status("info", "send", _("Sent")),
    "waiting": Status("wait", "hourglass", _("Waiting")),
    "suppressed": Status("off", "ban", _("Suppressed")),
    "failing": Status("warn", "alert-triangle", _("Failing")),
    "stopped": Status("bad", "link-off", _("Switched off by us")),
    "checking": Status("wait", "hourglass", _("Being checked")),
    "ready": Status("info", "circle-check", _("Ready to apply")),
    "running": Status("wait", "loader", _("Being applied")),
    "done": Status("good", "checks", _("Done")),
    "cancelled": Status("off", "ban", _("Cancelled")),
    "failed": Status("bad", "alert-circle", _("Failed")),
    "open": Status("info", "lock-open", _("Open")),
    # quality's cases, appeals, and the past judged again
    "cleared": Status("good", "shield-check", _("Cleared")),
    "appealed": Status("warn", "message", _("Appealed")),
    "previewing": Status("wait", "hourglass", _("Being counted")),
    "applying": Status("wait", "hourglass", _("Being applied")),
    "discarded": Status("off", "trash", _("Discarded")),
}


def of(value: str) -> Status:
    """The look of a status value. One that nobody listed shows its own word in a quiet tone."""
    return STATUSES.get(value) or Status("off", "circle", value.replace("_", " ").capitalize())
