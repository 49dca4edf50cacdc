"""Who may open what. Access is part of fetching: a page names the kinds and the right, its fetch filters by organization."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from network.http import Request
from network.middleware import acting_membership
from network.models import Kind, Membership
from network.roles import Can, allows

ALL_KINDS = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Access:
    kinds: frozenset[Kind]
    can: Can


def page[**P](
    *, kinds: frozenset[Kind] | set[Kind] = ALL_KINDS, can: Can = Can.VIEW
) -> Callable[[Callable[Concatenate[Request, P], HttpResponse]], Callable[Concatenate[HttpRequest, P], HttpResponse]]:
    """A page of signed-in members of an active organization of these kinds whose role has this right.

    Anonymous → login; no membership or an organization not yet active → onboarding; wrong kind or role → 403.
    """

    def decorate(
        view: Callable[Concatenate[Request, P], HttpResponse],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(request.get_full_path())
            membership = acting_membership(request)
            if membership is None or not membership.organization.is_active:
                return redirect("network:onboarding")
            if needs_second_factor(membership):
                return redirect("mfa_activate_totp")
            if membership.organization.kind not in kinds or not allows(membership.role, can):
                raise PermissionDenied
            return view(request, *args, **kwargs)  # type: ignore[arg-type]

        guarded.access = Access(frozenset(kinds), can)  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]  # its first argument has the same name

    return decorate


def needs_second_factor(membership: Membership) -> bool:
    """Network staff enter only with a second factor, where REQUIRE_STAFF_MFA says so."""
    if not settings.REQUIRE_STAFF_MFA or membership.organization.kind != Kind.NETWORK:
        return False
    return not is_mfa_enabled(membership.user)


def of(view: Any) -> Access | None:
    return getattr(view, "access", None)
