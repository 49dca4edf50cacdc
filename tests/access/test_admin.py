"""The rule for everything below /admin/: staff by Django's flag and a second factor only; what actions write is read-only."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from network.models import User
from tests.cast import Member, person

INDEX = "/admin/"


@pytest.fixture
def staff(db: None) -> User:
    user = person("support@example.com", "Support")
    user.is_staff = user.is_superuser = True
    user.save()
    return user


def admin_addresses() -> list[str]:
    lists = [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist") for model in admin.site._registry
    ]
    return [INDEX, reverse("admin:password_change"), *lists]


@pytest.mark.parametrize("address", admin_addresses())
def test_it_sends_visitors_to_the_sites_own_login(client: Client, db: None, address: str) -> None:
    answer = client.get(address, follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login"))


@pytest.mark.parametrize("address", admin_addresses())
def test_it_is_closed_to_all_who_are_not_staff(client: Client, nima: Member, address: str) -> None:
    client.force_login(nima.user)
    assert client.get(address, follow=True).status_code == 403


def test_it_opens_to_staff(client: Client, staff: User) -> None:
    client.force_login(staff)
    wrong = {address: client.get(address).status_code for address in admin_addresses()}
    assert set(wrong.values()) == {200}


def test_it_has_no_login_form_of_its_own(client: Client, staff: User) -> None:
    answer = client.post("/admin/login/", {"username": staff.email, "password": "correct-horse-battery"})
    assert answer.headers["Location"].startswith(reverse("account_login"))
    assert "_auth_user_id" not in client.session


def test_it_asks_staff_for_a_second_factor(client: Client, staff: User, settings: Settings) -> None:
    settings.REQUIRE_STAFF_MFA = True
    client.force_login(staff)
    answer = client.get(INDEX, follow=True)
    assert reverse("mfa_activate_totp") in [address for address, _status in answer.redirect_chain]
    TOTP.activate(staff, generate_totp_secret())
    assert client.get(INDEX).status_code == 200


def test_it_changes_nothing_but_persons(client: Client, staff: User) -> None:
    client.force_login(staff)
    request = client.get(INDEX).wsgi_request
    request.user = staff
    rights = {
        (model.__name__, right)
        for model, options in admin.site._registry.items()
        for right in ("add", "change", "delete")
        if getattr(options, f"has_{right}_permission")(request)
    }
    assert rights == {("User", "change"), ("Authenticator", "delete")}


def test_it_lets_nobody_rise_to_staff(client: Client, staff: User, ada: Member) -> None:
    client.force_login(staff)
    address = reverse("admin:network_user_change", args=[ada.user.pk])
    client.post(address, {"name": "Ada", "language": "en", "is_active": "on", "is_staff": "on", "is_superuser": "on"})
    ada.user.refresh_from_db()
    assert (ada.user.is_staff, ada.user.is_superuser, ada.user.is_active) == (False, False, True)


def test_it_shows_no_secret(client: Client, staff: User, ada: Member) -> None:
    client.force_login(staff)
    secret = generate_totp_secret()
    factor = TOTP.activate(ada.user, secret).instance
    page = client.get(reverse("admin:mfa_authenticator_change", args=[factor.pk]))
    assert page.status_code == 200
    assert secret not in page.text
    page = client.get(reverse("admin:network_user_change", args=[ada.user.pk]))
    assert ada.user.password not in page.text
