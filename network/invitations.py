"""Offers of a membership, mailed to one address: used once, by a person who has proved that address, within a week."""

from datetime import timedelta
from typing import Final

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from network import audit, mail, tokens
from network.actors import Actor
from network.errors import DomainError
from network.models import Invitation, Membership, Organization, User
from network.roles import Role

VALID_FOR: Final = timedelta(days=7)
PAUSE: Final = timedelta(minutes=5)  # between two mails of one invitation
MOST_OPEN: Final = 50


class AlreadyMember(DomainError):
    code = "already_member"
    message = _("This person is already a member.")
    status = 409


class AlreadyInvited(DomainError):
    code = "already_invited"
    message = _("This address already has an invitation. You can send it again.")
    status = 409


class TooManyInvitations(DomainError):
    code = "too_many_invitations"
    message = _("There are too many open invitations. Revoke some first.")
    status = 429


class SentJustNow(DomainError):
    code = "sent_just_now"
    message = _("This invitation was sent a moment ago. Wait five minutes before you send it again.")
    status = 429


class InvitationClosed(DomainError):
    code = "invitation_closed"
    message = _("This invitation was already accepted or revoked.")
    status = 409


class InvitationExpired(DomainError):
    code = "invitation_expired"
    message = _("This invitation has expired. Ask for a new one.")
    status = 410


class WrongAddress(DomainError):
    code = "wrong_address"
    message = _("This invitation is for another e-mail address.")
    status = 403


@transaction.atomic
def invite(organization: Organization, *, email: str, role: Role, by: Actor) -> Invitation:
    """Mails a new invitation. An expired one of the same address makes room."""
    email = email.strip().lower()
    Organization.objects.select_for_update(no_key=True).get(pk=organization.pk)
    if Membership.objects.filter(organization=organization, user__email__iexact=email).exists():
        raise AlreadyMember(field="email")
    unanswered = Invitation.objects.filter(organization=organization, accepted_at=None, revoked_at=None)
    unanswered.filter(expires_at__lte=timezone.now()).update(revoked_at=timezone.now())
    if unanswered.filter(email=email).exists():
        raise AlreadyInvited(field="email")
    if unanswered.count() >= MOST_OPEN:
        raise TooManyInvitations
    token = tokens.make()
    invitation = Invitation.objects.create(
        organization=organization,
        email=email,
        role=role,
        token_hash=tokens.hashed(token),
        invited_by=by.person,
        expires_at=timezone.now() + VALID_FOR,
    )
    audit.record(by, "invitation.sent", invitation, email=email, role=role)
    _mail(invitation, token)
    return invitation


@transaction.atomic
def resend(invitation: Invitation, *, by: Actor) -> Invitation:
    """A new link for seven more days; the link mailed before stops working."""
    invitation = _open(invitation)
    if timezone.now() < invitation.expires_at - VALID_FOR + PAUSE:
        raise SentJustNow
    token = tokens.make()
    invitation.token_hash = tokens.hashed(token)
    invitation.expires_at = timezone.now() + VALID_FOR
    invitation.save(update_fields=["token_hash", "expires_at"])
    audit.record(by, "invitation.sent_again", invitation, email=invitation.email)
    _mail(invitation, token)
    return invitation


@transaction.atomic
def revoke(invitation: Invitation, *, by: Actor) -> Invitation:
    invitation = _open(invitation)
    invitation.revoked_at = timezone.now()
    invitation.save(update_fields=["revoked_at"])
    audit.record(by, "invitation.revoked", invitation, email=invitation.email)
    return invitation


@transaction.atomic
def accept(invitation: Invitation, *, user: User) -> Membership:
    invitation = _open(invitation)
    if invitation.expires_at <= timezone.now():
        raise InvitationExpired
    if not is_for(invitation, user):
        raise WrongAddress
    if Membership.objects.filter(organization=invitation.organization, user=user).exists():
        raise AlreadyMember
    membership = Membership.objects.create(user=user, organization=invitation.organization, role=invitation.role)
    invitation.accepted_at = timezone.now()
    invitation.save(update_fields=["accepted_at"])
    audit.record(Actor(user, invitation.organization), "invitation.accepted", invitation, role=invitation.role)
    return membership


def find(token: str) -> Invitation | None:
    found = Invitation.objects.filter(token_hash=tokens.hashed(token)).select_related("organization", "invited_by")
    return found.first()


def is_for(invitation: Invitation, user: User) -> bool:
    """Whether the invited address is one that the person has proved to be hers."""
    proved: bool = EmailAddress.objects.filter(user=user, email__iexact=invitation.email, verified=True).exists()
    return proved


def _open(invitation: Invitation) -> Invitation:
    """The row under lock, so that of two who accept or revoke at the same time the second finds it closed."""
    rows = Invitation.objects.select_related("organization", "invited_by")
    invitation = rows.select_for_update(no_key=True, of=("self",)).get(pk=invitation.pk)
    if invitation.accepted_at or invitation.revoked_at:
        raise InvitationClosed
    return invitation


def _mail(invitation: Invitation, token: str) -> None:
    """In the invited person's language if she has an account, else in the inviter's."""
    invited = User.objects.filter(email__iexact=invitation.email).first()
    language = (invited or invitation.invited_by).language
    with translation.override(language):
        role = str(Role(invitation.role).label)
    mail.send_to(
        "invitation",
        invitation.email,
        language=language,
        organization=invitation.organization,
        inviter=invitation.invited_by,
        role=role,
        url=settings.SITE_URL + reverse("network:invitation-accept", args=[token]),
    )
