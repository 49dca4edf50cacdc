"""Fetching with access: what an organization may not run does not exist for it (404)."""

from django.shortcuts import get_object_or_404

from advertisers.models import Campaign, CommissionPlan, Coupon, Creative, Goal, LandingPage, Mandate, Scope
from network.http import Request
from network.models import Kind, Organization

BUYERS = frozenset({Kind.ADVERTISER, Kind.AGENCY, Kind.NETWORK})
"""Kinds that see campaigns from the paying side. The network's staff look; they change nothing."""
RUNNERS = frozenset({Kind.ADVERTISER, Kind.AGENCY})


def campaign(request: Request, public_id: str, scope: Scope = Scope.CAMPAIGNS) -> Campaign:
    """The campaign, if the acting organization runs it under that scope."""
    campaigns = Campaign.objects.run_by(request.organization, scope).select_related("advertiser")
    return get_object_or_404(campaigns, public_id=public_id)


def goal(request: Request, public_id: str, code: str) -> Goal:
    found = campaign(request, public_id)
    return get_object_or_404(Goal.objects.select_related("campaign__advertiser"), campaign=found, code=code)


def plan(request: Request, public_id: str) -> CommissionPlan:
    run = Campaign.objects.run_by(request.organization)
    plans = CommissionPlan.objects.filter(campaign__in=run).select_related("campaign__advertiser")
    return get_object_or_404(plans, public_id=public_id)


def creative(request: Request, public_id: str) -> Creative:
    run = Campaign.objects.run_by(request.organization)
    creatives = Creative.objects.filter(campaign__in=run).select_related("campaign__advertiser")
    return get_object_or_404(creatives, public_id=public_id)


def landing_page(request: Request, public_id: str) -> LandingPage:
    run = Campaign.objects.run_by(request.organization)
    pages = LandingPage.objects.filter(campaign__in=run).select_related("campaign__advertiser")
    return get_object_or_404(pages, public_id=public_id)


def coupon(request: Request, public_id: str) -> Coupon:
    run = Campaign.objects.run_by(request.organization)
    coupons = Coupon.objects.filter(campaign__in=run).select_related("campaign__advertiser", "publisher")
    return get_object_or_404(coupons, public_id=public_id)


def mandate(request: Request, public_id: str) -> Mandate:
    """One that the acting advertiser gave and that has not ended."""
    given = Mandate.objects.filter(advertiser=request.organization, ended_at=None).select_related(
        "agency", "advertiser"
    )
    return get_object_or_404(given, public_id=public_id)


def is_runner(organization: Organization) -> bool:
    return organization.kind in RUNNERS
