"""What stands for what of the systems that a network came from, so that migrated links and reports keep working."""

from collections.abc import Iterator
from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Concat
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, Creative, Goal, Scope, System
from network.models import Kind, Organization
from publishers.models import TrackingLink


class ForeignKind(models.TextChoices):
    """A `link` is the pair "campaign|publisher" of the other system, for links that name both; a `token` is what signed the
    reports to a campaign there, where several share one as "campaign:token".
    """

    CAMPAIGN = "campaign", _("Campaign")
    PUBLISHER = "publisher", _("Publisher")
    CREATIVE = "creative", _("Creative")
    GOAL = "goal", _("Goal")
    LINK = "link", _("Link")
    TOKEN = "token", _("Security token")


def _between(*fields: str) -> Iterator[models.Value | str]:
    """Each with a blank before it. None of them but the last can have one."""
    for field in fields:
        yield models.Value(" ")
        yield field


class ForeignIdQuerySet(models.QuerySet["ForeignId"]):
    def visible_to(self, organization: Organization) -> Self:
        """The network's all; those of the campaigns that an agency runs."""
        if organization.kind == Kind.NETWORK:
            return self
        return self.filter(campaign__in=Campaign.objects.run_by(organization, Scope.CAMPAIGNS))


class ForeignId(models.Model):
    """An id of another system and what it stands for here: exactly one of publisher, creative, goal, link, or else the
    campaign itself. `campaign` is that of all but publishers.

    `account` tells accounts of one system apart, where several moved here and their numbers repeat: the network's id
    (`nid`), its host name, the enterprise's id. A host name given here is answered by the edge. "": the only account.

    `accepts_unsigned`, on a campaign: its reports are read without a token, but are not trusted. `allowed_ips`: then only
    from these networks; reports from there are trusted.
    """

    system = models.CharField(_("system"), max_length=12, choices=System.choices)
    kind = models.CharField(_("kind"), max_length=10, choices=ForeignKind.choices)
    account = models.CharField(_("account over there"), max_length=64, blank=True)
    foreign_id = models.CharField(_("id over there"), max_length=128)
    name = models.GeneratedField(
        expression=Concat("system", *_between("kind", "account", "foreign_id")),
        output_field=models.CharField(max_length=224),
        db_persist=True,
        unique=True,
    )
    campaign = models.ForeignKey(Campaign, null=True, on_delete=models.CASCADE, related_name="+")
    publisher = models.ForeignKey(Organization, null=True, on_delete=models.CASCADE, related_name="+")
    creative = models.ForeignKey(Creative, null=True, on_delete=models.CASCADE, related_name="+")
    goal = models.ForeignKey(Goal, null=True, on_delete=models.CASCADE, related_name="+")
    link = models.ForeignKey(TrackingLink, null=True, on_delete=models.CASCADE, related_name="+")
    accepts_unsigned = models.BooleanField(default=False)
    allowed_ips = ArrayField(models.CharField(max_length=43), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ForeignIdQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(system__in=System.values), name="foreign_id_system"),
            models.CheckConstraint(condition=Q(kind__in=ForeignKind.values), name="foreign_id_kind"),
            models.CheckConstraint(
                condition=Q(kind="campaign", campaign__isnull=False)
                | Q(kind="publisher", publisher__isnull=False)
                | Q(kind="creative", creative__isnull=False)
                | Q(kind="goal", goal__isnull=False)
                | Q(kind="link", link__isnull=False)
                | Q(kind="token", campaign__isnull=False),
                name="foreign_id_stands_for_something",
            ),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (self.system, self.account, self.kind, self.foreign_id)))


class ForeignClick(models.Model):
    """A click that was made in another system: its id there, and ours. Written by the import of clicks."""

    pk = models.CompositePrimaryKey("campaign_id", "system", "foreign_id")
    campaign_id = models.BigIntegerField()
    system = models.CharField(max_length=12)
    foreign_id = models.CharField(max_length=128)
    click_id = models.CharField(max_length=160)

    def __str__(self) -> str:
        return f"{self.system} {self.foreign_id}"
