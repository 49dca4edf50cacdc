"""A publisher's short names and what stands on their link pages."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.roles import Can, allows
from publishers import selectors, vanity
from publishers.access import own_vanity, own_vanity_link
from publishers.forms import VanityForm, VanityLinkForm
from publishers.models import VanityName
from publishers.views import steps
from publishers.views.profile import PUBLISHER


@access.page(kinds=PUBLISHER)
def listing(request: Request) -> HttpResponse:
    return _list(request, VanityForm())


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def claim(request: Request) -> HttpResponse:
    form = VanityForm(request.POST)
    if form.is_valid():
        try:
            claimed = vanity.claim(request.organization, **form.cleaned_data, by=Actor.of(request))
        except DomainError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("%(name)s is yours.") % {"name": claimed})
            return redirect("publishers:vanity-show", claimed.public_id)
    return _list(request, form, 422)


@access.page(kinds=PUBLISHER)
def show(request: Request, public_id: str) -> HttpResponse:
    return _page(request, own_vanity(request, public_id))


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def edit(request: Request, public_id: str) -> HttpResponse:
    found = own_vanity(request, public_id)
    form = VanityForm(request.POST, name=found.name)
    if not form.is_valid():
        return _page(request, found, form=form, status=422)
    vanity.edit(found, title=form.cleaned_data["title"], about=form.cleaned_data["about"], by=Actor.of(request))
    messages.success(request, _("Your changes are saved."))
    return redirect("publishers:vanity-show", public_id)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def release(request: Request, public_id: str) -> HttpResponse:
    found = own_vanity(request, public_id)
    done = _("%(name)s leads nowhere any more.") % {"name": found}
    return steps.take(request, lambda: vanity.release(found, by=Actor.of(request)), done, "publishers:vanity-list")


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def add_link(request: Request, public_id: str) -> HttpResponse:
    found = own_vanity(request, public_id)
    form = VanityLinkForm(request.POST, links=selectors.links_for_vanity(found))
    if form.is_valid():
        try:
            vanity.add_link(found, **form.cleaned_data, by=Actor.of(request))
        except DomainError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("The link is on your page."))
            return redirect("publishers:vanity-show", public_id)
    return _page(request, found, link_form=form, status=422)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def remove_link(request: Request, public_id: str, slug: str) -> HttpResponse:
    shown = own_vanity_link(request, public_id, slug)
    vanity.remove_link(shown, by=Actor.of(request))
    messages.success(request, _("The link is off your page."))
    return redirect("publishers:vanity-show", public_id)


def _list(request: Request, form: VanityForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "names": selectors.vanity_names(request.organization),
        "tracking": settings.TRACKING_URL,
        "may_manage": allows(request.membership.role, Can.MANAGE),
    }
    return render(request, "publishers/vanity_list.html", context, status=status)


def _page(
    request: Request,
    found: VanityName,
    *,
    form: VanityForm | None = None,
    link_form: VanityLinkForm | None = None,
    status: int = 200,
) -> HttpResponse:
    links = selectors.links_for_vanity(found)
    context = {
        "vanity": found,
        "address": f"{settings.TRACKING_URL}/{found}",
        "form": form or VanityForm(name=found.name, initial={"title": found.title, "about": found.about}),
        "link_form": link_form or VanityLinkForm(links=links),
        "links": found.links.select_related("link__partnership__campaign").order_by("position", "pk"),
        "may_manage": allows(request.membership.role, Can.MANAGE),
        "can_add": links.exists(),
    }
    return render(request, "publishers/vanity_show.html", context, status=status)
