"""Who belongs to an organization, in which role. An organization always keeps an owner."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import Membership, Organization
from network.roles import Role


class LastOwner(DomainError):
    code = "last_owner"
    message = _("An organization needs an owner. Make someone else an owner first.")
    status = 409


@transaction.atomic
def change_role(membership: Membership, *, role: Role, by: Actor) -> Membership:
    membership = _locked(membership)
    if membership.role == role:
        return membership
    if membership.role == Role.OWNER:
        _keep_an_owner(membership)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    audit.record(by, "member.role_changed", membership, member=str(membership.user), before=before, role=role)
    return membership


@transaction.atomic
def remove(membership: Membership, *, by: Actor) -> None:
    membership = _locked(membership)
    if membership.role == Role.OWNER:
        _keep_an_owner(membership)
    action = "member.left" if by.user == membership.user else "member.removed"
    audit.record(by, action, membership, member=str(membership.user), role=membership.role)
    membership.delete()


def _locked(membership: Membership) -> Membership:
    """Changes of one organization's members wait for each other: two owners must not step down at the same moment."""
    Organization.objects.select_for_update(no_key=True).get(pk=membership.organization_id)
    return Membership.objects.select_related("user", "organization").get(pk=membership.pk)


def _keep_an_owner(membership: Membership) -> None:
    owners = Membership.objects.filter(organization_id=membership.organization_id, role=Role.OWNER)
    if not owners.exclude(pk=membership.pk).exists():
        raise LastOwner
