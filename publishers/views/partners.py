"""The side of the campaign: applications to decide, publishers to look after and to invite."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from advertisers.models import Campaign, Scope, advertisers_of
from network import access, formats
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind, Organization
from network.roles import Can, allows
from publishers import partnerships, selectors
from publishers.access import partnership as fetch
from publishers.forms import PartnerFilterForm, ReasonForm
from publishers.models import Partnership, Property
from publishers.models import PartnershipStatus as Status
from publishers.views import steps

CAMPAIGN_SIDE = {Kind.ADVERTISER, Kind.AGENCY, Kind.NETWORK}
PAGE = 50


@access.page(kinds=CAMPAIGN_SIDE)
@vary_on_headers("HX-Request")
def listing(request: Request) -> HttpResponse:
    form = PartnerFilterForm(request.GET, campaigns=run_campaigns(request), clients=_clients(request))
    page = Paginator(_filtered(request, form), PAGE).get_page(request.GET.get("page"))
    rows = selectors.partner_rows(page.object_list)
    rights = _rights(request)
    context = {
        "form": form,
        "page": page,
        "rows": rows,
        "may_decide": rights["may_manage"] and any(row.partnership.status == Status.APPLIED for row in rows),
        "counts": selectors.counts(request.organization),
        **rights,
    }
    part = "#partners" if request.htmx else ""
    return render(request, f"publishers/partner_list.html{part}", context)


def _filtered(request: Request, form: PartnerFilterForm) -> QuerySet[Partnership]:
    found = selectors.partners(request.organization)
    wanted = form.cleaned_data if form.is_valid() else {}
    if text := wanted.get("q"):
        found = found.filter(publisher__name__icontains=text)
    if client := wanted.get("client"):
        found = found.filter(campaign__advertiser__public_id=client)
    if campaign := wanted.get("campaign"):
        found = found.filter(campaign__public_id=campaign)
    if status := wanted.get("status"):
        found = found.filter(status=status)
    return found


@access.page(kinds=CAMPAIGN_SIDE, can=Can.MANAGE)
@require_POST
def decide(request: Request) -> HttpResponse:
    """Approves or declines all chosen applications; those that somebody else decided meanwhile are told."""
    chosen = selectors.applications_waiting(request.organization).filter(
        public_id__in=request.POST.getlist("partnership")[:200]
    )
    reason = ReasonForm(request.POST)
    by = Actor.of(request)
    decided, problems = 0, set()
    for partnership in chosen:
        try:
            if request.POST.get("decision") == "approve":
                partnerships.approve(partnership, by=by)
            else:
                words = reason.cleaned_data["reason"] if reason.is_valid() else ""
                partnerships.decline(partnership, reason=words, by=by)
        except DomainError as error:
            problems.add(str(error))
        else:
            decided += 1
    for problem in sorted(problems):
        messages.error(request, problem)
    if decided:
        done = ngettext("%(count)s application is decided.", "%(count)s applications are decided.", decided)
        messages.success(request, done % {"count": formats.number(decided, get_language() or "en")})
    elif not problems:
        messages.warning(request, _("Choose at least one application that waits."))
    return redirect("publishers:partner-list")


@access.page(kinds=CAMPAIGN_SIDE)
def detail(request: Request, public_id: str) -> HttpResponse:
    return _page(request, fetch(request, public_id), ReasonForm())


@access.page(kinds=CAMPAIGN_SIDE, can=Can.MANAGE)
@require_POST
def approve(request: Request, public_id: str) -> HttpResponse:
    partnership = fetch(request, public_id)
    done = _("%(publisher)s is in the campaign.") % {"publisher": partnership.publisher}
    return _take(request, partnership, lambda: partnerships.approve(partnership, by=Actor.of(request)), done)


@access.page(kinds=CAMPAIGN_SIDE, can=Can.MANAGE)
@require_POST
def decline(request: Request, public_id: str) -> HttpResponse:
    return _with_reason(request, public_id, partnerships.decline, _("The application is declined."))


@access.page(kinds=CAMPAIGN_SIDE, can=Can.MANAGE)
@require_POST
def pause(request: Request, public_id: str) -> HttpResponse:
    done = _("The partnership is paused. Its links lead to the fallback page now.")
    return _with_reason(request, public_id, partnerships.pause, done)


@access.page(kinds=CAMPAIGN_SIDE, can=Can.MANAGE)
@require_POST
def resume(request: Request, public_id: str) -> HttpResponse:
    partnership = fetch(request, public_id)
    done = _("The partnership goes on.")
    return _take(request, partnership, lambda: partnerships.resume(partnership, by=Actor.of(request)), done)


@access.page(kinds=CAMPAIGN_SIDE, can=Can.MANAGE)
@require_POST
def end(request: Request, public_id: str) -> HttpResponse:
    return _with_reason(request, public_id, partnerships.end, _("The partnership has ended."))


def run_campaigns(request: Request) -> list[Campaign]:
    found = Campaign.objects.run_by(request.organization, Scope.PUBLISHERS)
    return list(found.select_related("advertiser").order_by("name", "pk"))


def _clients(request: Request) -> list[Organization]:
    if request.organization.kind == Kind.ADVERTISER:
        return []
    return list(advertisers_of(request.organization, Scope.PUBLISHERS).order_by("name"))


def _with_reason(request: Request, public_id: str, action: Callable[..., object], done: str) -> HttpResponse:
    """An action that takes a reason; what is wrong with it is said beside its field."""
    partnership = fetch(request, public_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        try:
            action(partnership, reason=form.cleaned_data["reason"], by=Actor.of(request))
        except DomainError as error:
            if not error.field:
                messages.error(request, str(error))
                return redirect("publishers:partner-detail", public_id)
            form.add_error(error.field, str(error))
        else:
            messages.success(request, done)
            return redirect("publishers:partner-detail", public_id)
    return _page(request, partnership, form, status=422)


def _take(request: Request, partnership: Partnership, step: Callable[[], object], done: str) -> HttpResponse:
    return steps.take(request, step, done, reverse("publishers:partner-detail", args=[partnership.public_id]))


def _page(request: Request, partnership: Partnership, form: ReasonForm, status: int = 200) -> HttpResponse:
    context = {
        "partnership": partnership,
        "publisher": partnership.publisher,
        "described": selectors.profile_of(partnership.publisher),
        "properties": Property.objects.of(partnership.publisher).order_by("name", "pk"),
        "form": form,
        **_rights(request),
    }
    return render(request, "publishers/partner_detail.html", context, status=status)


def _rights(request: Request) -> dict[str, Any]:
    return {
        "may_manage": allows(request.membership.role, Can.MANAGE),
        "has_clients": request.organization.kind != Kind.ADVERTISER,
    }
