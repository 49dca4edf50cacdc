"""Smart links: a publisher's own and those that the network offers; the network makes the latter."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind
from network.roles import Can, allows
from publishers import links, selectors, smart_links
from publishers.access import own_smart_link
from publishers.forms import SmartLinkForm
from publishers.views import steps

MAKERS = {Kind.PUBLISHER, Kind.NETWORK}


@access.page(kinds=MAKERS)
def listing(request: Request) -> HttpResponse:
    is_publisher = request.organization.kind == Kind.PUBLISHER
    context = {
        "smart_links": selectors.smart_links(request.organization),
        "offered": selectors.smart_links_offered(request.organization) if is_publisher else [],
        "tracking": settings.TRACKING_URL,
        "is_publisher": is_publisher,
        "may_manage": allows(request.membership.role, Can.MANAGE),
    }
    return render(request, "publishers/smart_link_list.html", context)


@access.page(kinds=MAKERS, can=Can.MANAGE)
def create(request: Request) -> HttpResponse:
    form = SmartLinkForm(request.POST or None, organization=request.organization, initial=_usual(request))
    if request.method == "POST" and form.is_valid():
        try:
            made = smart_links.create(
                request.organization, slug=form.cleaned_data["slug"], by=Actor.of(request), **form.values
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Your smart link is ready."))
            return redirect("publishers:smart-link-show", made.public_id)
    status = 422 if form.errors else 200
    return render(request, "publishers/smart_link_form.html", {"form": form}, status=status)


@access.page(kinds=MAKERS)
def show(request: Request, public_id: str) -> HttpResponse:
    found = own_smart_link(request, public_id)
    context = {
        "smart_link": found,
        "rule": found.source or found,
        "url": f"{settings.TRACKING_URL}/go/{found.slug}",
        "routes": selectors.smart_link_routes(found),
        "taken": found.taken.live().count(),
        "explored": 10,
        "is_publisher": found.publisher is not None,
        "may_manage": allows(request.membership.role, Can.MANAGE),
    }
    return render(request, "publishers/smart_link_show.html", context)


@access.page(kinds=MAKERS, can=Can.MANAGE)
def edit(request: Request, public_id: str) -> HttpResponse:
    found = own_smart_link(request, public_id)
    form = SmartLinkForm.of(found, request.POST or None, organization=request.organization)
    if request.method == "POST" and form.is_valid():
        try:
            smart_links.edit(found, by=Actor.of(request), **form.values)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, str(error))
        else:
            messages.success(request, _("Your changes are saved."))
            return redirect("publishers:smart-link-show", public_id)
    context = {"form": form, "smart_link": found}
    return render(request, "publishers/smart_link_form.html", context, status=422 if form.errors else 200)


@access.page(kinds={Kind.PUBLISHER}, can=Can.MANAGE)
@require_POST
def take(request: Request, public_id: str) -> HttpResponse:
    source = get_object_or_404(smart_links.offered(), public_id=public_id)
    mine = smart_links.take(source, publisher=request.organization, by=Actor.of(request))
    return redirect("publishers:smart-link-show", mine.public_id)


@access.page(kinds=MAKERS, can=Can.MANAGE)
@require_POST
def retire(request: Request, public_id: str) -> HttpResponse:
    found = own_smart_link(request, public_id)
    done = _("The smart link is retired. Its visitors go to the catch-all page.")
    return steps.take(
        request, lambda: smart_links.retire(found, by=Actor.of(request)), done, "publishers:smart-link-list"
    )


def _usual(request: Request) -> dict[str, object]:
    return {"channel": links.usual_channel(request.organization.pk), "weights": ""}
