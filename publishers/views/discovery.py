"""A publisher finds campaigns, reads what they offer and applies."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from advertisers import targeting
from advertisers.audience_sentences import sentence
from advertisers.models import Campaign
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind
from network.roles import Can, allows
from publishers import partnerships, selectors
from publishers.access import findable_campaign
from publishers.forms import DiscoveryForm, MessageForm
from publishers.models import Property
from publishers.views.profile import PUBLISHER

PAGE = 24


@access.page(kinds={Kind.PUBLISHER})
@vary_on_headers("HX-Request")
def find(request: Request) -> HttpResponse:
    form = DiscoveryForm(request.GET)
    wanted = form.cleaned_data if form.is_valid() else {}
    found = selectors.discover(
        text=wanted.get("q", ""),
        objective=wanted.get("objective", ""),
        pay_model=wanted.get("pay_model", ""),
        currency=wanted.get("currency", ""),
    )
    page = Paginator(found, PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "offers": selectors.offers(request.organization, page.object_list),
        "needs_profile": selectors.profile_of(request.organization) is None,
    }
    part = "#campaigns" if request.htmx else ""
    return render(request, f"publishers/campaign_find.html{part}", context)


@access.page(kinds=PUBLISHER)
def show(request: Request, public_id: str) -> HttpResponse:
    return _page(request, findable_campaign(request, public_id), MessageForm())


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def apply(request: Request, public_id: str) -> HttpResponse:
    campaign = findable_campaign(request, public_id)
    form = MessageForm(request.POST)
    if form.is_valid():
        try:
            partnerships.apply(
                campaign,
                publisher=request.organization,
                message=form.cleaned_data["message"],
                by=Actor.of(request),
            )
        except DomainError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("Your application is sent. You will get a mail when it is decided."))
        return redirect("publishers:campaign-show", public_id)
    return _page(request, campaign, form, status=422)


def _page(request: Request, campaign: Campaign, form: MessageForm, status: int = 200) -> HttpResponse:
    [offer] = selectors.offers(request.organization, [campaign])
    context = {
        "form": form,
        "campaign": campaign,
        "offer": offer,
        "takes": sentence(targeting.in_effect(campaign, offer.partnership.pk if offer.partnership else None)),
        "partnership": offer.partnership,
        "may_apply": offer.partnership is None or offer.partnership.status in partnerships.RENEWABLE,
        "may_manage": allows(request.membership.role, Can.MANAGE),
        "has_property": Property.objects.of(request.organization).exists(),
    }
    return render(request, "publishers/campaign_show.html", context, status=status)
