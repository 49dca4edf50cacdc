"""Fetching with access in one call: a stranger's object is not there."""

from django.shortcuts import get_object_or_404

from advertisers.models import Scope, advertisers_of
from network.http import Request
from network.models import Organization
from payouts import selectors
from payouts.models import Commission, Rejection
from publishers.models import Partnership


def commission(request: Request, public_id: str) -> Commission:
    return get_object_or_404(selectors.commissions(request.organization), public_id=public_id)


def rejection(request: Request, conversion_id: str) -> Rejection:
    return get_object_or_404(selectors.rejections(request.organization), conversion=conversion_id)


def client(request: Request, public_id: str) -> Organization:
    """An advertiser whose money this organization may see."""
    return get_object_or_404(advertisers_of(request.organization, Scope.MONEY), public_id=public_id)


def partnership(request: Request, public_id: str) -> Partnership:
    """A partnership to give a bonus in."""
    found = Partnership.objects.filter(campaign__advertiser__in=advertisers_of(request.organization, Scope.MONEY))
    return get_object_or_404(found.select_related("campaign__advertiser", "publisher"), public_id=public_id)
