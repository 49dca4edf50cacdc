"""How a publisher comes into a campaign, and out of it. Each side's step is told to the other side by mail."""

from collections.abc import Collection

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign, CampaignStatus
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import Kind, Organization
from publishers import notices
from publishers.models import Partnership
from publishers.models import PartnershipStatus as Status


class CampaignClosed(DomainError):
    code = "campaign_closed"
    message = _("This campaign does not take publishers now.")
    status = 409


class NotAPublisher(DomainError):
    code = "not_a_publisher"
    message = _("Only an active publisher can take part in a campaign.")


class AlreadyPartner(DomainError):
    code = "already_partner"
    message = _("This publisher already takes part in the campaign, has applied or is invited.")
    status = 409


class NotApplied(DomainError):
    code = "not_applied"
    message = _("This application no longer waits for a decision.")
    status = 409


class NotInvited(DomainError):
    code = "not_invited"
    message = _("This invitation is no longer open.")
    status = 409


class NotActive(DomainError):
    code = "not_active"
    message = _("Only an active partnership can be paused.")
    status = 409


class NotPaused(DomainError):
    code = "not_paused"
    message = _("Only a paused partnership can be resumed.")
    status = 409


class NotUnderWay(DomainError):
    code = "not_under_way"
    message = _("This partnership has already ended or has not begun.")
    status = 409


class ReasonMissing(DomainError):
    code = "reason_missing"
    message = _("Give a reason: the publisher will read it.")


RENEWABLE = frozenset({Status.DECLINED, Status.ENDED})
UNDER_WAY = frozenset({Status.INVITED, Status.ACTIVE, Status.PAUSED})


@transaction.atomic
def apply(campaign: Campaign, *, publisher: Organization, message: str = "", by: Actor) -> Partnership:
    """A new application, or one more after an earlier one was declined or the partnership ended."""
    partnership = _begin(campaign, publisher, Status.APPLIED, message)
    audit.record(by, "partnership.applied", partnership, campaign=campaign.public_id)
    notices.to_campaign_side("applied", partnership)
    return partnership


@transaction.atomic
def invite(campaign: Campaign, *, publisher: Organization, message: str = "", by: Actor) -> Partnership:
    partnership = _begin(campaign, publisher, Status.INVITED, message)
    audit.record(by, "partnership.invited", partnership, campaign=campaign.public_id)
    notices.to_publisher("invited", partnership)
    return partnership


@transaction.atomic
def accept_invitation(partnership: Partnership, *, by: Actor) -> Partnership:
    partnership = _locked(partnership, {Status.INVITED}, NotInvited)
    _require_open(partnership.campaign)
    _decide(partnership, Status.ACTIVE, by)
    audit.record(by, "partnership.accepted", partnership)
    notices.to_campaign_side("accepted", partnership)
    return partnership


@transaction.atomic
def decline_invitation(partnership: Partnership, *, reason: str = "", by: Actor) -> Partnership:
    partnership = _locked(partnership, {Status.INVITED}, NotInvited)
    _decide(partnership, Status.DECLINED, by, reason)
    audit.record(by, "partnership.invitation_declined", partnership, reason=reason)
    notices.to_campaign_side("invitation_declined", partnership)
    return partnership


@transaction.atomic
def approve(partnership: Partnership, *, by: Actor) -> Partnership:
    partnership = _locked(partnership, {Status.APPLIED}, NotApplied)
    _require_open(partnership.campaign)
    _require_publisher(partnership.publisher)
    _decide(partnership, Status.ACTIVE, by)
    audit.record(by, "partnership.approved", partnership)
    notices.to_publisher("approved", partnership)
    return partnership


@transaction.atomic
def decline(partnership: Partnership, *, reason: str, by: Actor) -> Partnership:
    if not reason.strip():
        raise ReasonMissing(field="reason")
    partnership = _locked(partnership, {Status.APPLIED}, NotApplied)
    _decide(partnership, Status.DECLINED, by, reason)
    audit.record(by, "partnership.declined", partnership, reason=reason)
    notices.to_publisher("declined", partnership)
    return partnership


@transaction.atomic
def pause(partnership: Partnership, *, reason: str = "", by: Actor) -> Partnership:
    """The publisher's links lead to the fallback until the partnership is resumed."""
    partnership = _locked(partnership, {Status.ACTIVE}, NotActive)
    _decide(partnership, Status.PAUSED, by, reason)
    audit.record(by, "partnership.paused", partnership, reason=reason)
    notices.to_publisher("paused", partnership)
    return partnership


@transaction.atomic
def resume(partnership: Partnership, *, by: Actor) -> Partnership:
    partnership = _locked(partnership, {Status.PAUSED}, NotPaused)
    _require_publisher(partnership.publisher)
    _decide(partnership, Status.ACTIVE, by)
    audit.record(by, "partnership.resumed", partnership)
    notices.to_publisher("resumed", partnership)
    return partnership


@transaction.atomic
def end(partnership: Partnership, *, reason: str = "", by: Actor) -> Partnership:
    """Either side ends it; ending an invitation withdraws it. What was earned stays."""
    partnership = _locked(partnership, UNDER_WAY, NotUnderWay)
    was_invited = partnership.status == Status.INVITED
    _decide(partnership, Status.ENDED, by, reason)
    audit.record(by, "partnership.ended", partnership, reason=reason)
    if by.organization == partnership.publisher:
        notices.to_campaign_side("left", partnership)
    else:
        notices.to_publisher("withdrawn" if was_invited else "ended", partnership)
    return partnership


def _begin(campaign: Campaign, publisher: Organization, status: Status, message: str) -> Partnership:
    # The campaign's row is the lock: there may be no partnership to lock yet, and the campaign must stay open meanwhile.
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    _require_open(campaign)
    publisher.refresh_from_db(fields=["kind", "status"])
    _require_publisher(publisher)
    partnership = (
        Partnership.objects.select_for_update(no_key=True).filter(campaign=campaign, publisher=publisher).first()
    )
    if partnership is None:
        return Partnership.objects.create(campaign=campaign, publisher=publisher, status=status, message=message)
    if partnership.status not in RENEWABLE:
        raise AlreadyPartner
    partnership.status, partnership.message, partnership.reason = status, message, ""
    partnership.applied_at, partnership.decided_at, partnership.decided_by = timezone.now(), None, None
    partnership.save()
    return partnership


def _locked(partnership: Partnership, expected: Collection[Status], otherwise: type[DomainError]) -> Partnership:
    found = (
        Partnership.objects.select_for_update(no_key=True, of=("self",))
        .select_related("campaign__advertiser", "publisher")
        .get(pk=partnership.pk)
    )
    if found.status not in expected:
        raise otherwise
    return found


def _decide(partnership: Partnership, status: Status, by: Actor, reason: str = "") -> None:
    partnership.status, partnership.reason = status, reason.strip()
    partnership.decided_at, partnership.decided_by = timezone.now(), by.organization
    partnership.save(update_fields=["status", "reason", "decided_at", "decided_by"])


def _require_open(campaign: Campaign) -> None:
    if campaign.status not in {CampaignStatus.ACTIVE, CampaignStatus.PAUSED}:
        raise CampaignClosed


def _require_publisher(organization: Organization) -> None:
    if organization.kind != Kind.PUBLISHER or not organization.is_active:
        raise NotAPublisher
