import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from tests.cast import PASSWORD, Member
from tests.network.conftest import Committing, SignedIn

LIST = "/organizations/"


def code_of(secret: str) -> str:
    return str(format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time())))))


def log_in(client: Client, member: Member) -> str:
    answer = client.post(reverse("account_login"), {"login": member.user.email, "password": PASSWORD})
    return str(answer.headers["Location"])


def test_it_is_asked_after_the_password(client: Client, ada: Member) -> None:
    secret = generate_totp_secret()
    TOTP.activate(ada.user, secret)
    assert log_in(client, ada) == reverse("mfa_authenticate")
    assert client.get(reverse("network:member-list")).status_code == 302
    client.post(reverse("mfa_authenticate"), {"code": code_of(secret)})
    assert client.get(reverse("network:member-list")).status_code == 200


def test_it_takes_no_wrong_code(client: Client, ada: Member) -> None:
    TOTP.activate(ada.user, generate_totp_secret())
    log_in(client, ada)
    client.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert "_auth_user_id" not in client.session


def test_it_takes_each_recovery_code_once(ada: Member) -> None:
    TOTP.activate(ada.user, generate_totp_secret())
    code = RecoveryCodes.activate(ada.user).get_unused_codes()[0]
    first, second = Client(), Client()
    for client in (first, second):
        log_in(client, ada)
        client.post(reverse("mfa_authenticate"), {"code": code})
    assert "_auth_user_id" in first.session
    assert "_auth_user_id" not in second.session


def test_it_is_required_of_the_networks_staff(nima: Member, signed_in: SignedIn, settings: Settings) -> None:
    settings.REQUIRE_STAFF_MFA = True
    client = signed_in(nima)
    assert client.get(LIST).headers["Location"] == reverse("mfa_activate_totp")
    TOTP.activate(nima.user, generate_totp_secret())
    assert client.get(LIST).status_code == 200


def test_it_is_not_required_of_others(ada: Member, signed_in: SignedIn, settings: Settings) -> None:
    settings.REQUIRE_STAFF_MFA = True
    assert signed_in(ada).get(reverse("network:member-list")).status_code == 200


@pytest.mark.django_db
def test_it_mails_that_it_was_switched_on(
    client: Client, ada: Member, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    log_in(client, ada)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    secret = client.get(reverse("mfa_activate_totp")).context["form"].secret
    with committing():
        client.post(reverse("mfa_activate_totp"), {"code": code_of(secret)})
    subjects = [message.subject for message in outbox]
    assert "Two-factor authentication was switched on" in subjects
    assert "127.0.0.1" in str(outbox[0].body)
