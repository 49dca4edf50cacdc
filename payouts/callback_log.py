"""What pages read about a publisher's postbacks and their calls."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network.models import Organization
from payouts import facts
from payouts.models import Delivery, DeliveryStatus
from publishers.models import PublisherPostback

RECENT: Final = timedelta(days=7)
ERRORS: Final[dict[str, Promise]] = {
    "timeout": _("No answer within 15 seconds."),
    "unreachable": _("The receiver could not be reached."),
    "tls": _("The receiver's certificate is not valid."),
    "unknown_host": _("The host name is not known."),
    "private_destination": _("The address is not on the public internet."),
    "port_not_allowed": _("This port may not be called."),
    "bad_destination": _("The address is not a valid one."),
    "redirect": _("The receiver answered with a redirect, which is not followed."),
}


@dataclass(frozen=True, slots=True)
class Row:
    postback: PublisherPostback
    sent: int
    waiting: int
    failed: int
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Attempt:
    at: datetime
    url: str
    status: int | None
    milliseconds: int
    error: str | Promise
    answer: str

    @property
    def look(self) -> str:
        return "sent" if self.status is not None and 200 <= self.status < 300 else "failed"


def callbacks(publisher: Organization) -> list[Row]:
    """Its postbacks with what happened in the last seven days."""
    found = PublisherPostback.objects.of(publisher).select_related("partnership__campaign", "goal").order_by("pk")
    since = timezone.now() - RECENT
    recent = Delivery.objects.filter(postback__in=found.values("pk"), created_at__gte=since)
    counted: dict[int, dict[str, Any]] = {
        row["postback_id"]: dict(row)
        for row in recent.order_by()
        .values("postback_id")
        .annotate(
            sent=Count("pk", filter=Q(status=DeliveryStatus.SENT)),
            waiting=Count("pk", filter=Q(status=DeliveryStatus.WAITING)),
            failed=Count("pk", filter=Q(status=DeliveryStatus.FAILED)),
            last=Max("sent_at"),
        )
    }
    none: dict[str, Any] = {"sent": 0, "waiting": 0, "failed": 0, "last": None}
    return [Row(one, **{name: counted.get(one.pk, none)[name] for name in none}) for one in found]


def calls(publisher: Organization) -> QuerySet[Delivery]:
    """The latest first."""
    return facts.with_all(Delivery.objects.visible_to(publisher)).order_by("-pk")


def attempts(delivery: Delivery) -> list[Attempt]:
    """The latest first."""
    return [_attempt(each) for each in reversed(delivery.history)]


def _attempt(kept: dict[str, Any]) -> Attempt:
    at = datetime.fromisoformat(kept["at"])
    return Attempt(at, kept["url"], kept["status"], kept["ms"], ERRORS.get(kept["error"], ""), kept["answer"])
