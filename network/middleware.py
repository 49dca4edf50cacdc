import json
from collections.abc import Callable
from typing import Final

from django.core.exceptions import BadRequest
from django.db import DataError
from django.db.models import Case, When
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import get_language_from_request
from django.utils.translation import gettext_lazy as _

from network.errors import DomainError
from network.models import Membership, OrganizationStatus

GetResponse = Callable[[HttpRequest], HttpResponse]
ACTING = "acting_organization"
NUL = "\x00"
API_ERRORS: Final[dict[int, tuple[str, Promise]]] = {
    400: ("bad_request", _("This request cannot be read.")),
    401: ("unauthorized", _("Send a valid API key: “Authorization: Bearer <key>”.")),
    403: ("forbidden", _("You may not do this.")),
    404: ("not_found", _("There is nothing at this address.")),
    405: ("method_not_allowed", _("This address does not take that method.")),
    429: ("too_many_requests", _("Too many requests. Try again later.")),
    500: ("server_error", _("Something went wrong on our side.")),
    503: ("unavailable", _("Our data is out of reach right now. Try again in a moment.")),
}


class Language:
    """The language chosen on the site (cookie), else the browser's. Urls stay the same in both languages."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = get_language_from_request(request)
        request.LANGUAGE_CODE = language
        with translation.override(language):
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class ActingOrganization:
    """Sets request.membership and request.organization: the one chosen in this session, else the first active."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.membership = SimpleLazyObject(lambda: acting_membership(request))  # type: ignore[attr-defined]
        request.organization = SimpleLazyObject(  # type: ignore[attr-defined]
            lambda: getattr(acting_membership(request), "organization", None)
        )
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()


def acting_membership(request: HttpRequest) -> Membership | None:
    if not hasattr(request, "acting"):
        request.acting = _find_membership(request)  # type: ignore[attr-defined]
        if request.acting:  # type: ignore[attr-defined]
            timezone.activate(zone_of(request.acting))  # type: ignore[attr-defined]
    return request.acting  # type: ignore[attr-defined,no-any-return]


def zone_of(membership: Membership) -> str:
    """The person's own time zone, else that of the organization."""
    return membership.user.time_zone or membership.organization.time_zone


def _find_membership(request: HttpRequest) -> Membership | None:
    if not request.user.is_authenticated:
        return None
    memberships = Membership.objects.filter(user=request.user).select_related("organization", "user")
    active_first = Case(When(organization__status=OrganizationStatus.ACTIVE, then=0), default=1)
    chosen = memberships.filter(organization_id=request.session.get(ACTING, 0)).first()
    return chosen or memberships.order_by(active_first, "id").first()


class DomainErrors:
    """The one place where a broken business rule that no form caught becomes a page or JSON.

    Below /api/ every error has the shape of the API, also those that Django itself answers.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code >= 400 and is_api(request) and "json" not in response.get("Content-Type", ""):
            return _as_json(response)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        if is_api(request):
            return JsonResponse(exception.as_json(), status=exception.status)
        if getattr(request, "htmx", False):
            toast = json.dumps({"toast": str(exception)})
            return HttpResponse(status=exception.status, headers={"HX-Reswap": "none", "HX-Trigger": toast})
        return render(request, "errors/domain.html", {"error": exception}, status=exception.status)


class NulCharacters:
    """PostgreSQL stores no NUL. Forms refuse one beside its field; anywhere else it is a bad request, in the path a 404."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> None:
        if not isinstance(exception, DataError):
            return
        if NUL in request.path:
            raise Http404 from exception
        if any(NUL in text for sent in (request.GET, request.POST) for _, texts in sent.lists() for text in texts):
            raise BadRequest("NUL character") from exception


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")


def _as_json(response: HttpResponse) -> HttpResponse:
    code, message = API_ERRORS.get(response.status_code, API_ERRORS[500])
    error = {"code": code, "message": str(message), "field": None}
    headers = {name: response[name] for name in ("Allow", "Retry-After") if name in response}
    return JsonResponse({"error": error}, status=response.status_code, headers=headers)
