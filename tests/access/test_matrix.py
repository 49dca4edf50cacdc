"""Every url × every kind of organization × every role, against the table in `matrix.py`."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse
from pytest_django import DjangoDbBlocker

from network import access
from network.models import Kind, Organization
from network.roles import Role, allows
from tests.access import urls
from tests.access import world as worlds
from tests.access.matrix import ROWS, Door, Row
from tests.access.objects import OBJECTS
from tests.access.world import Circle, World

NAMES = urls.names()


def names(*doors: Door) -> list[str]:
    return [name for name in NAMES if name in ROWS and ROWS[name].door in doors]


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """Made once, in a database transaction that is rolled back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield worlds.build()
        transaction.set_rollback(True)


@contextmanager
def untouched() -> Iterator[None]:
    """Whatever the requests inside change is forgotten."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def address(name: str, circle: Circle, acting: Organization) -> str:
    row = ROWS[name]
    with transaction.atomic():
        arguments = OBJECTS[row.obj](circle, acting) if row.obj else {}
    return reverse(name, kwargs=arguments) + (f"?{row.query}" if row.query else "")


def ask(client: Client, method: str, url: str, row: Row, **headers: str) -> int:
    with untouched():
        if method == "get":
            return client.get(url, headers=headers).status_code
        return client.post(url, row.data, headers=headers).status_code


def methods(row: Row) -> list[str]:
    return ["get", "post"] if row.method == "form" else [row.method]


def test_it_has_a_row_for_each_url() -> None:
    assert [name for name in NAMES if name not in ROWS] == []


def test_it_has_no_row_without_a_url() -> None:
    assert [name for name in ROWS if name not in NAMES] == []


def test_it_names_only_known_objects() -> None:
    assert [name for name, row in ROWS.items() if row.obj and row.obj not in OBJECTS] == []


@pytest.mark.parametrize("name", names(*Door))
def test_it_agrees_with_the_view(name: str, world: World) -> None:
    row = ROWS[name]
    url = address(name, world.near, world.near.advertiser.organization)
    found = access.of(resolve(url.partition("?")[0]).func)
    if row.door is Door.PAGE:
        assert found == access.Access(row.kinds, row.can)
    else:
        assert found is None


@pytest.mark.parametrize("name", names(Door.PAGE))
def test_it_lets_in_who_may(name: str, world: World) -> None:
    row = ROWS[name]
    wrong = []
    for kind, role, client in world.members():
        if kind not in row.kinds or not allows(role, row.can):
            continue
        url = address(name, world.near, world.near.of(kind).organization)
        method = "post" if row.method == "post" else "get"
        if (status := ask(client, method, url, row)) not in row.accepted:
            wrong.append((kind, role, method, status))
    assert wrong == []


@pytest.mark.parametrize("name", names(Door.PAGE))
def test_it_refuses_a_wrong_kind_or_role(name: str, world: World) -> None:
    row = ROWS[name]
    url = address(name, world.near, world.near.advertiser.organization)
    answers = {
        (kind, role, method): ask(client, method, url, row)
        for kind, role, client in world.members()
        for method in methods(row)
        if not (kind in row.kinds and allows(role, row.can))
    }
    assert {who: status for who, status in answers.items() if status != 403} == {}


@pytest.mark.parametrize("name", [name for name in names(Door.PAGE) if ROWS[name].obj])
def test_it_hides_a_strangers_object(name: str, world: World) -> None:
    row = ROWS[name]
    answers = {
        (kind, method): ask(
            world.clients[kind, Role.OWNER], method, address(name, world.far, world.far.of(kind).organization), row
        )
        for kind in sorted(row.kinds - {Kind.NETWORK})
        for method in methods(row)
    }
    assert {who: status for who, status in answers.items() if status != 404} == {}


@pytest.mark.parametrize("name", names(Door.PAGE, Door.SIGNED_IN))
def test_it_sends_a_visitor_to_the_login(name: str, world: World) -> None:
    row = ROWS[name]
    url = address(name, world.near, world.near.advertiser.organization)
    for method in methods(row):
        with untouched():
            response = getattr(Client(), method)(url)
        assert (method, response.status_code) == (method, 302)
        assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", names(Door.PAGE))
def test_it_sends_a_member_of_an_unvetted_organization_to_onboarding(name: str, world: World) -> None:
    row = ROWS[name]
    url = address(name, world.near, world.near.advertiser.organization)
    for method in methods(row):
        with untouched():
            response = getattr(world.waiting, method)(url)
        assert (method, response.status_code) == (method, 302)
        assert response["Location"] == reverse("network:onboarding")


@pytest.mark.parametrize("name", [name for name in names(*Door) if ROWS[name].method == "post"])
def test_it_changes_nothing_by_get(name: str, world: World) -> None:
    row = ROWS[name]
    kind = min(row.kinds)
    url = address(name, world.near, world.near.of(kind).organization)
    assert ask(world.clients[kind, Role.OWNER], "get", url, row) == (200 if name == "account_logout" else 405)


@pytest.mark.parametrize("name", names(Door.OPEN))
def test_it_is_open_to_visitors(name: str, world: World) -> None:
    row = ROWS[name]
    url = address(name, world.near, world.near.advertiser.organization)
    assert ask(Client(), "post" if row.method == "post" else "get", url, row) in row.accepted


@pytest.mark.parametrize("name", names(Door.SIGNED_IN))
def test_it_is_open_to_anyone_signed_in(name: str, world: World) -> None:
    row = ROWS[name]
    wrong = []
    for kind, role, client in world.members():
        url = address(name, world.near, world.near.of(kind).organization)
        if (status := ask(client, "post" if row.method == "post" else "get", url, row)) not in row.accepted:
            wrong.append((kind, role, status))
    assert wrong == []
