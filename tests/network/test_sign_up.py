import re

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from django.urls import reverse

from network.models import Membership, Organization, User
from tests.cast import PASSWORD, Member
from tests.network.conftest import Committing

SIGNUP = {"name": "Sara", "email": "sara@example.com", "password1": PASSWORD, "kind": "publisher"}
DETAILS = {
    "kind": "publisher",
    "name": "Sara's blog",
    "website": "blog.example",
    "country": "DE",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "about": "Travel with children.",
}


def sign_up(client: Client, committing: Committing, **data: str) -> str:
    with committing():
        return str(client.post(reverse("account_signup"), SIGNUP | data).headers["Location"])


def code_in(message: EmailMultiAlternatives) -> str:
    return str(re.findall(r"^[0-9A-Z-]{4,}$", str(message.body), re.MULTILINE)[0])


def confirm(client: Client, message: EmailMultiAlternatives) -> str:
    answer = client.post(reverse("account_email_verification_sent"), {"code": code_in(message)})
    return str(answer.headers["Location"])


@pytest.mark.django_db
def test_it_leads_from_the_form_over_the_code_to_the_application(
    client: Client, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    assert sign_up(client, committing) == reverse("account_email_verification_sent")
    assert outbox[0].to == ["sara@example.com"]
    assert outbox[0].subject == "Your confirmation code"
    assert confirm(client, outbox[0]) == reverse("reporting:home")
    assert client.get(reverse("reporting:home")).headers["Location"] == reverse("network:onboarding")

    page = client.get(reverse("network:onboarding"))
    assert page.context["form"]["kind"].value() == "publisher"
    client.post(reverse("network:onboarding"), DETAILS)

    organization = Organization.objects.get(name="Sara's blog")
    assert (organization.kind, organization.status, organization.website) == (
        "publisher",
        "applied",
        "https://blog.example",
    )
    assert Membership.objects.get(organization=organization).role == "owner"
    assert "Your application is being looked at" in client.get(reverse("network:onboarding")).text


@pytest.mark.django_db
def test_it_writes_in_the_language_of_the_visitor(
    client: Client, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    client.cookies["language"] = "fa"
    sign_up(client, committing)
    assert User.objects.get().language == "fa"
    html = str(outbox[0].alternatives[0][0])
    assert 'lang="fa" dir="rtl"' in html
    assert outbox[0].subject == "کد تأیید شما"


@pytest.mark.django_db
def test_it_says_nothing_about_who_has_an_account(
    client: Client, ada: Member, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    new = sign_up(Client(), committing)
    known = sign_up(client, committing, email=ada.user.email)
    assert new == known
    assert client.get(known).status_code == 200
    assert outbox[1].subject == "You already have an account"
    assert User.objects.filter(email=ada.user.email).count() == 1


@pytest.mark.django_db
def test_it_confirms_no_address_with_a_wrong_code(
    client: Client, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    sign_up(client, committing)
    client.post(reverse("account_email_verification_sent"), {"code": "WRONG1"})
    assert not EmailAddress.objects.get(email="sara@example.com").verified
    assert client.get(reverse("network:onboarding")).headers["Location"].startswith(reverse("account_login"))


@pytest.mark.django_db
def test_it_ignores_a_kind_nobody_may_choose(client: Client, committing: Committing) -> None:
    sign_up(client, committing, kind="network")
    assert client.session["signup_kind"] == ""


@pytest.mark.django_db
def test_it_takes_no_password_that_everybody_uses(client: Client) -> None:
    page = client.post(reverse("account_signup"), SIGNUP | {"password1": "password12"})
    assert "password1" in page.context["form"].errors
    assert not User.objects.exists()


@pytest.mark.django_db
def test_it_stops_guessing_of_passwords(client: Client, ada: Member) -> None:
    wrong = {"login": ada.user.email, "password": "not-her-password"}
    for _attempt in range(5):
        client.post(reverse("account_login"), wrong)
    page = client.post(reverse("account_login"), {"login": ada.user.email, "password": PASSWORD})
    assert "_auth_user_id" not in client.session
    assert "Too many failed login attempts" in page.text


@pytest.mark.django_db
def test_it_answers_a_wrong_address_like_a_wrong_password(client: Client, ada: Member) -> None:
    def errors(email: str) -> dict[str, list[str]]:
        page = client.post(reverse("account_login"), {"login": email, "password": "not-the-password"})
        return dict(page.context["form"].errors)

    assert errors(ada.user.email) == errors("nobody@example.com")


@pytest.mark.django_db
def test_it_shows_the_pages_in_the_persons_language_on_a_new_device(client: Client, ada: Member) -> None:
    ada.user.language = "fa"
    ada.user.save()
    answer = client.post(reverse("account_login"), {"login": ada.user.email, "password": PASSWORD})
    assert answer.cookies["language"].value == "fa"


def test_it_mails_no_link_to_another_host(
    client: Client, ada: Member, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    """A port is no part of what ALLOWED_HOSTS compares."""
    with committing():
        client.post(reverse("account_reset_password"), {"email": ada.user.email}, headers={"host": "localhost:6666"})
    links = re.findall(r"https?://[^/\s]+", str(outbox[0].body))
    assert set(links) == {"http://127.0.0.1:8000"}
    assert len(links) > 1
