"""Fetching with access: a stranger's object is a 404."""

from django.shortcuts import get_object_or_404

from advertisers.models import Campaign, Scope
from network.http import Request
from publishers import selectors
from publishers.models import Partnership, Property, SmartLink, TrackingLink, VanityLink, VanityName


def findable_campaign(request: Request, public_id: str) -> Campaign:
    """A campaign that this publisher may read about: open to publishers, or one it has a partnership in."""
    return get_object_or_404(selectors.findable(request.organization), public_id=public_id)


def run_campaign(request: Request, public_id: str) -> Campaign:
    """A campaign whose publishers this organization looks after."""
    return get_object_or_404(Campaign.objects.run_by(request.organization, Scope.PUBLISHERS), public_id=public_id)


def partnership(request: Request, public_id: str) -> Partnership:
    """A publisher's own; one of the campaigns whose publishers an advertiser, an agency or the network looks after."""
    visible = Partnership.objects.visible_to(request.organization)
    return get_object_or_404(
        visible.select_related("campaign__advertiser", "publisher", "decided_by"), public_id=public_id
    )


def own_property(request: Request, public_id: str) -> Property:
    return get_object_or_404(Property.objects.of(request.organization), public_id=public_id)


def own_link(request: Request, code: str) -> TrackingLink:
    links = TrackingLink.objects.filter(partnership__publisher=request.organization)
    return get_object_or_404(links.with_creatives().select_related("partnership__campaign__advertiser"), code=code)


def own_vanity(request: Request, public_id: str) -> VanityName:
    return get_object_or_404(VanityName.objects.of(request.organization), public_id=public_id)


def own_vanity_link(request: Request, public_id: str, slug: str) -> VanityLink:
    shown = VanityLink.objects.filter(vanity=own_vanity(request, public_id))
    return get_object_or_404(shown.select_related("vanity", "link"), slug=slug)


def own_smart_link(request: Request, public_id: str) -> SmartLink:
    """A publisher's own; of the network those that it offers."""
    found = SmartLink.objects.of(request.organization).live().select_related("publisher", "source")
    return get_object_or_404(found, public_id=public_id)
