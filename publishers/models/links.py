from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, Coupon, Creative
from network.ids import random_code
from network.models import Organization
from publishers.models.channels import Channel
from publishers.models.partnerships import Partnership
from publishers.models.profiles import Property
from publishers.models.smart_links import SmartLink


def link_code() -> str:
    return random_code(9)


class TrackingLinkQuerySet(models.QuerySet["TrackingLink"]):
    def live(self) -> Self:
        return self.filter(retired_at=None)

    def with_creatives(self) -> Self:
        """Ready to be taken away: with what they show, but without the bytes of banners."""
        return self.select_related("creative__image", "coupon").defer("creative__image__data")


class TrackingLink(models.Model):
    """A publisher's link to a creative, a page (deep link) or the campaign's landing page. `code` is its public name.

    With a coupon each click carries its code. A link with a smart link was made by it and is used by nothing else.
    `sub1`…`sub5` are the publisher's labels put into the link's address when it is grabbed; a click's own win.
    """

    code = models.CharField(max_length=16, unique=True, default=link_code, editable=False)
    partnership = models.ForeignKey(Partnership, on_delete=models.PROTECT, related_name="links")
    creative = models.ForeignKey(Creative, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    shown_on = models.ForeignKey(Property, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(_("name"), max_length=120, blank=True)
    channel = models.CharField(_("channel"), max_length=12, choices=Channel.choices, default=Channel.WEBSITE)
    destination = models.URLField(_("deep link"), max_length=2000, blank=True)
    coupon = models.ForeignKey(Coupon, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    smart_link = models.ForeignKey(SmartLink, null=True, blank=True, on_delete=models.PROTECT, related_name="links")
    subs = ArrayField(models.CharField(max_length=256, blank=True), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    objects = TrackingLinkQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(channel__in=Channel.values), name="link_channel"),
            models.UniqueConstraint(
                fields=["smart_link", "partnership"],
                condition=Q(smart_link__isnull=False),
                name="link_once_per_smart_link",
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.code

    @property
    def organization(self) -> Organization:
        return self.partnership.publisher

    @property
    def campaign(self) -> Campaign:
        return self.partnership.campaign
