from django.urls import reverse

from network.models import Membership
from network.roles import Role
from tests.cast import Member
from tests.network.conftest import SignedIn

SWITCH = "/acting-organization/"


def test_it_acts_for_the_chosen_organization(ada: Member, pia: Member, signed_in: SignedIn) -> None:
    Membership.objects.create(user=ada.user, organization=pia.organization, role=Role.ANALYST)
    client = signed_in(ada)
    assert client.get(reverse("network:member-list")).wsgi_request.organization == ada.organization  # type: ignore[attr-defined]
    client.post(SWITCH, {"organization": pia.organization.public_id})
    assert client.get(reverse("network:member-list")).wsgi_request.organization == pia.organization  # type: ignore[attr-defined]
    assert client.get(reverse("network:key-list")).status_code == 403


def test_it_does_not_act_for_a_strangers_organization(ada: Member, mallory: Member, signed_in: SignedIn) -> None:
    client = signed_in(mallory)
    assert client.post(SWITCH, {"organization": ada.organization.public_id}).status_code == 404
    assert "acting_organization" not in client.session


def test_it_stops_acting_for_an_organization_she_left(ada: Member, pia: Member, signed_in: SignedIn) -> None:
    extra = Membership.objects.create(user=ada.user, organization=pia.organization, role=Role.ANALYST)
    client = signed_in(ada)
    client.post(SWITCH, {"organization": pia.organization.public_id})
    extra.delete()
    assert client.get(reverse("network:member-list")).wsgi_request.organization == ada.organization  # type: ignore[attr-defined]
