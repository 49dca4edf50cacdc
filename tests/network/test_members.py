import pytest
from django.urls import reverse

from network import memberships
from network.models import AuditEntry, Membership
from network.roles import Role
from tests.cast import Member, person
from tests.network.conftest import SignedIn


def colleague(of: Member, email: str, role: Role) -> Membership:
    return Membership.objects.create(
        user=person(email, email.partition("@")[0]), organization=of.organization, role=role
    )


def own(member: Member) -> Membership:
    return Membership.objects.get(user=member.user, organization=member.organization)


def test_it_changes_a_role(ada: Member, signed_in: SignedIn) -> None:
    anna = colleague(ada, "anna@example.com", Role.ANALYST)
    signed_in(ada).post(reverse("network:member-role", args=[anna.public_id]), {"role": "finance"})
    anna.refresh_from_db()
    assert anna.role == Role.FINANCE
    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.detail) == (
        "member.role_changed",
        {"member": "anna", "before": "analyst", "role": "finance"},
    )


def test_it_knows_only_the_four_roles(ada: Member, signed_in: SignedIn) -> None:
    anna = colleague(ada, "anna@example.com", Role.ANALYST)
    signed_in(ada).post(reverse("network:member-role", args=[anna.public_id]), {"role": "admin"})
    anna.refresh_from_db()
    assert anna.role == Role.ANALYST


def test_it_removes_a_member(ada: Member, signed_in: SignedIn) -> None:
    anna = colleague(ada, "anna@example.com", Role.MANAGER)
    signed_in(ada).post(reverse("network:member-remove", args=[anna.public_id]))
    assert not Membership.objects.filter(pk=anna.pk).exists()
    assert AuditEntry.objects.latest("id").action == "member.removed"


def test_it_shuts_the_pages_to_a_removed_member_at_once(ada: Member, signed_in: SignedIn) -> None:
    anna = colleague(ada, "anna@example.com", Role.MANAGER)
    client = signed_in(Member(anna.user, ada.organization))
    assert client.get(reverse("network:member-list")).status_code == 200
    memberships.remove(anna, by=ada.actor)
    assert client.get(reverse("network:member-list")).headers["Location"] == reverse("network:onboarding")


def test_it_keeps_the_last_owner(ada: Member, signed_in: SignedIn) -> None:
    client = signed_in(ada)
    page = client.post(reverse("network:member-leave"), follow=True)
    assert "An organization needs an owner." in page.text
    page = client.post(reverse("network:member-role", args=[own(ada).public_id]), {"role": "analyst"}, follow=True)
    assert "An organization needs an owner." in page.text
    assert own(ada).role == Role.OWNER


def test_it_lets_one_of_two_owners_leave(ada: Member, signed_in: SignedIn) -> None:
    colleague(ada, "anna@example.com", Role.OWNER)
    signed_in(ada).post(reverse("network:member-leave"))
    assert [member.user.name for member in Membership.objects.filter(organization=ada.organization)] == ["anna"]
    assert AuditEntry.objects.latest("id").action == "member.left"


def test_it_shows_an_analyst_the_members_but_no_buttons(ada: Member, signed_in: SignedIn) -> None:
    anna = colleague(ada, "anna@example.com", Role.ANALYST)
    page = signed_in(Member(anna.user, ada.organization)).get(reverse("network:member-list"))
    assert ada.user.email in page.text
    assert reverse("network:member-role", args=[anna.public_id]) not in page.text
    assert reverse("network:invitation-create") not in page.text


@pytest.mark.parametrize("name", ["member-role", "member-remove"])
def test_it_does_not_reach_into_another_organization(
    ada: Member, mallory: Member, signed_in: SignedIn, name: str
) -> None:
    answer = signed_in(mallory).post(reverse(f"network:{name}", args=[own(ada).public_id]), {"role": "analyst"})
    assert answer.status_code == 404
    assert own(ada).role == Role.OWNER
