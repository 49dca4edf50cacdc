from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, CommissionPlan, CommissionRule, Goal, Scope, advertisers_of
from network.ids import public_id
from network.models import Kind, Organization, User
from network.money import Money
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


class CommissionQuerySet(models.QuerySet["Commission"]):
    def visible_to(self, organization: Organization, scope: Scope = Scope.CONVERSIONS) -> Self:
        if organization.kind == Kind.PUBLISHER:
            return self.filter(publisher=organization)
        return self.filter(advertiser__in=advertisers_of(organization, scope))


class Commission(models.Model):
    """What one conversion, or one day of clicks or impressions, earns a publisher and costs the advertiser with the fee.

    `amount` and `fee` are what is posted in the ledger now (net of refunds), in minor units; the advertiser's cost is their
    sum. `base` is the sale amount before refunds, `refunded` what went back, `count` the events of a day. `step` numbers
    the ledger entries of this commission and is part of their idempotency keys. Held with reason "unfunded": nothing is
    posted yet because the advertiser's balance does not cover `due_amount` + `due_fee`.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    advertiser = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    publisher = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="+")
    goal = models.ForeignKey(Goal, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(CommissionPlan, on_delete=models.PROTECT, related_name="+")
    rule = models.ForeignKey(CommissionRule, on_delete=models.PROTECT, related_name="+")
    conversion = models.OneToOneField(Conversion, null=True, on_delete=models.PROTECT, related_name="+")
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
            models.Index(fields=["campaign", "day"]),
            models.Index(fields=["validate_until"], condition=Q(status="pending"), name="commission_due"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "goal", "day", "plan"],
                condition=Q(conversion=None),
                name="commission_once_per_day",
            ),
            models.CheckConstraint(condition=Q(status__in=CommissionStatus.values), name="commission_status"),
            models.CheckConstraint(condition=Q(amount__gte=0, fee__gte=0), name="commission_not_negative"),
            models.CheckConstraint(
                condition=Q(refunded__lte=F("base")), name="commission_refund_within_base"
            ),
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
    def cost(self) -> Money:
        return Money(self.amount + self.fee, self.currency)


class Bonus(models.Model):
    """Extra pay by hand, payable at once."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    advertiser = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    publisher = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    fee = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(_("reason"), max_length=200)
    given_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0, fee__gte=0), name="bonus_amount")]

    def __str__(self) -> str:
        return self.reason

    @property
    def organization(self) -> Organization:
        return self.advertiser


class TopUp(models.Model):
    """A prepayment of an advertiser, recorded by the network's staff with the bank's reference."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    advertiser = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(_("bank reference"), max_length=80)
    recorded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="top_up_amount"),
            models.UniqueConstraint(fields=["advertiser", "reference"], name="top_up_reference_once"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def organization(self) -> Organization:
        return self.advertiser
