import uuid
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, Scope, advertisers_of
from network.ids import public_id
from network.models import Kind, Organization, User
from network.money import Money


class BonusQuerySet(models.QuerySet["Bonus"]):
    def visible_to(self, organization: Organization, scope: Scope = Scope.MONEY) -> Self:
        if organization.kind == Kind.PUBLISHER:
            return self.filter(publisher=organization)
        return self.filter(advertiser__in=advertisers_of(organization, scope))


class Bonus(models.Model):
    """Extra pay by hand, payable at once. `key` comes with the form, so that sending it twice gives one bonus."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    advertiser = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    publisher = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    fee = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(_("reason"), max_length=200)
    day = models.DateField(help_text="in the campaign's time zone")
    given_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BonusQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(amount__gt=0, fee__gte=0), name="bonus_amount")]

    def __str__(self) -> str:
        return self.reason

    @property
    def given(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def cost(self) -> Money:
        return Money(self.amount + self.fee, self.currency)

    @property
    def organization(self) -> Organization:
        return self.advertiser
