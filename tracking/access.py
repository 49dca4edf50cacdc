"""Fetching with access: what an organization may not run does not exist for it (404)."""

from django.shortcuts import get_object_or_404

from advertisers.models import Campaign, Cap, TrafficBlock
from network.http import Request


def cap(request: Request, public_id: str) -> Cap:
    run = Campaign.objects.run_by(request.organization)
    found = Cap.objects.filter(campaign__in=run).select_related("campaign__advertiser")
    return get_object_or_404(found, public_id=public_id)


def block(request: Request, public_id: str) -> TrafficBlock:
    run = Campaign.objects.run_by(request.organization)
    found = TrafficBlock.objects.filter(campaign__in=run).select_related("campaign__advertiser")
    return get_object_or_404(found, public_id=public_id)
