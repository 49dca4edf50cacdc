from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from advertisers import access as own
from advertisers import campaigns, goals, integration
from advertisers.models import System
from advertisers.views.frame import frame
from network import access
from network.actors import Actor
from network.http import Request
from network.roles import Can


@access.page(kinds=own.BUYERS)
def show(request: Request, public_id: str) -> HttpResponse:
    """How the advertiser's site reports conversions. Only who may manage sees the token: it can report sales."""
    campaign = own.campaign(request, public_id)
    context = frame(request, campaign, "integration")
    token = campaign.postback_token if context["may_manage"] else integration.HIDDEN
    context["code"] = integration.examples(campaign, token, settings.TRACKING_URL)
    context["systems"] = System.choices
    return render(request, "advertisers/integration.html", context)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def set_profile(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    campaigns.set_profile(campaign, request.POST.get("profile", ""), by=Actor.of(request))
    messages.success(request, _("Saved. Reports are read that way within seconds."))
    return redirect("advertisers:campaign-integration", public_id)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def set_repeat(request: Request, public_id: str, code: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    goal = get_object_or_404(campaign.goals, code=code)
    goals.set_repeat(goal, allows_repeat=bool(request.POST.get("allows_repeat")), by=Actor.of(request))
    messages.success(request, _("Saved. It holds for reports from now on."))
    return redirect("advertisers:campaign-integration", public_id)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def renew_token(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    campaigns.renew_token(campaign, by=Actor.of(request))
    messages.success(request, _("There is a new token. Put it into your server now: the old one is refused."))
    return redirect("advertisers:campaign-integration", public_id)
