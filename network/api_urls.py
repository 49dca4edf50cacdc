"""/api/v1/: one API per process; each app's router joins by its name."""

from typing import Any, Final

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError

from network.api import ApiKeyAuth, PerOrganization
from network.errors import DomainError
from network.middleware import API_ERRORS

WHOLE_NUMBER: Final = _("Enter a whole number.")
DATE: Final = _("Enter a date such as 2026-11-21.")
CHOICE: Final = _("Choose one of the allowed values.")
WRONG: Final[dict[str, Promise]] = {
    "missing": _("This field is required."),
    "int_parsing": WHOLE_NUMBER,
    "int_type": WHOLE_NUMBER,
    "date_from_datetime_parsing": DATE,
    "date_parsing": DATE,
    "enum": CHOICE,
    "literal_error": CHOICE,
    "string_too_long": _("This is too long."),
    "greater_than_equal": _("This is too small."),
    "less_than_equal": _("This is too large."),
}


def build(router: str | Router) -> NinjaAPI:
    api = NinjaAPI(
        title="Peyvand",
        version="1",
        description="Amounts are integers in minor units. Lists are read page by page: send `next` back as `cursor`.",
        urls_namespace="api",
        auth=ApiKeyAuth(),
        throttle=PerOrganization(),
    )
    api.add_router("", router)

    def answer(
        request: HttpRequest, status: int, code: str = "", message: object = "", field: str | None = None
    ) -> HttpResponse:
        usual_code, usual_message = API_ERRORS.get(status, API_ERRORS[500])
        error = {"code": code or usual_code, "message": str(message or usual_message), "field": field}
        return api.create_response(request, {"error": error}, status=status)

    @api.exception_handler(DomainError)
    def broken_rule(request: HttpRequest, problem: DomainError) -> HttpResponse:
        return api.create_response(request, problem.as_json(), status=problem.status)

    @api.exception_handler(Http404)
    def not_found(request: HttpRequest, problem: Http404) -> HttpResponse:
        return answer(request, 404)

    @api.exception_handler(HttpError)
    def http_error(request: HttpRequest, problem: HttpError) -> HttpResponse:
        return answer(request, problem.status_code)

    @api.exception_handler(ValidationError)
    def invalid(request: HttpRequest, problem: ValidationError) -> HttpResponse:
        """The first thing that is wrong, named by the field the caller sent."""
        first: dict[str, Any] = problem.errors[0]
        names = [str(part) for part in first["loc"] if part not in {"query", "path", "body", "header"}]
        message = WRONG.get(first["type"], _("This value is not valid."))
        return answer(request, 422, "invalid", message, names[-1] if names else None)

    return api


app_name = "api"
urlpatterns = build("reporting.api.router").urls[0]
