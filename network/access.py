"""Who may open what. Access is part of fetching: a page names the kinds and the right, its fetch filters by organization."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Final

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.utils.cache import patch_cache_control, patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from network.http import PersonRequest, Request
from network.middleware import acting_membership
from network.models import Kind, Membership
from network.roles import Can, allows

ALL_KINDS = frozenset(Kind)
METHODS: Final = ("GET", "HEAD", "POST")
"""What browsers do with pages. A page that takes no POST, or nothing else, says so itself."""


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
            if request.method not in METHODS:
                return HttpResponseNotAllowed(METHODS)
            if elsewhere := _first_go_to(request):
                return elsewhere
            membership = acting_membership(request)
            if membership is None or membership.organization.kind not in kinds or not allows(membership.role, can):
                raise PermissionDenied
            return _private(view(request, *args, **kwargs))  # type: ignore[arg-type]

        guarded.access = Access(frozenset(kinds), can)  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]  # its first argument has the same name

    return decorate


def person[**P](
    view: Callable[Concatenate[PersonRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """A page of anyone who is signed in, whatever organization she belongs to, if any. Anonymous → login."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method not in METHODS:
            return HttpResponseNotAllowed(METHODS)
        if not request.user.is_authenticated:
            return redirect_to_login(_page_address(request))
        return _private(view(request, *args, **kwargs))  # type: ignore[arg-type]

    return guarded  # type: ignore[return-value]  # its first argument has the same name


def _first_go_to(request: HttpRequest) -> HttpResponse | None:
    """Where someone must go before any page opens. An htmx request changes the whole page, not the part it asked for."""
    membership = acting_membership(request)
    if not request.user.is_authenticated:
        target = redirect_to_login(_page_address(request))
    elif membership is None or not membership.organization.is_active:
        target = redirect("network:onboarding")
    elif needs_second_factor(membership):
        target = redirect("mfa_activate_totp")
    else:
        return None
    if getattr(request, "htmx", False):
        return HttpResponseClientRedirect(target["Location"])
    return target


def _page_address(request: HttpRequest) -> str:
    """The address to come back to: for an htmx request that of the page around it."""
    if not getattr(request, "htmx", False):
        return request.get_full_path()
    return request.htmx.current_url_abs_path or "/"  # type: ignore[attr-defined]


def _private(response: HttpResponse) -> HttpResponse:
    """What one member sees is kept by no cache, and never mistaken for the part of it that htmx asks for."""
    if not response.has_header("Cache-Control"):
        patch_cache_control(response, private=True, no_store=True)
    patch_vary_headers(response, ["HX-Request"])
    return response


def needs_second_factor(membership: Membership) -> bool:
    """Network staff enter only with a second factor, where REQUIRE_STAFF_MFA says so."""
    if not settings.REQUIRE_STAFF_MFA or membership.organization.kind != Kind.NETWORK:
        return False
    return not is_mfa_enabled(membership.user)


def of(view: Any) -> Access | None:
    return getattr(view, "access", None)
