"""The page behind the link of an invitation mail, for people with and without an account."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from network import invitations
from network.errors import DomainError
from network.middleware import ACTING
from network.models import Invitation, User


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation_accept(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever has the link sees who invites; only the person with the invited address may accept."""
    invitation = invitations.find(token)
    if invitation is None or invitation.accepted_at or invitation.revoked_at or invitation.has_expired:
        return render(request, "network/invitation_closed.html", {"invitation": invitation}, status=410)
    if request.method == "POST" and isinstance(request.user, User):
        return _accept(request, request.user, invitation)
    return _page(request, invitation)


def _accept(request: HttpRequest, user: User, invitation: Invitation) -> HttpResponse:
    try:
        membership = invitations.accept(invitation, user=user)
    except DomainError as problem:
        messages.error(request, str(problem))
        return _page(request, invitation, status=problem.status)
    request.session[ACTING] = membership.organization_id
    messages.success(request, _("Welcome to %(organization)s.") % {"organization": invitation.organization})
    return redirect("reporting:home")


def _page(request: HttpRequest, invitation: Invitation, status: int = 200) -> HttpResponse:
    user = request.user
    context = {
        "invitation": invitation,
        "is_for_me": isinstance(user, User) and invitations.is_for(invitation, user),
    }
    return render(request, "network/invitation.html", context, status=status)
