from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, Creative
from network.ids import random_code
from network.models import Organization
from publishers.models.partnerships import Partnership
from publishers.models.profiles import Property, PublisherKind


class Channel(models.TextChoices):
    """How a link reaches its visitors: a dimension of every report, chosen when the link is taken."""

    WEBSITE = "website", _("Website")
    SOCIAL = "social", _("Social media")
    EMAIL = "email", _("E-mail")
    NATIVE = "native", _("Native")
    DISPLAY = "display", _("Display")
    INFLUENCER = "influencer", _("Influencer")
    COUPON = "coupon", _("Coupon site")
    APP = "app", _("Mobile app")
    SEARCH = "search", _("Search")
    OTHER = "other", _("Other")


CHANNELS: dict[str, Channel] = {
    PublisherKind.COUPON: Channel.COUPON,
    PublisherKind.BLOG: Channel.WEBSITE,
    PublisherKind.REVIEW: Channel.WEBSITE,
    PublisherKind.SOCIAL: Channel.SOCIAL,
    PublisherKind.INFLUENCER: Channel.INFLUENCER,
    PublisherKind.APP: Channel.APP,
    PublisherKind.CASHBACK: Channel.COUPON,
    PublisherKind.EMAIL: Channel.EMAIL,
    PublisherKind.COMPARISON: Channel.WEBSITE,
    PublisherKind.OTHER: Channel.OTHER,
}
"""The channel that a publisher or a property of this kind mostly means."""


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
    channel = models.CharField(_("channel"), max_length=12, choices=Channel.choices, default=Channel.WEBSITE)
    destination = models.URLField(_("deep link"), max_length=2000, blank=True)
    subs = ArrayField(models.CharField(max_length=256, blank=True), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    objects = TrackingLinkQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(channel__in=Channel.values), name="link_channel")]

    def __str__(self) -> str:
        return self.name or self.code

    @property
    def organization(self) -> Organization:
        return self.partnership.publisher

    @property
    def campaign(self) -> Campaign:
        return self.partnership.campaign
