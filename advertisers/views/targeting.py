from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from advertisers import access as own
from advertisers import audience_sentences, targeting
from advertisers.forms.targeting import TargetingForm
from advertisers.models import Campaign
from advertisers.views.frame import frame
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.roles import Can


@access.page(kinds=own.BUYERS)
def show(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    return _page(request, campaign, TargetingForm(targeting.of(campaign)))


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def change(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = TargetingForm(targeting.of(campaign), request.POST)
    if form.is_valid():
        try:
            targeting.change(campaign, by=Actor.of(request), **form.settings)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Saved. The edges follow within a second."))
            return redirect("advertisers:campaign-targeting", public_id)
    return _page(request, campaign, form)


@access.page(kinds=own.RUNNERS)
@require_POST
def preview(request: Request, public_id: str) -> HttpResponse:
    """The sentence that what is entered would make."""
    form = TargetingForm(targeting.of(own.campaign(request, public_id)), request.POST)
    form.is_valid()
    return render(request, "advertisers/targeting_parts.html#sentence", {"sentence": form.sentence})


def _page(request: Request, campaign: Campaign, form: TargetingForm) -> HttpResponse:
    context = frame(request, campaign, "targeting") | {
        "form": form,
        "sentence": form.sentence if form.is_bound else audience_sentences.sentence(form.targeting),
        "zone": audience_sentences.zone_name(campaign.time_zone),
    }
    status = 422 if form.is_bound else 200
    return render(request, "advertisers/targeting.html", context, status=status)
