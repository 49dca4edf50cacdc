"""What happens to organizations: registered by a person, vetted by the network's staff, suspended and reactivated."""

from typing import TypedDict, Unpack

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network import audit, mail
from network.actors import Actor
from network.errors import DomainError
from network.models import Kind, Membership, Organization, OrganizationStatus, User
from network.roles import Role


class NotVettable(DomainError):
    code = "not_vettable"
    message = _("Only an organization that applied can be approved or declined.")
    status = 409


class NotActive(DomainError):
    code = "organization_not_active"
    message = _("Only an active organization can be suspended.")
    status = 409


class NotSuspended(DomainError):
    code = "organization_not_suspended"
    message = _("This organization is not suspended.")
    status = 409


class NotDeclined(DomainError):
    code = "organization_not_declined"
    message = _("Only a declined organization can apply again.")
    status = 409


class NetworkStays(DomainError):
    code = "network_stays"
    message = _("The network itself cannot be suspended.")
    status = 409


class ReasonRequired(DomainError):
    code = "reason_required"
    message = _("Give a reason. It is sent to the owners.")


class AlreadyRegistered(DomainError):
    code = "already_registered"
    message = _("You already belong to an organization.")
    status = 409


class Details(TypedDict, total=False):
    website: str
    country: str
    currency: str
    time_zone: str
    about: str


class Changes(Details, total=False):
    name: str


@transaction.atomic
def register(user: User, *, kind: Kind, name: str, by: Actor, **details: Unpack[Details]) -> Organization:
    """A new organization waiting for vetting, with `user` as its owner. The one network is active at once."""
    status = OrganizationStatus.ACTIVE if kind == Kind.NETWORK else OrganizationStatus.APPLIED
    organization = Organization.objects.create(kind=kind, name=name, status=status, **details)
    Membership.objects.create(user=user, organization=organization, role=Role.OWNER)
    audit.record(by, "organization.registered", organization, kind=kind)
    if status == OrganizationStatus.APPLIED:
        _tell_network(organization)
    return organization


@transaction.atomic
def register_first(user: User, *, kind: Kind, name: str, by: Actor, **details: Unpack[Details]) -> Organization:
    """Registers the organization of someone who belongs to none yet; a second click registers no second one."""
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    if Membership.objects.filter(user=user).exists():
        raise AlreadyRegistered
    return register(user, kind=kind, name=name, by=by, **details)


@transaction.atomic
def edit(organization: Organization, *, by: Actor, **details: Unpack[Changes]) -> Organization:
    organization = _locked(organization)
    changed = _change(organization, details)
    if changed:
        audit.record(by, "organization.edited", organization, fields=changed)
    return organization


@transaction.atomic
def apply_again(organization: Organization, *, by: Actor, **details: Unpack[Changes]) -> Organization:
    """A declined organization with its corrected details goes back into the queue."""
    organization = _locked(organization)
    if organization.status != OrganizationStatus.DECLINED:
        raise NotDeclined
    changed = _change(organization, details)
    _set(organization, OrganizationStatus.APPLIED, "")
    audit.record(by, "organization.applied_again", organization, fields=changed)
    _tell_network(organization)
    return organization


@transaction.atomic
def approve(organization: Organization, *, by: Actor) -> Organization:
    organization = _locked(organization)
    if organization.status != OrganizationStatus.APPLIED:
        raise NotVettable
    organization.vetted_at = timezone.now()
    _set(organization, OrganizationStatus.ACTIVE, "")
    audit.record(by, "organization.approved", organization)
    mail.send_to_owners("organization_approved", organization, url=_home())
    return organization


@transaction.atomic
def decline(organization: Organization, *, reason: str, by: Actor) -> Organization:
    organization = _locked(organization)
    if organization.status != OrganizationStatus.APPLIED:
        raise NotVettable
    reason = _given(reason)
    organization.vetted_at = timezone.now()
    _set(organization, OrganizationStatus.DECLINED, reason)
    audit.record(by, "organization.declined", organization, reason=reason)
    mail.send_to_owners("organization_declined", organization, reason=reason, url=_home())
    return organization


@transaction.atomic
def suspend(organization: Organization, *, reason: str, by: Actor) -> Organization:
    organization = _locked(organization)
    if organization.kind == Kind.NETWORK:
        raise NetworkStays
    if organization.status != OrganizationStatus.ACTIVE:
        raise NotActive
    reason = _given(reason)
    _set(organization, OrganizationStatus.SUSPENDED, reason)
    audit.record(by, "organization.suspended", organization, reason=reason)
    mail.send_to_owners("organization_suspended", organization, reason=reason)
    return organization


@transaction.atomic
def reactivate(organization: Organization, *, reason: str, by: Actor) -> Organization:
    organization = _locked(organization)
    if organization.status != OrganizationStatus.SUSPENDED:
        raise NotSuspended
    reason = _given(reason)
    _set(organization, OrganizationStatus.ACTIVE, "")
    audit.record(by, "organization.reactivated", organization, reason=reason)
    mail.send_to_owners("organization_reactivated", organization, url=_home())
    return organization


def _locked(organization: Organization) -> Organization:
    return Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)


def _given(reason: str) -> str:
    if not reason.strip():
        raise ReasonRequired(field="reason")
    return reason.strip()


def _set(organization: Organization, status: OrganizationStatus, reason: str) -> None:
    organization.status, organization.status_reason = status, reason
    organization.save(update_fields=["status", "status_reason", "vetted_at"])


def _change(organization: Organization, details: Changes) -> list[str]:
    """Takes over the details; the names of those that are new."""
    changed = [name for name, value in details.items() if getattr(organization, name) != value]
    for name in changed:
        setattr(organization, name, details[name])  # type: ignore[literal-required]
    organization.save(update_fields=changed)
    return changed


def _tell_network(applicant: Organization) -> None:
    url = settings.SITE_URL + reverse("network:organization-detail", args=[applicant.public_id])
    for network in Organization.objects.filter(kind=Kind.NETWORK):
        mail.send_to_owners("organization_applied", network, applicant=applicant, url=url)


def _home() -> str:
    return settings.SITE_URL + reverse("reporting:home")
