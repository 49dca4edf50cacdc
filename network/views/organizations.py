"""All organizations, for the network's staff: find, vet, suspend, reactivate."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from network import access, geography, organizations, trail
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import AuditEntry, Kind, Membership, Organization, OrganizationStatus
from network.roles import Can, allows
from network.views.forms import OrganizationFilter, ReasonForm, language

STAFF = frozenset({Kind.NETWORK})
PER_PAGE = 25
LATEST = 20


@require_safe
@access.page(kinds=STAFF)
def organization_list(request: Request) -> HttpResponse:
    form = OrganizationFilter(request.GET)
    rows = Organization.objects.waiting_first()
    if form.is_valid():
        wanted = form.cleaned_data
        rows = rows.matching(wanted["q"].strip()) if wanted["q"].strip() else rows
        rows = rows.filter(**{name: wanted[name] for name in ("kind", "status") if wanted[name]})
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    waiting = Organization.objects.filter(status=OrganizationStatus.APPLIED).count()
    context = {"form": form, "page": page, "waiting": waiting}
    part = "#organization-table" if request.htmx and not request.htmx.boosted else ""
    return render(request, f"network/organizations.html{part}", context)


@require_safe
@access.page(kinds=STAFF)
def organization_detail(request: Request, public_id: str) -> HttpResponse:
    return _detail(request, _fetch(public_id), ReasonForm())


@require_POST
@access.page(kinds=STAFF, can=Can.MANAGE)
def organization_approve(request: Request, public_id: str) -> HttpResponse:
    organization = organizations.approve(_fetch(public_id), by=Actor.of(request))
    messages.success(request, _("%(organization)s is approved.") % {"organization": organization})
    return redirect("network:organization-detail", organization.public_id)


@require_POST
@access.page(kinds=STAFF, can=Can.MANAGE)
def organization_decline(request: Request, public_id: str) -> HttpResponse:
    return _decide(request, public_id, "decline", _("%(organization)s is declined."))


@require_POST
@access.page(kinds=STAFF, can=Can.MANAGE)
def organization_suspend(request: Request, public_id: str) -> HttpResponse:
    return _decide(request, public_id, "suspend", _("%(organization)s is suspended."))


@require_POST
@access.page(kinds=STAFF, can=Can.MANAGE)
def organization_reactivate(request: Request, public_id: str) -> HttpResponse:
    return _decide(request, public_id, "reactivate", _("%(organization)s is active again."))


def _decide(request: Request, public_id: str, decision: str, done: str) -> HttpResponse:
    """A decision with a reason; what is wrong with it is said beside the field."""
    organization = _fetch(public_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        act = {
            "decline": organizations.decline,
            "suspend": organizations.suspend,
            "reactivate": organizations.reactivate,
        }[decision]
        try:
            organization = act(organization, reason=form.cleaned_data["reason"], by=Actor.of(request))
        except DomainError as problem:
            form.add_error(problem.field, str(problem))
        else:
            messages.success(request, done % {"organization": organization})
            return redirect("network:organization-detail", organization.public_id)
    return _detail(request, organization, form, status=422)


def _detail(request: Request, organization: Organization, form: ReasonForm, status: int = 200) -> HttpResponse:
    entries = AuditEntry.objects.visible_to(organization) if organization.kind != Kind.NETWORK else AuditEntry.objects
    latest = entries.select_related("user", "organization").order_by("-id")[:LATEST]
    context = {
        "organization": organization,
        "country": geography.country(organization.country, language()) if organization.country else "",
        "members": Membership.objects.filter(organization=organization).select_related("user").order_by("id"),
        "lines": [trail.line(entry, request.organization) for entry in latest],
        "form": form,
        "may_decide": allows(request.membership.role, Can.MANAGE),
    }
    return render(request, "network/organization.html", context, status=status)


def _fetch(public_id: str) -> Organization:
    """Staff see every organization; a wrong id is not found."""
    return get_object_or_404(Organization, public_id=public_id)
