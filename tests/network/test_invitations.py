import re
from datetime import timedelta

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from network import invitations
from network.models import AuditEntry, Invitation, Membership
from network.roles import Role
from tests.cast import PASSWORD, Member, person
from tests.network.conftest import Committing, SignedIn
from tests.network.test_sign_up import confirm, sign_up

CREATE = "/members/invitations/new/"


@pytest.fixture
def path(ada: Member, signed_in: SignedIn, committing: Committing, outbox: list[EmailMultiAlternatives]) -> str:
    """The path in the link that was mailed to Ida."""
    with committing():
        signed_in(ada).post(CREATE, {"email": "ida@example.com", "role": "manager"})
    return path_in(outbox.pop())


def path_in(message: EmailMultiAlternatives) -> str:
    return str(re.findall(r"http://127.0.0.1:8000(/invitations/\S+)", str(message.body))[0])


def test_it_mails_a_link_and_keeps_only_its_hash(
    ada: Member, signed_in: SignedIn, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    with committing():
        signed_in(ada).post(CREATE, {"email": "Ida@Example.com", "role": "manager"})
    assert outbox[0].to == ["ida@example.com"]
    assert "Ada invites you to join Ada's Advertiser on Peyvand as Manager." in str(outbox[0].body)
    invitation = Invitation.objects.get()
    token = path_in(outbox[0]).split("/")[2]
    assert len(token) == 43
    assert token not in str(Invitation.objects.values().get())
    assert invitation.expires_at - invitation.created_at == pytest.approx(timedelta(days=7), abs=timedelta(seconds=5))


def test_it_lets_the_invited_person_in(path: str, ada: Member, client: Client) -> None:
    ida = person("ida@example.com", "Ida")
    client.force_login(ida)
    assert "Accept the invitation" in client.get(path).text
    answer = client.post(path)
    assert answer.headers["Location"] == reverse("reporting:home")
    assert Membership.objects.get(user=ida).role == Role.MANAGER
    assert client.session["acting_organization"] == ada.organization.pk
    assert AuditEntry.objects.latest("id").action == "invitation.accepted"


def test_it_leads_a_new_person_over_the_sign_up_back_to_the_invitation(
    path: str, client: Client, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    page = client.get(path)
    signup = f"{reverse('account_signup')}?next={path.replace('/', '%2F')}&amp;email=ida%40example.com"
    assert signup in page.text
    sign_up(client, committing, email="ida@example.com", name="Ida", next=path)
    assert confirm(client, outbox[0]) == path
    assert "Accept the invitation" in client.get(path).text


def test_it_leads_a_known_person_over_the_login_back_to_the_invitation(path: str, client: Client) -> None:
    person("ida@example.com", "Ida")
    answer = client.post(reverse("account_login"), {"login": "ida@example.com", "password": PASSWORD, "next": path})
    assert answer.headers["Location"] == path


def test_it_refuses_another_person_with_the_link(path: str, mallory: Member, signed_in: SignedIn) -> None:
    client = signed_in(mallory)
    assert "Accept the invitation" not in client.get(path).text
    assert client.post(path).status_code == 403
    assert Membership.objects.filter(user=mallory.user).count() == 1


def test_it_refuses_an_address_that_was_not_proved(path: str, client: Client) -> None:
    ida = person("ida@example.com", "Ida")
    ida.emailaddress_set.update(verified=False)  # type: ignore[attr-defined]
    client.force_login(ida)
    assert client.post(path).status_code == 403
    assert not Membership.objects.filter(user=ida).exists()


def test_it_can_be_used_once(path: str, client: Client) -> None:
    ida = person("ida@example.com", "Ida")
    client.force_login(ida)
    client.post(path)
    Membership.objects.filter(user=ida).delete()
    assert client.post(path).status_code == 410
    assert not Membership.objects.filter(user=ida).exists()


def test_it_expires_after_seven_days(path: str, client: Client) -> None:
    Invitation.objects.update(expires_at=timezone.now())
    client.force_login(person("ida@example.com", "Ida"))
    page = client.post(path)
    assert page.status_code == 410
    assert "This invitation has expired" in page.text


def test_it_answers_an_unknown_link_like_a_revoked_one(path: str, ada: Member, client: Client) -> None:
    invitations.revoke(Invitation.objects.get(), by=ada.actor)
    revoked = client.get(path)
    unknown = client.get("/invitations/" + "x" * 43 + "/")
    assert (revoked.status_code, unknown.status_code) == (410, 410)
    assert "This invitation is not valid" in revoked.text
    assert "This invitation is not valid" in unknown.text


def test_it_sends_a_fresh_link_that_replaces_the_old_one(
    path: str, ada: Member, signed_in: SignedIn, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    Invitation.objects.update(expires_at=F("expires_at") - timedelta(minutes=5))
    invitation = Invitation.objects.get()
    with committing():
        signed_in(ada).post(reverse("network:invitation-resend", args=[invitation.public_id]))
    assert Client().get(path).status_code == 410
    assert Client().get(path_in(outbox[0])).status_code == 200


def test_it_sends_it_again_after_five_minutes_only(
    path: str, ada: Member, signed_in: SignedIn, committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    Invitation.objects.update(expires_at=F("expires_at") - timedelta(minutes=4, seconds=50))
    with committing():
        address = reverse("network:invitation-resend", args=[Invitation.objects.get().public_id])
        page = signed_in(ada).post(address, follow=True)
    assert "Wait five minutes" in page.text
    assert outbox == []
    assert Client().get(path).status_code == 200


def test_it_invites_an_address_once(path: str, ada: Member, signed_in: SignedIn) -> None:
    page = signed_in(ada).post(CREATE, {"email": "IDA@example.com", "role": "analyst"})
    assert page.status_code == 422
    assert list(page.context["form"].errors) == ["email"]
    assert Invitation.objects.count() == 1


def test_it_invites_anew_when_the_old_one_has_expired(path: str, ada: Member, signed_in: SignedIn) -> None:
    Invitation.objects.update(expires_at=timezone.now())
    signed_in(ada).post(CREATE, {"email": "ida@example.com", "role": "analyst"})
    assert [invitation.role for invitation in Invitation.objects.filter(revoked_at=None)] == ["analyst"]


def test_it_invites_no_member(ada: Member, signed_in: SignedIn) -> None:
    page = signed_in(ada).post(CREATE, {"email": ada.user.email, "role": "analyst"})
    assert page.context["form"].errors == {"email": ["This person is already a member."]}
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    "data", [{"email": "not an address", "role": "analyst"}, {"email": "x@y.example", "role": "king"}]
)
def test_it_says_what_is_wrong_beside_the_field(ada: Member, signed_in: SignedIn, data: dict[str, str]) -> None:
    page = signed_in(ada).post(CREATE, data)
    assert page.status_code == 422
    assert len(page.context["form"].errors) == 1
    assert not Invitation.objects.exists()


def test_it_keeps_the_number_of_open_invitations_bounded(ada: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(invitations, "MOST_OPEN", 2)
    for name in ("a", "b"):
        invitations.invite(ada.organization, email=f"{name}@example.com", role=Role.ANALYST, by=ada.actor)
    with pytest.raises(invitations.TooManyInvitations):
        invitations.invite(ada.organization, email="c@example.com", role=Role.ANALYST, by=ada.actor)
