from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Scope, advertisers_of
from network.ids import public_id
from network.models import Organization, User
from network.money import Money


class TopUpQuerySet(models.QuerySet["TopUp"]):
    def visible_to(self, organization: Organization, scope: Scope = Scope.MONEY) -> Self:
        return self.filter(advertiser__in=advertisers_of(organization, scope))


class TopUp(models.Model):
    """A prepayment of an advertiser, recorded by the network's staff with the bank's reference."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    advertiser = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reference = models.CharField(_("bank reference"), max_length=80)
    recorded_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TopUpQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="top_up_amount"),
            models.UniqueConstraint(fields=["advertiser", "reference"], name="top_up_reference_once"),
        ]

    def __str__(self) -> str:
        return self.reference

    @property
    def paid_in(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def organization(self) -> Organization:
        return self.advertiser
