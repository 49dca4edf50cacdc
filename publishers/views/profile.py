"""A publisher describes itself and its properties."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from network import access
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Kind
from network.roles import Can, allows
from publishers import profiles, properties, selectors
from publishers.access import own_property
from publishers.forms import ProfileForm, PropertyForm
from publishers.models import Property
from publishers.views import steps

PUBLISHER = {Kind.PUBLISHER}


@access.page(kinds=PUBLISHER)
def profile(request: Request) -> HttpResponse:
    described = selectors.profile_of(request.organization)
    return _page(request, ProfileForm(instance=described), PropertyForm())


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def describe(request: Request) -> HttpResponse:
    form = ProfileForm(request.POST)
    if not form.is_valid():
        return _page(request, form, PropertyForm(), status=422)
    profiles.describe(request.organization, **form.cleaned_data, by=Actor.of(request))
    messages.success(request, _("Your profile is saved."))
    return redirect("publishers:profile")


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def add(request: Request) -> HttpResponse:
    form = PropertyForm(request.POST)
    if form.is_valid():
        try:
            added = properties.add(request.organization, **form.cleaned_data, by=Actor.of(request))
        except DomainError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("%(name)s is added.") % {"name": added.name})
            return redirect("publishers:profile")
    described = selectors.profile_of(request.organization)
    return _page(request, ProfileForm(instance=described), form, status=422)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
def edit(request: Request, public_id: str) -> HttpResponse:
    declared = own_property(request, public_id)
    form = PropertyForm(request.POST or None, instance=declared)
    if request.method == "POST" and form.is_valid():
        try:
            properties.edit(declared, **form.cleaned_data, by=Actor.of(request))
        except DomainError as error:
            form.add_error(error.field, str(error))
        else:
            messages.success(request, _("Your changes are saved."))
            return redirect("publishers:profile")
    status = 422 if form.errors else 200
    return render(request, "publishers/property.html", {"form": form, "declared": declared}, status=status)


@access.page(kinds=PUBLISHER, can=Can.MANAGE)
@require_POST
def remove(request: Request, public_id: str) -> HttpResponse:
    declared = own_property(request, public_id)
    done = _("%(name)s is removed.") % {"name": declared.name}
    return steps.take(request, lambda: properties.remove(declared, by=Actor.of(request)), done, "publishers:profile")


def _page(request: Request, form: ProfileForm, property_form: PropertyForm, status: int = 200) -> HttpResponse:
    context = {
        "form": form,
        "property_form": property_form,
        "described": selectors.profile_of(request.organization),
        "properties": Property.objects.of(request.organization).order_by("name", "pk"),
        "may_manage": allows(request.membership.role, Can.MANAGE),
    }
    return render(request, "publishers/profile.html", context, status=status)
