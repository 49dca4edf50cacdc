"""A campaign's caps with how far they are used up, and the traffic that it does not take."""

from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from advertisers import access as own
from advertisers import blocks, caps
from advertisers.audience_sentences import zone_name
from advertisers.models import Campaign, Cap, TrafficBlock
from advertisers.views.frame import frame
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.roles import Can
from publishers.models import Partnership
from tracking import access as fetch
from tracking import pacing
from tracking.forms.caps import BlockForm, CapForm, NewCapForm


@access.page(kinds=own.BUYERS)
def listing(request: Request, public_id: str) -> HttpResponse:
    return _page(request, own.campaign(request, public_id))


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def add(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = NewCapForm(campaign, request.POST)
    if form.is_valid():
        try:
            caps.add(campaign, by=Actor.of(request), **form.settings)
        except DomainError as error:
            _tell(form, error)
        else:
            messages.success(request, _("The cap holds from now on. What came in this period already counts."))
            return redirect("tracking:campaign-caps", public_id)
    return _page(request, campaign, cap=form)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
def edit(request: Request, public_id: str) -> HttpResponse:
    cap = fetch.cap(request, public_id)
    form = CapForm(request.POST or None, initial={"limit": cap.limit, "effect": "hard" if cap.is_hard else "soft"})
    if request.method == "POST" and form.is_valid():
        is_hard = form.cleaned_data["effect"] == "hard"
        try:
            caps.edit(cap, limit=form.cleaned_data["limit"], is_hard=is_hard, by=Actor.of(request))
        except DomainError as error:
            _tell(form, error)
        else:
            messages.success(request, _("Saved. The edges follow within a second."))
            return redirect("tracking:campaign-caps", cap.campaign.public_id)
    [progress] = pacing.progress([cap], timezone.now())
    context = frame(request, cap.campaign, "caps") | {"form": form, "progress": progress}
    return render(request, "tracking/cap_form.html", context, status=422 if form.is_bound else 200)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def remove(request: Request, public_id: str) -> HttpResponse:
    cap = fetch.cap(request, public_id)
    try:
        caps.remove(cap, by=Actor.of(request))
        messages.success(request, _("The cap is gone."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("tracking:campaign-caps", cap.campaign.public_id)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def block(request: Request, public_id: str) -> HttpResponse:
    campaign = own.campaign(request, public_id)
    form = BlockForm(campaign, request.POST)
    if form.is_valid():
        try:
            blocks.add(campaign, by=Actor.of(request), **form.settings)
        except DomainError as error:
            _tell(form, error)
        else:
            messages.success(request, _("Blocked. These visitors go to the fallback page within a second."))
            return redirect("tracking:campaign-caps", public_id)
    return _page(request, campaign, block=form)


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def lift(request: Request, public_id: str) -> HttpResponse:
    found = fetch.block(request, public_id)
    try:
        blocks.lift(found, by=Actor.of(request))
        messages.success(request, _("The block is lifted."))
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("tracking:campaign-caps", found.campaign.public_id)


def _tell(form: Form, error: DomainError) -> None:
    form.add_error(error.field if error.field in form.fields else None, str(error))


def _page(
    request: Request, campaign: Campaign, *, cap: NewCapForm | None = None, block: BlockForm | None = None
) -> HttpResponse:
    caps_here = Cap.objects.filter(campaign=campaign).select_related("campaign").order_by("created_at", "pk")
    blocked = TrafficBlock.objects.filter(campaign=campaign).order_by("-created_at", "-pk")
    context = frame(request, campaign, "caps") | {
        "zone": zone_name(campaign.time_zone),
        "caps": pacing.progress(caps_here, timezone.now()),
        "blocks": _with_publishers(list(blocked)),
        "cap_form": cap or NewCapForm(campaign),
        "block_form": block or BlockForm(campaign),
    }
    return render(request, "tracking/caps.html", context, status=422 if cap or block else 200)


def _with_publishers(blocked: list[TrafficBlock]) -> list[dict[str, Any]]:
    ids = {one.partnership_id for one in blocked if one.partnership_id}
    names = dict(Partnership.objects.filter(pk__in=ids).values_list("pk", "publisher__name"))
    return [{"block": one, "publisher": names.get(one.partnership_id or 0, "")} for one in blocked]
