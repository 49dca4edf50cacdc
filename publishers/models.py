from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, Creative, Scope, advertisers_of
from network.ids import public_id, random_code
from network.models import Kind, Organization


class PublisherKind(models.TextChoices):
    COUPON = "coupon", _("Coupon site")
    BLOG = "blog", _("Blog")
    REVIEW = "review", _("Review site")
    SOCIAL = "social", _("Social media")
    INFLUENCER = "influencer", _("Influencer")
    APP = "app", _("Mobile app")
    CASHBACK = "cashback", _("Cashback")
    EMAIL = "email", _("E-mail")
    COMPARISON = "comparison", _("Comparison site")
    OTHER = "other", _("Other")


class PublisherProfile(models.Model):
    organization = models.OneToOneField(Organization, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=PublisherKind.choices)
    description = models.TextField(_("how you promote"), blank=True, max_length=2000)
    audience = models.CharField(_("audience"), max_length=300, blank=True)

    def __str__(self) -> str:
        return str(self.organization)


class PropertyQuerySet(models.QuerySet["Property"]):
    def of(self, publisher: Organization) -> Self:
        return self.filter(publisher=publisher, removed_at=None)


class Property(models.Model):
    """A declared place where a publisher promotes: a site, a channel, an app."""

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    publisher = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("kind"), max_length=10, choices=PublisherKind.choices)
    name = models.CharField(_("name"), max_length=120)
    url = models.URLField(_("address"), max_length=500)
    monthly_visitors = models.PositiveIntegerField(_("visitors a month"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    removed_at = models.DateTimeField(null=True)

    objects = PropertyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["publisher", "url"], condition=Q(removed_at=None), name="property_once")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def organization(self) -> Organization:
        return self.publisher


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


def link_code() -> str:
    return random_code(9)


class TrackingLinkQuerySet(models.QuerySet["TrackingLink"]):
    def live(self) -> Self:
        return self.filter(retired_at=None)

    def with_creatives(self) -> Self:
        """Ready to be taken away: with what they show, but without the bytes of banners."""
        return self.select_related("creative__image").defer("creative__image__data")


class TrackingLink(models.Model):
    """A publisher's link to a creative, a page (deep link) or the campaign's landing page. `code` is its public name.

    `sub1`…`sub5` are the publisher's labels put into the link's address when it is grabbed; a click's own win.
    """

    code = models.CharField(max_length=16, unique=True, default=link_code, editable=False)
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="links")
    creative = models.ForeignKey(Creative, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    shown_on = models.ForeignKey(Property, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(_("name"), max_length=120, blank=True)
    destination = models.URLField(_("deep link"), max_length=2000, blank=True)
    subs = ArrayField(models.CharField(max_length=256, blank=True), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    objects = TrackingLinkQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name or self.code

    @property
    def organization(self) -> Organization:
        return self.partnership.publisher

    @property
    def campaign(self) -> Campaign:
        return self.partnership.campaign
