from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from network import api, keys, organizations
from network.models import ApiKey, AuditEntry
from tests.cast import Member

pytestmark = pytest.mark.urls("tests.network.api_probe")


class Caller:
    def __init__(self, member: Member, *scopes: keys.Scope) -> None:
        self.key, self.secret = keys.create(
            member.organization, name="Warehouse", scopes=scopes or [keys.Scope.READ], by=member.actor
        )
        self.client = Client(headers={"Authorization": f"Bearer {self.secret}"}, raise_request_exception=False)

    def get(self, path: str, **query: Any) -> tuple[int, Any]:
        answer = self.client.get(f"/api/v1/{path}", query)
        return answer.status_code, answer.json()


def error(code: str, message: str, field: str | None = None) -> dict[str, dict[str, str | None]]:
    return {"error": {"code": code, "message": message, "field": field}}


@pytest.fixture
def caller(ada: Member) -> Caller:
    return Caller(ada)


UNAUTHORIZED = (401, error("unauthorized", "Send a valid API key: “Authorization: Bearer <key>”."))


def test_it_knows_the_organization_by_its_key(caller: Caller) -> None:
    assert caller.get("whoami") == (200, {"organization": "Ada's Advertiser", "key": "Warehouse"})


@pytest.mark.parametrize("header", [None, "Bearer pvd_wrong", "Basic YTpi", "Bearer", "Bearer "])
def test_it_refuses_without_a_valid_key(db: None, client: Client, header: str | None) -> None:
    answer = client.get("/api/v1/whoami", headers={"Authorization": header} if header else {})
    assert (answer.status_code, answer.json()) == UNAUTHORIZED


def test_it_takes_no_session_for_a_key(client: Client, ada: Member) -> None:
    client.force_login(ada.user)
    assert client.get("/api/v1/whoami").status_code == 401


def test_it_takes_no_key_from_the_address(caller: Caller) -> None:
    assert Client().get(f"/api/v1/whoami?key={caller.secret}&token={caller.secret}").status_code == 401


def test_it_refuses_a_revoked_key(caller: Caller, ada: Member) -> None:
    keys.revoke(caller.key, by=ada.actor)
    assert caller.get("whoami") == UNAUTHORIZED


def test_it_refuses_a_suspended_organization(caller: Caller, ada: Member, nima: Member) -> None:
    organizations.suspend(ada.organization, reason="Unpaid.", by=nima.actor)
    assert caller.get("whoami") == (403, error("organization_not_active", "This organization is not active."))


def test_it_refuses_another_kind(caller: Caller, pia: Member) -> None:
    assert caller.get("publishers-only")[0] == 403
    assert Caller(pia).get("publishers-only") == (200, {"publisher": True})


def test_it_lets_only_a_writing_key_write(caller: Caller, ada: Member) -> None:
    answer = caller.client.post("/api/v1/writes")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "missing_scope")
    writer = Caller(ada, keys.Scope.READ, keys.Scope.WRITE)
    assert writer.client.post("/api/v1/writes").json() == {"written": True}


def test_it_writes_down_the_use_at_most_once_a_minute(caller: Caller) -> None:
    caller.get("whoami")
    first = ApiKey.objects.get().last_used_at
    assert first is not None
    with CaptureQueriesContext(
        connection,
    ) as queries:
        caller.get("whoami")
    assert not [query for query in queries if query["sql"].startswith("UPDATE")]
    ApiKey.objects.update(last_used_at=timezone.now() - timedelta(seconds=61))
    caller.get("whoami")
    assert ApiKey.objects.get().last_used_at > first  # type: ignore[operator]


def test_it_shows_money_in_minor_units(caller: Caller) -> None:
    assert caller.get("price") == (200, {"amount": 1999, "currency": "USD"})


@pytest.mark.parametrize(
    ("query", "message", "field"),
    [
        ({}, "This field is required.", "count"),
        ({"count": "many"}, "Enter a whole number.", "count"),
        ({"count": 1, "order": "sideways"}, "Choose one of the allowed values.", "order"),
    ],
)
def test_it_names_the_wrong_field(caller: Caller, query: dict[str, Any], message: str, field: str) -> None:
    assert caller.get("filtered", **query) == (422, error("invalid", message, field))


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("missing", 404, error("not_found", "There is nothing at this address.")),
        ("no/such/endpoint", 404, error("not_found", "There is nothing at this address.")),
        ("broken", 409, error("broken_rule", "A rule is broken.", "name")),
        ("fails", 500, error("server_error", "Something went wrong on our side.")),
    ],
)
def test_it_shapes_every_error_alike(caller: Caller, path: str, status: int, expected: object) -> None:
    assert caller.get(path) == (status, expected)


def test_it_shapes_a_wrong_method_alike(caller: Caller) -> None:
    answer = caller.client.delete("/api/v1/whoami")
    assert (answer.status_code, answer.json()) == (
        405,
        error("method_not_allowed", "This address does not take that method."),
    )
    assert answer.headers["Allow"] == "GET"


def test_it_speaks_the_language_asked_for(caller: Caller) -> None:
    answer = caller.client.get("/api/v1/missing", headers={"Accept-Language": "fa"})
    assert answer.json()["error"]["message"] == "در این نشانی چیزی نیست."


def test_it_bounds_the_requests_of_a_minute(caller: Caller, ada: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "REQUESTS_PER_MINUTE", 3)
    monkeypatch.setattr(api, "time", lambda: 1_000_000_000.0)
    other = Caller(ada)
    assert [caller.get("whoami")[0] for _ in range(2)] + [other.get("whoami")[0]] == [200, 200, 200]
    answer = caller.client.get("/api/v1/whoami")
    assert (answer.status_code, answer.json()) == (
        429,
        error("too_many_requests", "Too many requests. Try again later."),
    )
    assert answer.headers["Retry-After"] == "20"
    monkeypatch.setattr(api, "time", lambda: 1_000_000_020.0)
    assert caller.get("whoami")[0] == 200


@pytest.mark.parametrize("by", ["-id", "id", "at", "-at", "action"])
def test_it_reads_a_list_page_by_page(caller: Caller, ada: Member, by: str) -> None:
    for number in range(5):
        organizations.edit(ada.organization, about=f"Text {number}", by=ada.actor)
    order = [by, "-pk" if by.startswith("-") else "pk"]
    expected = list(AuditEntry.objects.visible_to(ada.organization).order_by(*order).values_list("id", flat=True))
    seen: list[int] = []
    query: dict[str, Any] = {"limit": 2, "by": by}
    while True:
        _status, answer = caller.get("entries", **query)
        seen += [item["id"] for item in answer["items"]]
        assert len(answer["items"]) <= 2
        if answer["next"] is None:
            break
        query["cursor"] = answer["next"]
    assert seen == expected
    assert len(seen) == 8


def test_it_repeats_and_skips_nothing_when_rows_come_in_between(caller: Caller, ada: Member) -> None:
    _status, first = caller.get("entries", limit=2)
    organizations.edit(ada.organization, about="New", by=ada.actor)
    _status, second = caller.get("entries", limit=2, cursor=first["next"])
    ids = [item["id"] for item in first["items"] + second["items"]]
    assert ids == sorted(set(ids), reverse=True)


@pytest.mark.parametrize("cursor", ["x", "!!", "W10", "WzFd", "eyJhIjoxfQ", "WyJ4IiwieSJd", "W251bGwsNV0"])
def test_it_refuses_a_cursor_it_did_not_make(caller: Caller, cursor: str) -> None:
    status, answer = caller.get("entries", cursor=cursor)
    assert (status, answer["error"]["code"], answer["error"]["field"]) == (422, "bad_cursor", "cursor")


@pytest.mark.parametrize("limit", [0, 501])
def test_it_bounds_the_length_of_a_page(caller: Caller, limit: int) -> None:
    status, answer = caller.get("entries", limit=limit)
    assert (status, answer["error"]["field"]) == (422, "limit")


@pytest.mark.urls("network.urls")
def test_it_describes_itself(client: Client, db: None) -> None:
    described = client.get("/api/v1/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert described["components"]["securitySchemes"] == {"ApiKeyAuth": {"type": "http", "scheme": "bearer"}}
    assert client.get("/api/v1/docs").status_code == 200
