"""The list of those who want no mail about an advertiser: its own page; an agency's and the network's, per client."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from advertisers import access as own
from advertisers import suppressions
from advertisers.forms.creatives import SuppressionForm
from advertisers.models import Scope, SuppressionSource, advertisers_of
from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Organization
from network.roles import Can, allows


@access.page(kinds=own.RUNNERS)
def show(request: Request) -> HttpResponse:
    return _page(request, _advertiser(request, request.GET.get("client", "")), SuppressionForm())


@access.page(kinds=own.RUNNERS, can=Can.MANAGE)
@require_POST
def upload(request: Request) -> HttpResponse:
    client = request.POST.get("client", "")
    advertiser = _advertiser(request, client)
    form = SuppressionForm(request.POST, request.FILES)
    if advertiser is None:
        return redirect("advertisers:suppression-list")
    if form.is_valid():
        try:
            data = form.cleaned_data["file"].read(suppressions.MAX_BYTES + 1)
            done = suppressions.upload(advertiser, data=data, by=Actor.of(request))
        except DomainError as error:
            form.add_error("file", str(error))
        else:
            text = _("%(added)s added, %(known)s were there already.")
            messages.success(request, text % {"added": done.added, "known": done.known})
            if done.refused_in_all:
                lines = ", ".join(map(str, done.refused))
                refused = _("%(count)s lines are neither an address nor a hash: %(lines)s")
                messages.warning(request, refused % {"count": done.refused_in_all, "lines": lines})
            return redirect(reverse("advertisers:suppression-list") + (f"?client={client}" if client else ""))
    return _page(request, advertiser, form, 422)


def _advertiser(request: Request, client: str) -> Organization | None:
    """The client named, else the first one; None where an agency has none yet."""
    found = advertisers_of(request.organization, Scope.CAMPAIGNS).order_by("name")
    return get_object_or_404(found, public_id=client) if client else found.first()


def _page(request: Request, advertiser: Organization | None, form: SuppressionForm, status: int = 200) -> HttpResponse:
    listed = suppressions.of(advertiser) if advertiser else None
    context = {
        "advertiser": advertiser,
        "clients": advertisers_of(request.organization, Scope.CAMPAIGNS).order_by("name"),
        "form": form,
        "in_all": listed.count() if listed is not None else 0,
        "unsubscribed": listed.filter(source=SuppressionSource.UNSUBSCRIBE).count() if listed is not None else 0,
        "may_manage": allows(request.membership.role, Can.MANAGE),
    }
    return render(request, "advertisers/suppressions.html", context, status=status)
