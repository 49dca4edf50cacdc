from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language_from_request

from network.errors import DomainError
from network.models import Membership

GetResponse = Callable[[HttpRequest], HttpResponse]
ACTING = "acting_organization"


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
    """Sets request.membership and request.organization: the one chosen in this session, else the person's first."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.membership = SimpleLazyObject(lambda: acting_membership(request))  # type: ignore[attr-defined]
        request.organization = SimpleLazyObject(  # type: ignore[attr-defined]
            lambda: getattr(acting_membership(request), "organization", None)
        )
        return self.get_response(request)


def acting_membership(request: HttpRequest) -> Membership | None:
    if not hasattr(request, "acting"):
        request.acting = _find_membership(request)  # type: ignore[attr-defined]
        if request.acting:  # type: ignore[attr-defined]
            timezone.activate(request.acting.organization.time_zone)  # type: ignore[attr-defined]
    return request.acting  # type: ignore[attr-defined,no-any-return]


def _find_membership(request: HttpRequest) -> Membership | None:
    if not request.user.is_authenticated:
        return None
    memberships = Membership.objects.filter(user=request.user).select_related("organization", "user")
    chosen = memberships.filter(organization_id=request.session.get(ACTING, 0)).first()
    return chosen or memberships.order_by("id").first()


class DomainErrors:
    """The one place where a broken business rule that no form caught becomes a page or JSON."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, DomainError):
            return None
        if request.path.startswith("/api/"):
            return JsonResponse(exception.as_json(), status=exception.status)
        return render(request, "errors/domain.html", {"error": exception}, status=exception.status)
