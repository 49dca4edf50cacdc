from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from network.ids import public_id
from network.models import Kind, Organization


class Scope(models.TextChoices):
    CAMPAIGNS = "campaigns", _("Campaigns and commission plans")
    PUBLISHERS = "publishers", _("Publishers and applications")
    CONVERSIONS = "conversions", _("Validate conversions and refunds")
    REPORTS = "reports", _("Reports")
    MONEY = "money", _("Balance and bonuses")


class Mandate(models.Model):
    """An OPM agency's right over one advertiser. In force from `given_at` until `ended_at`; never edited into another's."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    advertiser = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    scopes = ArrayField(models.CharField(max_length=12, choices=Scope.choices))
    given_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["advertiser", "agency"], condition=Q(ended_at=None), name="mandate_one_open"
            ),
            models.CheckConstraint(condition=~Q(advertiser=F("agency")), name="mandate_two_parties"),
        ]

    def __str__(self) -> str:
        return f"{self.advertiser} → {self.agency}"

    @property
    def organization(self) -> Organization:
        return self.advertiser


def advertisers_of(organization: Organization, scope: Scope) -> models.QuerySet[Organization]:
    """The advertisers this organization may act for: itself, an agency's clients with that scope, the network's all."""
    advertisers = Organization.objects.filter(kind=Kind.ADVERTISER)
    if organization.kind == Kind.NETWORK:
        return advertisers
    if organization.kind == Kind.AGENCY:
        given = Mandate.objects.filter(agency=organization, ended_at=None, scopes__contains=[scope])
        return advertisers.filter(pk__in=given.values("advertiser"))
    return advertisers.filter(pk=organization.pk)
