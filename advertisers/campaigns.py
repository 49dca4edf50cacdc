"""What happens to a campaign: created as a draft, started, paused, resumed, ended; its settings and its token changed."""

from typing import Final, TypedDict, Unpack

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers import goals, hosts, plans
from advertisers.errors import CampaignEnded
from advertisers.models import Campaign, CampaignStatus, CommissionPlan, GoalKind, Objective, System
from advertisers.models.campaigns import postback_token
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import Kind, Organization


class CampaignFields(TypedDict, total=False):
    """What a person may set. `allowed_hosts` empty or left out: the host of the landing page."""

    name: str
    objective: str
    landing_url: str
    currency: str
    description: str
    terms: str
    fallback_url: str
    allowed_hosts: list[str]
    click_parameter: str
    time_zone: str
    window_days: int
    attribution_model: str
    view_window_hours: int
    ownership_days: int
    validation_days: int


class NotAnAdvertiser(DomainError):
    code = "not_an_advertiser"
    message = _("Campaigns belong to active advertisers only.")


class CannotStart(DomainError):
    code = "cannot_start"
    message = _("Only a draft can be started.")
    status = 409


class CannotPause(DomainError):
    code = "cannot_pause"
    message = _("Only an active campaign can be paused.")
    status = 409


class CannotResume(DomainError):
    code = "cannot_resume"
    message = _("Only a paused campaign can be resumed.")
    status = 409


class NotAHost(DomainError):
    code = "not_a_host"
    message = _("Enter host names such as shop.example.com.")


class FixedByPlan(DomainError):
    code = "fixed_by_plan"
    message = _("This cannot change any more: a commission plan of this campaign has been activated.")
    status = 409


PROPOSED_GOALS: Final[dict[str, tuple[GoalKind, ...]]] = {
    Objective.AWARENESS: (),
    Objective.ENGAGEMENT: (),
    Objective.LEADS: (GoalKind.LEAD,),
    Objective.INSTALLS: (GoalKind.INSTALL,),
    Objective.SALES: (GoalKind.SALE,),
}
"""Beside impression and click, which every campaign counts."""


@transaction.atomic
def create(advertiser: Organization, *, by: Actor, **fields: Unpack[CampaignFields]) -> Campaign:
    """A draft with the goals impression, click and those of its objective."""
    if advertiser.kind != Kind.ADVERTISER or not advertiser.is_active:
        raise NotAnAdvertiser(field="advertiser")
    fields["allowed_hosts"] = _hosts(fields.get("allowed_hosts", []), fields["landing_url"])
    fields.setdefault("time_zone", advertiser.time_zone)
    campaign = Campaign.objects.create(advertiser=advertiser, **fields)
    audit.record(by, "campaign.created", campaign, objective=campaign.objective, currency=campaign.currency)
    for kind in (GoalKind.IMPRESSION, GoalKind.CLICK, *PROPOSED_GOALS[campaign.objective]):
        goals.add(campaign, kind=kind, by=by)
    return campaign


@transaction.atomic
def edit(campaign: Campaign, *, by: Actor, **fields: Unpack[CampaignFields]) -> Campaign:
    """Changes these settings. Currency and time zone are fixed once a commission plan has been activated."""
    campaign = _locked(campaign)
    if campaign.status == CampaignStatus.ENDED:
        raise CampaignEnded
    if "allowed_hosts" in fields or "landing_url" in fields:
        named = fields.get("allowed_hosts", campaign.allowed_hosts)
        fields["allowed_hosts"] = _hosts(named, fields.get("landing_url", campaign.landing_url))
    changes = {name: value for name, value in fields.items() if getattr(campaign, name) != value}
    for name in ("currency", "time_zone"):
        if name in changes and are_days_and_currency_fixed(campaign):
            raise FixedByPlan(field=name)
    if not changes:
        return campaign
    before = {name: getattr(campaign, name) for name in changes}
    for name, value in changes.items():
        setattr(campaign, name, value)
    campaign.save(update_fields=list(changes))
    audit.record(by, "campaign.edited", campaign, before=before, after=changes)
    return campaign


def are_days_and_currency_fixed(campaign: Campaign) -> bool:
    return CommissionPlan.objects.filter(campaign=campaign).activated().exists()


@transaction.atomic
def start(campaign: Campaign, *, by: Actor) -> Campaign:
    """Opens a draft to publishers. Without a plan in force yet, its draft plan is activated, at once."""
    campaign = _locked(campaign)
    if campaign.status != CampaignStatus.DRAFT:
        raise CannotStart
    for problem in start_problems(campaign):
        raise problem
    now = timezone.now()
    if plans.in_force(campaign, now) is None:
        plans.activate(CommissionPlan.objects.get(campaign=campaign, starts_at=None), by=by)
    campaign.started_at = now
    return _set_status(campaign, CampaignStatus.ACTIVE, "campaign.started", by)


def start_problems(campaign: Campaign) -> list[CannotStart]:
    """What is missing before this draft can start; empty when nothing is."""
    problems = []
    if not campaign.advertiser.is_active:
        problems.append(CannotStart(_("The advertiser is not active.")))
    if not campaign.landing_url:
        problems.append(CannotStart(_("The campaign has no landing page."), field="landing_url"))
    if plans.in_force(campaign, timezone.now()) is None and not _has_payable_draft(campaign):
        problems.append(CannotStart(_("Set a commission for at least one goal first.")))
    return problems


def _has_payable_draft(campaign: Campaign) -> bool:
    return CommissionPlan.objects.filter(campaign=campaign, starts_at=None, rules__isnull=False).exists()


@transaction.atomic
def pause(campaign: Campaign, *, by: Actor) -> Campaign:
    """Visitors go to the fallback page from now on, and nothing new is earned; the edges follow within a second."""
    campaign = _locked(campaign)
    if campaign.status != CampaignStatus.ACTIVE:
        raise CannotPause
    return _set_status(campaign, CampaignStatus.PAUSED, "campaign.paused", by)


@transaction.atomic
def resume(campaign: Campaign, *, by: Actor) -> Campaign:
    campaign = _locked(campaign)
    if campaign.status != CampaignStatus.PAUSED:
        raise CannotResume
    if not campaign.advertiser.is_active:
        raise CannotResume(_("The advertiser is not active."))
    return _set_status(campaign, CampaignStatus.ACTIVE, "campaign.resumed", by)


@transaction.atomic
def end(campaign: Campaign, *, by: Actor) -> Campaign:
    """For good. What was earned stays; conversions of earlier clicks are still recorded within the window."""
    campaign = _locked(campaign)
    if campaign.status == CampaignStatus.ENDED:
        raise CampaignEnded
    campaign.ended_at = timezone.now()
    return _set_status(campaign, CampaignStatus.ENDED, "campaign.ended", by)


@transaction.atomic
def renew_token(campaign: Campaign, *, by: Actor) -> Campaign:
    """A new postback token; calls with the old one are refused as soon as the edges know."""
    campaign = _locked(campaign)
    campaign.postback_token = postback_token()
    campaign.save(update_fields=["postback_token"])
    audit.record(by, "campaign.token_renewed", campaign)
    return campaign


class UnknownSystem(DomainError):
    code = "unknown_system"
    message = _("Choose one of the systems in the list.")


@transaction.atomic
def set_profile(campaign: Campaign, system: str, *, by: Actor) -> Campaign:
    """In whose words the campaign's reports are written; "": in ours."""
    if system not in {"", *System.values}:
        raise UnknownSystem(field="profile")
    campaign = _locked(campaign)
    campaign.profile = system
    campaign.save(update_fields=["profile"])
    audit.record(by, "campaign.profile_set", campaign, system=System(system).label if system else "—")
    return campaign


def _hosts(named: list[str], landing_url: str) -> list[str]:
    try:
        return hosts.allowed(named, landing_url)
    except hosts.InvalidHost:
        raise NotAHost(field="allowed_hosts") from None


def _locked(campaign: Campaign) -> Campaign:
    locked = Campaign.objects.select_for_update(no_key=True, of=("self",))
    return locked.select_related("advertiser").get(pk=campaign.pk)


def _set_status(campaign: Campaign, status: CampaignStatus, action: str, by: Actor) -> Campaign:
    before = campaign.status
    campaign.status = status
    campaign.save(update_fields=["status", "started_at", "ended_at"])
    audit.record(by, action, campaign, before=before)
    return campaign
