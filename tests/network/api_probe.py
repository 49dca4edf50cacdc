"""A urlconf whose API has endpoints made for the tests of the API's frame."""

from typing import Literal

from django.http import Http404
from django.urls import include, path
from ninja import Query, Router, Schema

from network import api_urls, urls
from network.api import ApiKeyAuth, ApiRequest, MoneyOut, Page, Window, page
from network.errors import DomainError
from network.keys import Scope
from network.models import AuditEntry, Kind
from network.money import Money


class Entry(Schema):
    id: int

    @staticmethod
    def of(entry: AuditEntry) -> "Entry":
        return Entry(id=entry.pk)


class Filters(Schema):
    count: int
    order: Literal["up", "down"] = "up"


class Broken(DomainError):
    code = "broken_rule"
    message = "A rule is broken."
    status = 409


router = Router()


@router.get("/whoami")
def whoami(request: ApiRequest) -> dict[str, str]:
    return {"organization": request.organization.name, "key": request.auth.name}


@router.get("/entries", response=Page[Entry])
def entries(request: ApiRequest, window: Query[Window], by: str = "-id") -> Page[Entry]:
    return page(AuditEntry.objects.visible_to(request.organization), window, Entry.of, by=by)


@router.get("/price", response=MoneyOut)
def price(request: ApiRequest) -> MoneyOut:
    return MoneyOut.of(Money(1999, "USD"))


@router.get("/filtered")
def filtered(request: ApiRequest, filters: Query[Filters]) -> dict[str, int]:
    return {"count": filters.count}


@router.get("/missing")
def missing(request: ApiRequest) -> None:
    raise Http404


@router.get("/broken")
def broken(request: ApiRequest) -> None:
    raise Broken(field="name")


@router.get("/fails")
def fails(request: ApiRequest) -> None:
    raise RuntimeError("secret detail")


@router.post("/writes", auth=ApiKeyAuth(scope=Scope.WRITE))
def writes(request: ApiRequest) -> dict[str, bool]:
    return {"written": True}


@router.get("/publishers-only", auth=ApiKeyAuth(kinds={Kind.PUBLISHER}))
def publishers_only(request: ApiRequest) -> dict[str, bool]:
    return {"publisher": True}


urlpatterns = [
    path("api/v1/", include((api_urls.build(router).urls[0], "api"))),
    *(pattern for pattern in urls.urlpatterns if str(pattern.pattern) != "api/v1/"),
]
