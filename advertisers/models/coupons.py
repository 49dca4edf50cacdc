from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.models.campaigns import Campaign
from network.ids import public_id
from network.models import Organization


class CouponQuerySet(models.QuerySet["Coupon"]):
    def valid_at(self, at: datetime) -> Self:
        """Half-open: from the first instant on, until the last one is reached."""
        begun = Q(valid_from=None) | Q(valid_from__lte=at)
        going = Q(valid_until=None) | Q(valid_until__gt=at)
        return self.filter(begun, going, Q(retired_at=None) | Q(retired_at__gt=at))

    def of_code(self, code: str) -> Self:
        """In any case, as shops read codes."""
        return self.alias(upper_code=Upper("code")).filter(upper_code=code.strip().upper())


class Coupon(models.Model):
    """A discount code of a campaign's shop. With a publisher it is that publisher's; without one everybody may show it.

    An exclusive code earns its publisher the sale whoever's link was clicked; `docs/attribution.md` says when.
    """

    public_id = models.CharField(max_length=12, unique=True, default=public_id, editable=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.PROTECT, related_name="coupons")
    publisher = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(_("code"), max_length=64)
    is_exclusive = models.BooleanField(_("exclusive"), default=False)
    description = models.CharField(_("description"), max_length=200, blank=True)
    valid_from = models.DateTimeField(_("valid from"), null=True, blank=True)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    retired_at = models.DateTimeField(null=True)

    objects = CouponQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["publisher", "campaign"])]
        constraints = [
            models.UniqueConstraint("campaign", Upper("code"), name="coupon_code_once"),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="coupon_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(is_exclusive=False) | Q(publisher__isnull=False), name="coupon_exclusive_to_somebody"
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def organization(self) -> Organization:
        return self.campaign.advertiser

    @property
    def status(self) -> str:
        """One of the words in `network.statuses`."""
        now = timezone.now()
        if self.retired_at:
            return "retired"
        if self.valid_until and self.valid_until <= now:
            return "expired"
        return "scheduled" if self.valid_from and self.valid_from > now else "active"
