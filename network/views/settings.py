"""Settings: the person's own, the acting organization's, the network's."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods

from network import access, accounts, network_settings, organizations
from network.actors import Actor
from network.http import PersonRequest, Request
from network.middleware import acting_membership
from network.models import Kind, NetworkSettings
from network.roles import Can
from network.views.forms import NetworkSettingsForm, OrganizationForm, PersonForm

FORM = ["GET", "HEAD", "POST"]


@require_http_methods(FORM)
@access.person
def user_settings(request: PersonRequest) -> HttpResponse:
    form = PersonForm(request.POST or None, initial=PersonForm.values_of(request.user))
    if request.method == "POST" and form.is_valid():
        membership = acting_membership(request)
        by = Actor(request.user, membership.organization if membership else None)
        user = accounts.change(request.user, by=by, **form.cleaned_data)
        response = redirect("network:user-settings")
        accounts.remember_language(response, user.language)
        with override(user.language):
            messages.success(request, _("Your settings are saved."))
        return response
    return render(request, "network/user_settings.html", {"form": form}, status=422 if form.is_bound else 200)


@require_http_methods(FORM)
@access.page(can=Can.ADMINISTER)
def organization_settings(request: Request) -> HttpResponse:
    organization = request.organization
    form = OrganizationForm(request.POST or None, initial=OrganizationForm.values_of(organization))
    if request.method == "POST" and form.is_valid():
        organizations.edit(organization, name=form.cleaned_data["name"], by=Actor.of(request), **form.details())
        messages.success(request, _("The details are saved."))
        return redirect("network:organization-settings")
    context = {"form": form, "organization": organization}
    return render(request, "network/organization_settings.html", context, status=422 if form.is_bound else 200)


@require_http_methods(FORM)
@access.page(kinds=frozenset({Kind.NETWORK}), can=Can.ADMINISTER)
def network_settings_form(request: Request) -> HttpResponse:
    row = NetworkSettings.current()
    form = NetworkSettingsForm(request.POST or None, initial={name: getattr(row, name) for name in FIELDS})
    if request.method == "POST" and form.is_valid():
        network_settings.change(by=Actor.of(request), **form.cleaned_data)
        messages.success(request, _("The network's settings are saved."))
        return redirect("network:network-settings")
    return render(request, "network/network_settings.html", {"form": form}, status=422 if form.is_bound else 200)


FIELDS = tuple(NetworkSettingsForm.base_fields)
