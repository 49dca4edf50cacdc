import pytest
from django.test import Client
from django.urls import reverse

from network import organizations
from network.actors import Actor
from network.models import AuditEntry, Kind, Organization
from tests.cast import Member, person
from tests.network.test_sign_up import DETAILS

PAGE = "/onboarding/"


@pytest.fixture
def sara(client: Client, db: None) -> Client:
    client.force_login(person("sara@example.com", "Sara"))
    return client


def test_it_registers_once_however_often_the_button_is_pressed(sara: Client) -> None:
    sara.post(PAGE, DETAILS)
    sara.post(PAGE, DETAILS)
    assert Organization.objects.count() == 1


def test_it_asks_the_questions_again_beside_the_fields(sara: Client) -> None:
    page = sara.post(PAGE, DETAILS | {"name": "", "country": "XX", "website": "ftp://files.example"})
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"name", "country", "website"}
    assert not Organization.objects.exists()


def test_it_registers_no_network(sara: Client) -> None:
    page = sara.post(PAGE, DETAILS | {"kind": "network"})
    assert set(page.context["form"].errors) == {"kind"}
    assert not Organization.objects.exists()


def test_it_suggests_iranian_values_in_persian(sara: Client) -> None:
    sara.cookies["language"] = "fa"
    form = sara.get(PAGE).context["form"]
    assert [form[name].value() for name in ("country", "currency", "time_zone")] == ["IR", "IRR", "Asia/Tehran"]
    assert ("IR", "ایران") in form.fields["country"].choices


def test_it_opens_no_other_page_before_the_vetting(sara: Client) -> None:
    sara.post(PAGE, DETAILS)
    for name in ("network:member-list", "network:key-list", "network:organization-settings"):
        assert sara.get(reverse(name)).headers["Location"] == PAGE


def test_it_sends_a_member_of_an_active_organization_home(client: Client, ada: Member) -> None:
    client.force_login(ada.user)
    assert client.get(PAGE).headers["Location"] == reverse("reporting:home")


def test_it_lets_a_declined_owner_correct_and_apply_again(client: Client, nima: Member) -> None:
    user = person("sara@example.com", "Sara")
    client.force_login(user)
    client.post(PAGE, DETAILS)
    organization = Organization.objects.get(name="Sara's blog")
    organizations.decline(organization, reason="The website does not open.", by=nima.actor)
    assert "The website does not open." in client.get(PAGE).text

    client.post(PAGE, DETAILS | {"website": "https://sara.example"})

    organization.refresh_from_db()
    assert (organization.status, organization.status_reason) == ("applied", "")
    assert organization.website == "https://sara.example"
    assert AuditEntry.objects.latest("id").action == "organization.applied_again"


def test_it_changes_nothing_of_a_waiting_application(sara: Client) -> None:
    sara.post(PAGE, DETAILS)
    sara.post(PAGE, DETAILS | {"name": "Another name"})
    assert Organization.objects.get().name == "Sara's blog"


def test_it_tells_a_suspended_member_why(client: Client, nima: Member, ada: Member) -> None:
    organizations.suspend(ada.organization, reason="Unpaid invoices.", by=nima.actor)
    client.force_login(ada.user)
    assert client.get(reverse("network:member-list")).headers["Location"] == PAGE
    page = client.get(PAGE)
    assert "This organization is suspended" in page.text
    assert "Unpaid invoices." in page.text


def test_it_acts_for_an_active_organization_before_a_waiting_one(client: Client, nima: Member, ada: Member) -> None:
    user = person("both@example.com", "Both")
    organizations.register(user, kind=Kind.PUBLISHER, name="Waiting", by=Actor(user, None))
    client.force_login(user)
    assert client.get(PAGE).status_code == 200
    active = organizations.register(user, kind=Kind.PUBLISHER, name="Active", by=Actor(user, None))
    organizations.approve(active, by=nima.actor)
    assert client.get(PAGE).headers["Location"] == reverse("reporting:home")
