"""Whom a campaign takes from one publisher: what differs from the campaign's own targeting."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from advertisers import audience_sentences, targeting
from advertisers.forms.targeting import TargetingForm
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind
from network.roles import Can, allows
from publishers.access import partnership as fetch
from publishers.models import Partnership

CAMPAIGN_SIDE = {Kind.ADVERTISER, Kind.AGENCY, Kind.NETWORK}


@access.page(kinds=CAMPAIGN_SIDE)
def show(request: Request, public_id: str) -> HttpResponse:
    partnership = fetch(request, public_id)
    return _page(request, partnership, _form(partnership))


@access.page(kinds=CAMPAIGN_SIDE, can=Can.MANAGE)
@require_POST
def change(request: Request, public_id: str) -> HttpResponse:
    partnership = fetch(request, public_id)
    form = _form(partnership, request)
    if form.is_valid():
        try:
            targeting.change(
                partnership.campaign,
                partnership_id=partnership.pk,
                label=partnership.publisher.name,
                by=Actor.of(request),
                **form.settings,
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Saved. The edges follow within a second."))
            return redirect("publishers:partner-targeting", public_id)
    return _page(request, partnership, form)


@access.page(kinds=CAMPAIGN_SIDE)
@require_POST
def preview(request: Request, public_id: str) -> HttpResponse:
    """The sentence that what is entered would make."""
    form = _form(fetch(request, public_id), request)
    form.is_valid()
    return render(request, "advertisers/targeting_parts.html#sentence", {"sentence": form.sentence})


def _form(partnership: Partnership, request: Request | None = None) -> TargetingForm:
    found = targeting.of(partnership.campaign, partnership.pk)
    return TargetingForm(found, request.POST if request else None)


def _page(request: Request, partnership: Partnership, form: TargetingForm) -> HttpResponse:
    campaign = partnership.campaign
    context = {
        "partnership": partnership,
        "form": form,
        "sentence": form.sentence if form.is_bound else audience_sentences.sentence(form.targeting),
        "whole": audience_sentences.sentence(targeting.of(campaign)),
        "zone": audience_sentences.zone_name(campaign.time_zone),
        "may_manage": allows(request.membership.role, Can.MANAGE),
    }
    return render(request, "publishers/partner_targeting.html", context, status=422 if form.is_bound else 200)
