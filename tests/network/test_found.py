import pytest
from django.core.mail import EmailMultiAlternatives
from django.core.management import CommandError, call_command

from network.models import Kind, Membership, Organization
from network.roles import Role
from tests.cast import Member
from tests.network.conftest import Committing

pytestmark = pytest.mark.django_db


def test_it_founds_the_network_and_mails_its_first_owner(
    committing: Committing, outbox: list[EmailMultiAlternatives]
) -> None:
    with committing():
        call_command("found", email="Owner@Example.com", name="Green Links")
    network = Organization.objects.get()
    assert (network.kind, network.name, network.is_active) == (Kind.NETWORK, "Green Links", True)
    owner = Membership.objects.get()
    assert (owner.user.email, owner.role) == ("owner@example.com", Role.OWNER)
    assert not owner.user.has_usable_password()
    (mail,) = outbox
    assert mail.to == ["owner@example.com"]
    assert "http://127.0.0.1:8000/accounts/password/reset/key/" in mail.body


def test_it_founds_no_second_one(nima: Member) -> None:
    with pytest.raises(CommandError, match="already"):
        call_command("found", email="other@example.com", name="Another")
    assert Organization.objects.count() == 1
