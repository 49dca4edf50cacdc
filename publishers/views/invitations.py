"""An advertiser, its agency or the network looks for publishers and invites them. Only name, kind and site are shown."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.vary import vary_on_headers

from advertisers.models import CampaignStatus
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind, Organization, OrganizationStatus
from network.roles import Can
from publishers import partnerships, selectors
from publishers.access import run_campaign
from publishers.forms import InvitationForm, PublisherSearchForm
from publishers.views.partners import CAMPAIGN_SIDE, run_campaigns

PAGE = 20
OPEN = {CampaignStatus.ACTIVE, CampaignStatus.PAUSED}


@access.page(kinds=CAMPAIGN_SIDE, can=Can.MANAGE)
@vary_on_headers("HX-Request")
def invite(request: Request) -> HttpResponse:
    if request.method == "POST":
        return _invited(request)
    campaigns = [one for one in run_campaigns(request) if one.status in OPEN]
    wanted = request.GET.get("campaign", "")
    chosen = next((one for one in campaigns if one.public_id == wanted), campaigns[0] if campaigns else None)
    text = request.GET.get("q", "").strip()[:80]
    search = PublisherSearchForm({"campaign": chosen.public_id if chosen else "", "q": text}, campaigns=campaigns)
    found = selectors.invitable(chosen, text) if chosen else Organization.objects.none()
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": search,
        "chosen": chosen,
        "page": page,
        "candidates": selectors.candidates(page.object_list),
        "invitation_form": InvitationForm(),
    }
    part = "#candidates" if request.htmx else ""
    return render(request, f"publishers/partner_invite.html{part}", context)


def _invited(request: Request) -> HttpResponse:
    campaign = run_campaign(request, request.POST.get("campaign", ""))
    publishers = Organization.objects.filter(kind=Kind.PUBLISHER, status=OrganizationStatus.ACTIVE)
    publisher = get_object_or_404(publishers, public_id=request.POST.get("publisher", ""))
    form = InvitationForm(request.POST)
    try:
        message = form.cleaned_data["message"] if form.is_valid() else ""
        partnerships.invite(campaign, publisher=publisher, message=message, by=Actor.of(request))
    except DomainError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(publisher)s is invited.") % {"publisher": publisher})
    response = redirect("publishers:partner-invite")
    response["Location"] += f"?campaign={campaign.public_id}"
    return response
