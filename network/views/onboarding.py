"""From a confirmed e-mail address to an active organization: tell about it, wait for vetting, apply again."""

from typing import Final

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from network import access, organizations
from network.accounts import SIGNUP_KIND
from network.actors import Actor
from network.errors import DomainError
from network.http import PersonRequest
from network.middleware import acting_membership
from network.models import Kind, Membership, OrganizationStatus
from network.roles import Role
from network.views.forms import OnboardingForm, OrganizationForm, usual_values

KINDS: Final = (
    (Kind.ADVERTISER, "speakerphone", Kind.ADVERTISER.label, _("I want more customers and pay for results")),
    (Kind.PUBLISHER, "affiliate", Kind.PUBLISHER.label, _("I have an audience and want to earn with it")),
    (Kind.AGENCY, "briefcase", Kind.AGENCY.label, _("I run programmes for advertisers")),
)


@require_http_methods(["GET", "HEAD", "POST"])
@access.person
def onboarding(request: PersonRequest) -> HttpResponse:
    membership = acting_membership(request)
    if membership is None:
        return _tell(request)
    if membership.organization.is_active:
        return redirect("reporting:home")
    return _wait(request, membership)


def _tell(request: PersonRequest) -> HttpResponse:
    """The organization's details, once per person."""
    form = OnboardingForm(request.POST or None, initial=usual_values(request.session.get(SIGNUP_KIND, "")))
    if request.method == "POST" and form.is_valid():
        name, kind = form.cleaned_data["name"], Kind(form.cleaned_data["kind"])
        try:
            organizations.register_first(
                request.user, kind=kind, name=name, by=Actor(request.user, None), **form.details()
            )
        except organizations.AlreadyRegistered:
            return redirect("network:onboarding")  # a second click on the same button
        request.session.pop(SIGNUP_KIND, None)
        return redirect("network:onboarding")
    return render(
        request, "network/onboarding.html", {"form": form, "kinds": KINDS}, status=422 if form.is_bound else 200
    )


def _wait(request: PersonRequest, membership: Membership) -> HttpResponse:
    """What the vetting says so far. The owner of a declined organization corrects its details and applies again."""
    organization = membership.organization
    may_apply = organization.status == OrganizationStatus.DECLINED and membership.role == Role.OWNER
    form = OrganizationForm(request.POST or None, initial=OrganizationForm.values_of(organization))
    if request.method == "POST" and may_apply and form.is_valid():
        try:
            organizations.apply_again(
                organization, name=form.cleaned_data["name"], by=Actor(membership.user, organization), **form.details()
            )
        except DomainError as problem:
            form.add_error(problem.field, str(problem))
        else:
            return redirect("network:onboarding")
    context = {"organization": organization, "form": form if may_apply else None}
    return render(request, "network/waiting.html", context, status=422 if may_apply and form.is_bound else 200)
