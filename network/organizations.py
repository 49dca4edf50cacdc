"""What happens to organizations: registered by a person, vetted by the network's staff."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import Kind, Membership, Organization, OrganizationStatus, User
from network.roles import Role


class NotVettable(DomainError):
    code = "not_vettable"
    message = _("Only an organization that applied can be approved or declined.")
    status = 409


@transaction.atomic
def register(user: User, *, kind: Kind, name: str, by: Actor, **fields: str) -> Organization:
    """A new organization waiting for vetting, with `user` as its owner. The one network is active at once."""
    status = OrganizationStatus.ACTIVE if kind == Kind.NETWORK else OrganizationStatus.APPLIED
    organization = Organization.objects.create(kind=kind, name=name, status=status, **fields)
    Membership.objects.create(user=user, organization=organization, role=Role.OWNER)
    audit.record(by, "organization.registered", organization, kind=kind)
    return organization


@transaction.atomic
def approve(organization: Organization, *, by: Actor) -> Organization:
    return _vet(organization, OrganizationStatus.ACTIVE, "", by)


@transaction.atomic
def decline(organization: Organization, *, reason: str, by: Actor) -> Organization:
    return _vet(organization, OrganizationStatus.DECLINED, reason, by)


def _vet(organization: Organization, status: OrganizationStatus, reason: str, by: Actor) -> Organization:
    organization = Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if organization.status != OrganizationStatus.APPLIED:
        raise NotVettable
    organization.status = status
    organization.status_reason = reason
    organization.vetted_at = timezone.now()
    organization.save(update_fields=["status", "status_reason", "vetted_at"])
    audit.record(
        by,
        f"organization.{'approved' if organization.is_active else 'declined'}",
        organization,
        reason=reason,
    )
    return organization
