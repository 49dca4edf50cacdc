from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from network.ids import public_id
from network.models import Organization
from payouts.models.commissions import Commission
from publishers.models import PostbackEvent, PublisherPostback


class DeliveryStatus(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")
    SUPPRESSED = "suppressed", _("Suppressed")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def visible_to(self, organization: Organization) -> Self:
        return self.filter(postback__publisher=organization)


class Delivery(models.Model):
    """One report of one event to one of a publisher's postbacks: written with what caused it, sent afterwards.

    `public_id` is the same in each attempt, so that a receiver can tell a repeated call. What is told is the state right
    after the event: `state`, `amount` (commission), `refunded` (of the sale) in minor units, `reason`. `facts` are the
    values of the macros, gathered at the first attempt. `history` holds the attempts, oldest first:
    {"at", "url", "status", "ms", "error", "answer"}. Without a commission it is a test.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    postback = models.ForeignKey(PublisherPostback, on_delete=models.CASCADE, related_name="+")
    commission = models.ForeignKey(Commission, null=True, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=10, choices=PostbackEvent.choices)
    state = models.CharField(max_length=8)
    amount = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=40, blank=True)
    happened_at = models.DateTimeField()
    facts = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=DeliveryStatus.choices, default=DeliveryStatus.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_until = models.DateTimeField(null=True, help_text="a sender has it; free again when this passes")
    sent_at = models.DateTimeField(null=True)
    history = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["postback", "next_try_at", "id"], condition=Q(status="waiting"), name="delivery_due"),
            models.Index(fields=["claimed_until"], condition=Q(status="waiting"), name="delivery_claimed"),
            models.Index(fields=["postback", "-id"], name="delivery_log"),
            models.Index(fields=["commission", "postback", "id"], name="delivery_of_commission"),
            models.Index(fields=["created_at"], name="delivery_age"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["postback", "commission", "event", "state", "amount", "refunded"],
                condition=Q(commission__isnull=False),
                name="delivery_once",
            ),
            models.CheckConstraint(condition=Q(status__in=DeliveryStatus.values), name="delivery_status"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def organization(self) -> Organization:
        return self.postback.publisher

    @property
    def is_test(self) -> bool:
        return self.commission_id is None
