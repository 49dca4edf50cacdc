from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from advertisers import access as own
from advertisers import mandates, selectors
from advertisers.forms.mandates import ScopesForm
from advertisers.models import Scope
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind, Organization
from network.roles import Can, allows

ADVERTISER = frozenset({Kind.ADVERTISER})
AGENCY = frozenset({Kind.AGENCY})
SHOWN = 10


@access.page(kinds=ADVERTISER)
def listing(request: Request) -> HttpResponse:
    given = list(selectors.mandates_given(request.organization))
    context = {
        "open": [(mandate, _scopes(mandate.scopes)) for mandate in given if not mandate.ended_at],
        "may_administer": allows(request.membership.role, Can.ADMINISTER),
        "ended": [(mandate, _scopes(mandate.scopes)) for mandate in given if mandate.ended_at],
    }
    return render(request, "advertisers/mandates.html", context)


def _scopes(values: list[str]) -> list[Scope]:
    return [scope for scope in Scope if scope.value in values]


@access.page(kinds=ADVERTISER, can=Can.ADMINISTER)
def create(request: Request) -> HttpResponse:
    """First the agency, by name or id; then what it may do."""
    search = request.GET.get("search", "")[:120]
    if not (chosen := request.GET.get("agency", "")):
        context = {"search": search, "agencies": selectors.agencies(search)[:SHOWN]}
        template = "advertisers/mandate_search.html" + ("#agency-list" if request.htmx else "")
        response = render(request, template, context)
        response["Vary"] = "HX-Request"
        return response
    active = Organization.objects.filter(kind=Kind.AGENCY, status="active")
    agency = get_object_or_404(active, public_id=chosen)
    scopes = [scope.value for scope in Scope if scope != Scope.MONEY]
    return _choose_scopes(request, agency, ScopesForm(request.POST or None, initial={"scopes": scopes}))


@access.page(kinds=ADVERTISER, can=Can.ADMINISTER)
def edit(request: Request, public_id: str) -> HttpResponse:
    mandate = own.mandate(request, public_id)
    form = ScopesForm(request.POST or None, initial={"scopes": mandate.scopes})
    return _choose_scopes(request, mandate.agency, form)


def _choose_scopes(request: Request, agency: Organization, form: ScopesForm) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        scopes = [Scope(value) for value in form.cleaned_data["scopes"]]
        try:
            mandates.give(request.organization, agency=agency, scopes=scopes, by=Actor.of(request))
        except DomainError as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("%(agency)s may now act for you.") % {"agency": agency})
            return redirect("advertisers:mandate-list")
    context = {"agency": agency, "form": form}
    return render(request, "advertisers/mandate_form.html", context, status=422 if form.is_bound else 200)


@access.page(kinds=ADVERTISER, can=Can.ADMINISTER)
@require_POST
def end(request: Request, public_id: str) -> HttpResponse:
    mandate = own.mandate(request, public_id)
    try:
        mandates.end(mandate, by=Actor.of(request))
        messages.success(request, _("%(agency)s no longer acts for you.") % {"agency": mandate.agency})
    except DomainError as error:
        messages.error(request, str(error))
    return redirect("advertisers:mandate-list")


@access.page(kinds=AGENCY)
def clients(request: Request) -> HttpResponse:
    return render(request, "advertisers/clients.html", {"clients": selectors.clients(request.organization)})
