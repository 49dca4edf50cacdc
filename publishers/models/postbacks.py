from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Goal
from network.ids import public_id
from network.models import Organization
from network.webhooks import make_secret
from publishers.models.partnerships import Partnership


class PostbackEvent(models.TextChoices):
    RECORDED = "recorded", _("Conversion recorded")
    CHANGED = "changed", _("Commission changed")
    APPROVED = "approved", _("Conversion approved")
    DECLINED = "declined", _("Conversion declined")
    REVERSED = "reversed", _("Conversion reversed")
    REFUNDED = "refunded", _("Refund")


class PostbackMethod(models.TextChoices):
    GET = "GET", "GET"
    POST = "POST", "POST"


class PublisherPostbackQuerySet(models.QuerySet["PublisherPostback"]):
    def of(self, publisher: Organization) -> Self:
        return self.filter(publisher=publisher, removed_at=None)

    def told_about(self, partnership: Partnership | int, goal: int, event: str) -> Self:
        """Those that this event of this goal in this partnership is sent to."""
        pk = partnership if isinstance(partnership, int) else partnership.pk
        found = self.filter(removed_at=None, is_active=True, events__contains=[event])
        return found.filter(Q(partnership=None) | Q(partnership=pk)).filter(Q(goal=None) | Q(goal=goal))


class PublisherPostback(models.Model):
    """Where a publisher wants to hear of its conversions: an address with macros, for all its campaigns or for one.

    Without `partnership` it is global; without `goal` it hears of all goals. `host` is that of the address: receivers are
    kept apart by it. `paused_until` is what a receiver asked for by Retry-After. `failing_since` is the first failure after
    the last success. Secrets are needed to sign and so are kept readable; they are shown to the publisher only.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    publisher = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    partnership = models.ForeignKey(Partnership, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    goal = models.ForeignKey(Goal, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    url = models.CharField(_("address"), max_length=2000)
    host = models.CharField(max_length=255)
    method = models.CharField(_("method"), max_length=4, choices=PostbackMethod.choices, default=PostbackMethod.GET)
    events = ArrayField(models.CharField(max_length=10, choices=PostbackEvent.choices))
    secret = models.CharField(max_length=64, default=make_secret)
    former_secret = models.CharField(max_length=64, blank=True)
    former_until = models.DateTimeField(null=True)
    is_active = models.BooleanField(default=True)
    stopped_reason = models.CharField(max_length=20, blank=True, help_text="gone or failing, when we switched it off")
    failing_since = models.DateTimeField(null=True)
    paused_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)

    objects = PublisherPostbackQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["publisher"], condition=Q(removed_at=None), name="postback_of_publisher"),
            models.Index(fields=["host"], condition=Q(removed_at=None, is_active=True), name="postback_hosts"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(method__in=PostbackMethod.values), name="publisher_postback_method"),
        ]

    def __str__(self) -> str:
        return self.host

    @property
    def organization(self) -> Organization:
        return self.publisher

    @property
    def event_words(self) -> list[str]:
        return [str(PostbackEvent(event).label) for event in self.events]

    @property
    def look(self) -> str:
        """Its status in the words of `network.statuses`."""
        if self.is_active:
            return "active" if self.failing_since is None else "failing"
        return "stopped" if self.stopped_reason else "paused"
