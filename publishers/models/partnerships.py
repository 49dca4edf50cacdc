from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, Scope, advertisers_of
from network.ids import public_id
from network.models import Kind, Organization


class PartnershipStatus(models.TextChoices):
    APPLIED = "applied", _("Applied")
    INVITED = "invited", _("Invited")
    ACTIVE = "active", _("Active")
    PAUSED = "paused", _("Paused")
    DECLINED = "declined", _("Declined")
    ENDED = "ended", _("Ended")


class PartnershipQuerySet(models.QuerySet["Partnership"]):
    def visible_to(self, organization: Organization, scope: Scope = Scope.PUBLISHERS) -> Self:
        """A publisher's own; those of the campaigns that an advertiser or agency runs; the network's all."""
        if organization.kind == Kind.PUBLISHER:
            return self.filter(publisher=organization)
        return self.filter(campaign__advertiser__in=advertisers_of(organization, scope))


class Partnership(models.Model):
    """A publisher in a campaign.

    applied → active (approved) or declined; invited → active (accepted) or declined (by the publisher);
    active ↔ paused; invited, active, paused → ended; declined, ended → applied or invited again.
    `message` is of who asked last, `reason` and `decided_by` are of the last decision.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    publisher = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=PartnershipStatus.choices)
    message = models.TextField(_("message"), blank=True, max_length=1000)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    applied_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(Organization, null=True, on_delete=models.PROTECT, related_name="+")

    objects = PartnershipQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["publisher", "status"]),
            models.Index(fields=["campaign", "status"]),
        ]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "publisher"], name="partnership_once"),
            models.CheckConstraint(condition=Q(status__in=PartnershipStatus.values), name="partnership_status"),
        ]

    def __str__(self) -> str:
        return f"{self.publisher} · {self.campaign}"

    @property
    def organization(self) -> Organization:
        return self.publisher

    @property
    def was_turned_down_by_publisher(self) -> bool:
        return self.status == PartnershipStatus.DECLINED and self.decided_by_id == self.publisher_id
