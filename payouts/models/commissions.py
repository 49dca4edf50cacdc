from typing import Final, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, CommissionPlan, CommissionRule, Goal, Scope, advertisers_of
from network.ids import public_id
from network.models import Kind, Organization, User
from network.money import Money
from payouts.models.reasons import Reason
from publishers.models import Partnership
from tracking.models import Conversion


class CommissionStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    HELD = "held", _("Held")
    APPROVED = "approved", _("Approved")
    LOCKED = "locked", _("Locked")
    PAID = "paid", _("Paid")
    DECLINED = "declined", _("Declined")
    REVERSED = "reversed", _("Reversed")


TRANSITIONS: Final[dict[str, frozenset[str]]] = {
    CommissionStatus.PENDING: frozenset({CommissionStatus.APPROVED, CommissionStatus.DECLINED, CommissionStatus.HELD}),
    CommissionStatus.HELD: frozenset({CommissionStatus.PENDING, CommissionStatus.APPROVED, CommissionStatus.DECLINED}),
    CommissionStatus.APPROVED: frozenset({CommissionStatus.LOCKED, CommissionStatus.HELD, CommissionStatus.REVERSED}),
    CommissionStatus.LOCKED: frozenset({CommissionStatus.PAID, CommissionStatus.REVERSED}),
    CommissionStatus.PAID: frozenset({CommissionStatus.REVERSED}),
    CommissionStatus.DECLINED: frozenset(),
    CommissionStatus.REVERSED: frozenset(),
}
"""Every change of status there is; a trigger refuses all others. Declined and reversed are final."""


class CommissionQuerySet(models.QuerySet["Commission"]):
    def visible_to(self, organization: Organization, scope: Scope = Scope.CONVERSIONS) -> Self:
        if organization.kind == Kind.PUBLISHER:
            return self.filter(publisher=organization)
        return self.filter(advertiser__in=advertisers_of(organization, scope))


class RejectionQuerySet(models.QuerySet["Rejection"]):
    def visible_to(self, organization: Organization, scope: Scope = Scope.CONVERSIONS) -> Self:
        """Only those who pay see what was not paid; a publisher without a commission has no part in the conversion."""
        return self.filter(conversion__campaign__advertiser__in=advertisers_of(organization, scope))


class Commission(models.Model):
    """What one conversion, or one day of clicks or impressions, earns a publisher and costs the advertiser with the fee.

    `amount` and `fee` are what is posted in the ledger now, in minor units; the advertiser's cost is their sum. `base` is
    the sale amount before refunds, `refunded` what went back, `count` the events of a day; of a conversion 1, or 0 once it
    is fully refunded. `step` numbers the ledger entries of this commission and is part of their idempotency keys.
    A conversion that the advertiser's server gave to another publisher's click leaves the first one's commission behind,
    declined; so does one that a quality decision closed and an appeal opened again.
    `due_amount` and `due_fee` are not posted yet because the advertiser's balance did not cover them; where that is all
    there is, the commission is held as unfunded.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    advertiser = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    publisher = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="+")
    goal = models.ForeignKey(Goal, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(CommissionPlan, on_delete=models.PROTECT, related_name="+")
    rule = models.ForeignKey(CommissionRule, on_delete=models.PROTECT, related_name="+")
    conversion = models.ForeignKey(Conversion, null=True, on_delete=models.PROTECT, related_name="+")
    day = models.DateField(help_text="in the campaign's time zone: of the conversion, or the day counted")
    count = models.BigIntegerField(default=1)
    base = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField(default=0)
    fee = models.BigIntegerField(default=0)
    due_amount = models.BigIntegerField(default=0)
    due_fee = models.BigIntegerField(default=0)
    status = models.CharField(max_length=8, choices=CommissionStatus.choices)
    reason = models.CharField(max_length=40, blank=True)
    note = models.CharField(max_length=500, blank=True)
    step = models.PositiveIntegerField(default=0)
    validate_until = models.DateTimeField(help_text="approved by itself from then on, unless declined")
    created_at = models.DateTimeField(auto_now_add=True)
    approved_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    objects = CommissionQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["advertiser", "status", "-id"]),
            models.Index(fields=["publisher", "status", "-id"]),
            models.Index(fields=["advertiser", "-day", "-id"]),
            models.Index(fields=["publisher", "-day", "-id"]),
            models.Index(fields=["campaign", "day"]),
            models.Index(fields=["validate_until"], condition=Q(status="pending"), name="commission_due"),
            models.Index(
                fields=["advertiser", "currency", "id"],
                condition=Q(due_amount__gt=0) | Q(due_fee__gt=0),
                name="commission_unfunded",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["conversion", "partnership"],
                condition=~Q(reason=Reason.INVALID, status__in=["declined", "reversed"]),
                name="commission_once_per_conversion",
            ),
            models.UniqueConstraint(
                fields=["partnership", "goal", "day", "plan"],
                condition=Q(conversion=None),
                name="commission_once_per_day",
            ),
            models.CheckConstraint(condition=Q(status__in=CommissionStatus.values), name="commission_status"),
            models.CheckConstraint(
                condition=Q(amount__gte=0, fee__gte=0, due_amount__gte=0, due_fee__gte=0, count__gte=0),
                name="commission_not_negative",
            ),
            models.CheckConstraint(condition=Q(refunded__lte=F("base")), name="commission_refund_within_base"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def organization(self) -> Organization:
        return self.advertiser

    @property
    def earned(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def network_fee(self) -> Money:
        return Money(self.fee, self.currency)

    @property
    def cost(self) -> Money:
        return Money(self.amount + self.fee, self.currency)

    @property
    def sale(self) -> Money | None:
        """The amount that was reported; none of a lead, an install, a day of clicks."""
        return Money(self.base, self.currency) if self.base else None

    @property
    def refunded_money(self) -> Money:
        return Money(self.refunded, self.currency)

    @property
    def due(self) -> Money:
        """What the advertiser's balance does not cover yet."""
        return Money(self.due_amount + self.due_fee, self.currency)

    @property
    def is_final(self) -> bool:
        return not TRANSITIONS[self.status]

    @property
    def is_fully_refunded(self) -> bool:
        return self.count == 0

    @property
    def shown_status(self) -> str:
        """The status in the words of `network.statuses`: a fully refunded commission says so before it is closed."""
        if self.status in {CommissionStatus.PENDING, CommissionStatus.APPROVED} and self.is_fully_refunded:
            return "refunded"
        return self.status


class Rejection(models.Model):
    """A conversion that earns no commission, and why."""

    conversion = models.OneToOneField(Conversion, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=40, choices=Reason.choices)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = RejectionQuerySet.as_manager()

    def __str__(self) -> str:
        return str(self.conversion)

    @property
    def sale(self) -> Money | None:
        amount = self.conversion.amount
        return None if amount is None else Money(amount, self.conversion.currency)

    @property
    def organization(self) -> Organization:
        return self.conversion.campaign.advertiser
