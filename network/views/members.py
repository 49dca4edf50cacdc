"""The members of the acting organization and the invitations on their way."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from network import access, invitations, memberships
from network.actors import Actor
from network.errors import DomainError
from network.http import Request
from network.models import Invitation, Membership
from network.roles import Can, Role, allows
from network.views.forms import InvitationForm


@require_safe
@access.page()
def member_list(request: Request) -> HttpResponse:
    return _list(request, InvitationForm())


@require_POST
@access.page(can=Can.ADMINISTER)
def member_role(request: Request, public_id: str) -> HttpResponse:
    membership = _member(request, public_id)
    role = request.POST.get("role", "")
    if role not in Role.values:
        messages.error(request, _("Choose one of the roles."))
        return redirect("network:member-list")
    try:
        memberships.change_role(membership, role=Role(role), by=Actor.of(request))
    except DomainError as problem:
        messages.error(request, str(problem))
    else:
        changed = {"member": membership.user, "role": Role(role).label}
        messages.success(request, _("%(member)s now has the role “%(role)s”.") % changed)
    return redirect("network:member-list")


@require_POST
@access.page(can=Can.ADMINISTER)
def member_remove(request: Request, public_id: str) -> HttpResponse:
    membership = _member(request, public_id)
    try:
        memberships.remove(membership, by=Actor.of(request))
    except DomainError as problem:
        messages.error(request, str(problem))
    else:
        messages.success(request, _("%(member)s is no longer a member.") % {"member": membership.user})
    return redirect("network:member-list")


@require_POST
@access.page()
def member_leave(request: Request) -> HttpResponse:
    try:
        memberships.remove(request.membership, by=Actor.of(request))
    except DomainError as problem:
        messages.error(request, str(problem))
        return redirect("network:member-list")
    messages.success(request, _("You have left %(organization)s.") % {"organization": request.organization})
    return redirect("reporting:home")


@require_POST
@access.page(can=Can.ADMINISTER)
def invitation_create(request: Request) -> HttpResponse:
    form = InvitationForm(request.POST)
    if not form.is_valid():
        return _list(request, form, status=422)
    email, role = form.cleaned_data["email"], Role(form.cleaned_data["role"])
    try:
        invitations.invite(request.organization, email=email, role=role, by=Actor.of(request))
    except DomainError as problem:
        form.add_error(problem.field, str(problem))
        return _list(request, form, status=422)
    messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": email})
    return redirect("network:member-list")


@require_POST
@access.page(can=Can.ADMINISTER)
def invitation_resend(request: Request, public_id: str) -> HttpResponse:
    try:
        invitation = invitations.resend(_invitation(request, public_id), by=Actor.of(request))
    except invitations.SentJustNow as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("The invitation is on its way to %(email)s.") % {"email": invitation.email})
    return redirect("network:member-list")


@require_POST
@access.page(can=Can.ADMINISTER)
def invitation_revoke(request: Request, public_id: str) -> HttpResponse:
    invitation = invitations.revoke(_invitation(request, public_id), by=Actor.of(request))
    messages.success(request, _("The invitation of %(email)s is revoked.") % {"email": invitation.email})
    return redirect("network:member-list")


def _list(request: Request, form: InvitationForm, status: int = 200) -> HttpResponse:
    may_administer = allows(request.membership.role, Can.ADMINISTER)
    unanswered = Invitation.objects.filter(organization=request.organization, accepted_at=None, revoked_at=None)
    members = Membership.objects.filter(organization=request.organization)
    context = {
        "members": members.select_related("user").order_by("created_at", "id"),
        "invitations": unanswered.select_related("invited_by").order_by("-id") if may_administer else [],
        "form": form,
        "roles": Role.choices,
        "may_administer": may_administer,
    }
    return render(request, "network/members.html", context, status=status)


def _member(request: Request, public_id: str) -> Membership:
    members = Membership.objects.filter(organization=request.organization).select_related("user")
    return get_object_or_404(members, public_id=public_id)


def _invitation(request: Request, public_id: str) -> Invitation:
    return get_object_or_404(Invitation, organization=request.organization, public_id=public_id)
