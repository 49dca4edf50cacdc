from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, Objective
from network.ids import public_id
from network.models import Kind, Organization
from publishers.models.channels import Channel


class SmartLinkQuerySet(models.QuerySet["SmartLink"]):
    def live(self) -> Self:
        return self.filter(retired_at=None)

    def of(self, owner: Organization) -> Self:
        """A publisher's own; of the network those that it offers to publishers."""
        return self.filter(publisher=owner) if owner.kind == Kind.PUBLISHER else self.filter(publisher=None)


class SmartLink(models.Model):
    """`/go/<slug>`: picks for each visitor the best campaign among its publisher's active partnerships.

    Among the campaigns listed with weights, or, when none are, all those of `objective` (empty: of any). One of the
    network has no publisher and serves nobody itself: publishers take it, and theirs follow its rule (`source`).
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    publisher = models.ForeignKey(Organization, null=True, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="taken")
    slug = models.CharField(_("short name"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel.choices, default=Channel.OTHER)
    objective = models.CharField(_("objective"), max_length=12, blank=True, choices=Objective.choices)
    catch_all_url = models.URLField(_("catch-all page"), max_length=2000, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    objects = SmartLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(slug__regex=r"^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$"), name="smart_link_slug"
            ),
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="smart_link_channel"),
            models.CheckConstraint(
                condition=Q(source=None) | Q(publisher__isnull=False), name="smart_link_taken_by_somebody"
            ),
            models.UniqueConstraint(
                fields=["publisher", "source"],
                condition=Q(source__isnull=False, retired_at=None),
                name="smart_link_taken_once",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def organization(self) -> Organization | None:
        return self.publisher


class SmartLinkCampaign(models.Model):
    """A campaign that a smart link names, with its weight (0: only while nothing else fits)."""

    smart_link = models.ForeignKey(SmartLink, on_delete=models.CASCADE, related_name="campaigns")
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="+")
    weight = models.PositiveSmallIntegerField(_("weight"), default=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["smart_link", "campaign"], name="smart_link_campaign_once"),
            models.CheckConstraint(condition=Q(weight__lte=1000), name="smart_link_weight"),
        ]

    def __str__(self) -> str:
        return f"{self.smart_link} · {self.campaign}"


class SmartLinkRoute(models.Model):
    """One way a smart link may send a visitor: a partnership of its publisher, the tracking link for it, and its score.

    `score_micro`: weight × what a click earned in the last 7 days, kept by a job; see docs/channels.md.
    """

    smart_link = models.ForeignKey(SmartLink, on_delete=models.CASCADE, related_name="routes")
    link = models.ForeignKey("publishers.TrackingLink", on_delete=models.PROTECT, related_name="+")
    weight = models.PositiveSmallIntegerField(default=100)
    clicks = models.BigIntegerField(default=0, help_text="valid ones of the last 7 days, inside the smart link")
    score_micro = models.BigIntegerField(null=True, help_text="null: too few clicks to tell")
    scored_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["smart_link", "link"], name="smart_link_route_once")]

    def __str__(self) -> str:
        return f"{self.smart_link} → {self.link}"

    @property
    def score(self) -> int | None:
        """In hundredths of weight: 100 is a campaign of the usual weight that earns the average."""
        return None if self.score_micro is None else round(self.score_micro / 10_000)
