from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from network.ids import public_id
from network.models import Organization


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
    SOFTWARE = "software", _("Browser extension or software")
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
