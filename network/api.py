"""What all endpoints below /api/v1/ share: the key, the limits, errors, money, pages of lists.

    router = Router()

    @router.get("/campaigns", response=Page[CampaignOut], url_name="campaign-list")
    def campaigns(request: ApiRequest, window: Query[Window]) -> Page[CampaignOut]:
        return page(Campaign.objects.visible_to(request.organization), window, CampaignOut.of, by="-id")

An endpoint for some kinds only, or one that writes: `auth=ApiKeyAuth(kinds={Kind.ADVERTISER}, scope=keys.Scope.WRITE)`.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from time import time
from typing import Annotated, Any, Final, Self

import orjson
from django.core.cache import cache
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from ninja import Schema
from ninja.security import HttpBearer
from ninja.throttling import BaseThrottle
from pydantic import Field

from network import keys, money
from network.errors import DomainError
from network.models import ApiKey, Kind, Organization

ALL_KINDS: Final = frozenset(Kind)
MOST: Final = 500  # rows in one answer
MINUTE: Final = 60
REQUESTS_PER_MINUTE: Final = 300
REQUESTS_PER_MINUTE_OF_NETWORK: Final = 1800


class ApiRequest(HttpRequest):
    """The request of an endpoint: `auth` is the key, `organization` the one whose key it is."""

    auth: ApiKey
    organization: Organization


class OrganizationClosed(DomainError):
    code = "organization_not_active"
    message = _("This organization is not active.")
    status = 403


class WrongKind(DomainError):
    code = "wrong_kind"
    message = _("Organizations of this kind have no such data.")
    status = 403


class MissingScope(DomainError):
    code = "missing_scope"
    message = _("This key may not do that.")
    status = 403


class BadCursor(DomainError):
    code = "bad_cursor"
    message = _("Send the “next” of an earlier answer, unchanged.")


class ApiKeyAuth(HttpBearer):
    """`Authorization: Bearer pvd_…`. No or a dead key → 401; a suspended organization, kind or scope → 403."""

    def __init__(self, *, kinds: AbstractSet[Kind] = ALL_KINDS, scope: keys.Scope = keys.Scope.READ) -> None:
        super().__init__()
        self.kinds = frozenset(kinds)
        self.scope = scope

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        key = keys.use(token)
        if key is None:
            return None
        if not key.organization.is_active:
            raise OrganizationClosed
        if key.organization.kind not in self.kinds:
            raise WrongKind
        if self.scope not in key.scopes:
            raise MissingScope
        request.organization = key.organization  # type: ignore[attr-defined]
        return key


class PerOrganization(BaseThrottle):
    """So many requests of one organization per minute of the clock, over all its keys and our processes."""

    def allow_request(self, request: HttpRequest) -> bool:
        organization: Organization = request.organization  # type: ignore[attr-defined]
        most = REQUESTS_PER_MINUTE_OF_NETWORK if organization.kind == Kind.NETWORK else REQUESTS_PER_MINUTE
        counter = f"api:{organization.pk}:{int(time()) // MINUTE}"
        cache.add(counter, 0, timeout=2 * MINUTE)
        return bool(cache.incr(counter) <= most)

    def wait(self) -> float:
        return MINUTE - time() % MINUTE


class MoneyOut(Schema):
    """`amount` in minor units of the currency: 1999 USD is 19.99 dollars; rials have none."""

    amount: int
    currency: str

    @classmethod
    def of(cls, value: money.Money) -> Self:
        return cls(amount=value.amount, currency=value.currency)


class Page[T](Schema):
    items: list[T]
    next: str | None = None


class Window(Schema):
    cursor: Annotated[str | None, Field(max_length=500, description="The `next` of the answer before.")] = None
    limit: Annotated[int, Field(ge=1, le=MOST)] = 50


def page[M: Model, T](rows: QuerySet[M], window: Window, of: Callable[[M], T], *, by: str = "-id") -> Page[T]:
    """One page in the order of `by` (a field, "-" for descending) and the primary key.

    The place is held by values, not by a count: rows that come or go meanwhile repeat none and skip none.
    """
    descending, name = by.startswith("-"), by.lstrip("-")
    sign, less = ("-", "lt") if descending else ("", "gt")
    if window.cursor:
        value, pk = _read(rows.model, name, window.cursor)
        after = Q(**{f"{name}__{less}": value}) | Q(**{name: value, f"pk__{less}": pk})
        rows = rows.filter(Q(**{f"{name}__{less}e": value}) & after)
    found = list(rows.order_by(f"{sign}{name}", f"{sign}pk")[: window.limit + 1])
    shown = found[: window.limit]
    more = len(found) > window.limit
    return Page(items=[of(row) for row in shown], next=_written(shown[-1], name) if more else None)


def _written(row: Model, name: str) -> str:
    return urlsafe_b64encode(orjson.dumps([getattr(row, name), row.pk])).decode().rstrip("=")


def _read(model: type[Model], name: str, cursor: str) -> tuple[Any, Any]:
    try:
        value, pk = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        field: Any = model._meta.get_field(name)
        place = field.to_python(value), model._meta.pk.to_python(pk)
    except (ValueError, TypeError, binascii.Error, ValidationError, FieldDoesNotExist) as problem:
        raise BadCursor(field="cursor") from problem
    if None in place:
        raise BadCursor(field="cursor")
    return place
