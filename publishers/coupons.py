"""Whose a discount code is, and which codes a publisher may show."""

from datetime import datetime
from typing import NamedTuple

from django.db.models import Q, QuerySet
from django.utils import timezone

from advertisers.models import Campaign, Coupon
from network.models import Organization
from publishers.models import Partnership, PartnershipStatus


class Owned(NamedTuple):
    """A code and the partnership that it belongs to; None: everybody may show it, or its publisher never joined."""

    coupon: Coupon
    partnership: Partnership | None


def owner(campaign: Campaign | int, code: str, at: datetime) -> Owned | None:
    """The code that was valid at that instant, or None. What became of the partnership is for the caller to judge."""
    pk = campaign if isinstance(campaign, int) else campaign.pk
    coupon = Coupon.objects.of_code(code).valid_at(at).filter(campaign=pk).select_related("publisher").first()
    if coupon is None:
        return None
    if coupon.publisher_id is None:
        return Owned(coupon, None)
    partnerships = Partnership.objects.filter(campaign=pk, publisher=coupon.publisher_id)
    return Owned(coupon, partnerships.select_related("campaign", "publisher").first())


def shown_to(publisher: Organization, campaign: Campaign | None = None) -> QuerySet[Coupon]:
    """Codes that work now, of campaigns where the partnership is active: the publisher's own and everybody's."""
    joined = Partnership.objects.filter(publisher=publisher, status=PartnershipStatus.ACTIVE)
    found = (
        Coupon.objects.filter(Q(publisher=publisher) | Q(publisher=None), campaign__in=joined.values("campaign"))
        .valid_at(timezone.now())
        .filter(retired_at=None)
    )
    if campaign:
        found = found.filter(campaign=campaign)
    return found.select_related("campaign__advertiser").order_by("publisher", "campaign__name", "valid_until", "code")
