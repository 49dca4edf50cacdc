"""The versions of a campaign's commission structure: drafted from the current one, activated with a start, never edited
after that. A scheduled version may be taken back until shortly before its start."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.errors import CampaignEnded
from advertisers.models import (
    PAY_MODELS,
    PERCENT_MODELS,
    Campaign,
    CampaignStatus,
    CommissionPlan,
    CommissionRule,
    Goal,
)
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import NetworkSettings

LEAD_TIME: Final = timedelta(seconds=5)
"""A plan starts this far ahead: ingest reads the versions once per batch, and no event may be priced before it knows."""
MAX_FLAT_MICRO: Final = 10**18
FULL: Final = 10_000


@dataclass(frozen=True, slots=True)
class Terms:
    """What one goal shall pay: millionths of a minor unit (per thousand for impressions) and basis points of the sale."""

    goal: Goal
    flat_micro: int = 0
    percent_basis_points: int = 0


class PlanIsActivated(DomainError):
    code = "plan_is_activated"
    message = _("An activated commission plan never changes; draft a new version instead.")
    status = 409


class PlanHasNoRule(DomainError):
    code = "plan_has_no_rule"
    message = _("Set a commission for at least one goal first.")


class StartsInThePast(DomainError):
    code = "starts_in_the_past"
    message = _("A commission plan cannot start in the past: what was promised for earlier clicks stays.")


class StartIsTaken(DomainError):
    code = "start_is_taken"
    message = _("Another version starts at this very moment; choose another time.")
    status = 409


class TooLateToWithdraw(DomainError):
    code = "too_late_to_withdraw"
    message = _("Only a version that has not started yet can be taken back.")
    status = 409


class DraftExists(DomainError):
    code = "draft_exists"
    message = _("There is another draft; activate or discard it first.")
    status = 409


class ForeignGoal(DomainError):
    code = "foreign_goal"
    message = _("This goal is not one of the campaign's, or is named twice.")


class PercentNeedsSale(DomainError):
    code = "percent_needs_sale"
    message = _("Only sales and custom goals have an amount to take a percentage of.")


class CommissionOutOfRange(DomainError):
    code = "commission_out_of_range"
    message = _("A commission is positive, and at most 100% of the sale.")


@transaction.atomic
def draft(campaign: Campaign, *, by: Actor, note: str = "") -> CommissionPlan:
    """The campaign's open draft, else a new version with the rules of the one in force (before the first start: of none)."""
    campaign = _locked(campaign)
    if open_draft := CommissionPlan.objects.filter(campaign=campaign, starts_at=None).first():
        return open_draft
    if campaign.status == CampaignStatus.ENDED:
        raise CampaignEnded
    current = in_force(campaign, timezone.now())
    latest = CommissionPlan.objects.filter(campaign=campaign).aggregate(version=Max("version"))["version"]
    plan = CommissionPlan.objects.create(
        campaign=campaign,
        version=(latest or 0) + 1,
        fee_basis_points=NetworkSettings.current().fee_basis_points,
        note=note,
        created_by=by.user,
    )
    rules = current.rules.select_related("goal") if current else CommissionRule.objects.none()
    _write_rules(plan, [Terms(rule.goal, rule.flat_micro, rule.percent_basis_points) for rule in rules])
    audit.record(by, "plan.drafted", plan, version=plan.version)
    return plan


@transaction.atomic
def set_rules(plan: CommissionPlan, terms: Sequence[Terms], *, by: Actor, note: str | None = None) -> CommissionPlan:
    """Exactly these rules for a draft. Goals left out, or with neither part, are counted but pay nothing."""
    plan = _locked_draft(plan)
    paying = [term for term in terms if term.flat_micro or term.percent_basis_points]
    if len({term.goal.pk for term in terms}) < len(terms):
        raise ForeignGoal
    for term in paying:
        _check(term, plan.campaign)
    if note is not None:
        plan.note = note
        plan.save(update_fields=["note"])
    plan.rules.all().delete()
    _write_rules(plan, paying)
    detail = {term.goal.code: [term.flat_micro, term.percent_basis_points] for term in paying}
    audit.record(by, "plan.rules_set", plan, version=plan.version, rules=detail)
    return plan


@transaction.atomic
def activate(plan: CommissionPlan, *, by: Actor, starts_at: datetime | None = None) -> CommissionPlan:
    """Fixes a draft for good and gives it its start: `starts_at`, or as soon as can be.

    Never retroactive: at least LEAD_TIME ahead. Before a campaign's first start any moment will do, also a past one, as
    for a campaign that moves here with its history. The network's fee is the one of this moment.
    """
    plan = _locked_draft(plan)
    if plan.campaign.status == CampaignStatus.ENDED:
        raise CampaignEnded
    if not plan.rules.exists():
        raise PlanHasNoRule
    plan.starts_at = _start(plan.campaign, starts_at)
    if CommissionPlan.objects.filter(campaign=plan.campaign, starts_at=plan.starts_at).exists():
        raise StartIsTaken(field="starts_at")
    plan.activated_at = timezone.now()
    plan.fee_basis_points = NetworkSettings.current().fee_basis_points
    plan.save(update_fields=["starts_at", "activated_at", "fee_basis_points"])
    audit.record(
        by,
        "plan.activated",
        plan,
        version=plan.version,
        starts_at=plan.starts_at.isoformat(),
        fee_basis_points=plan.fee_basis_points,
    )
    return plan


def _start(campaign: Campaign, wanted: datetime | None) -> datetime:
    now = timezone.now()
    if campaign.started_at is None:  # nothing has happened yet that a start could reprice, not even one in the past
        return wanted or now
    if wanted is not None and wanted < now:
        raise StartsInThePast(field="starts_at")
    return max(wanted or now, now + LEAD_TIME)


@transaction.atomic
def withdraw(plan: CommissionPlan, *, by: Actor) -> CommissionPlan:
    """Takes a scheduled version back into a draft, as long as no event can have been priced by it."""
    campaign = _locked(plan.campaign)
    plan = CommissionPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if plan.starts_at is None or plan.starts_at <= timezone.now() + LEAD_TIME:
        raise TooLateToWithdraw
    if CommissionPlan.objects.filter(campaign=campaign, starts_at=None).exists():
        raise DraftExists
    before = plan.starts_at.isoformat()
    plan.starts_at = plan.activated_at = None
    plan.save(update_fields=["starts_at", "activated_at"])
    audit.record(by, "plan.withdrawn", plan, version=plan.version, starts_at=before)
    return plan


@transaction.atomic
def discard(plan: CommissionPlan, *, by: Actor) -> None:
    """Removes a draft."""
    plan = _locked_draft(plan)
    audit.record(by, "plan.discarded", plan, version=plan.version)
    plan.delete()


def in_force(campaign: Campaign, at: datetime) -> CommissionPlan | None:
    """The activated version with the greatest start at or before `at`."""
    return CommissionPlan.objects.filter(campaign=campaign).begun(at).first()


def _check(term: Terms, campaign: Campaign) -> None:
    if term.goal.campaign_id != campaign.pk:
        raise ForeignGoal
    if term.percent_basis_points and PAY_MODELS[term.goal.kind] not in PERCENT_MODELS:
        raise PercentNeedsSale(field=term.goal.code)
    if not (0 <= term.flat_micro <= MAX_FLAT_MICRO and 0 <= term.percent_basis_points <= FULL):
        raise CommissionOutOfRange(field=term.goal.code)


def _write_rules(plan: CommissionPlan, terms: Sequence[Terms]) -> None:
    CommissionRule.objects.bulk_create(
        CommissionRule(
            plan=plan,
            goal=term.goal,
            pay_model=PAY_MODELS[term.goal.kind],
            flat_micro=term.flat_micro,
            percent_basis_points=term.percent_basis_points,
        )
        for term in terms
    )


def _locked(campaign: Campaign) -> Campaign:
    """Every change of a campaign's plans holds the campaign's row: two at once stand in line."""
    return (
        Campaign.objects.select_for_update(no_key=True, of=("self",)).select_related("advertiser").get(pk=campaign.pk)
    )


def _locked_draft(plan: CommissionPlan) -> CommissionPlan:
    campaign = _locked(plan.campaign)
    draft = CommissionPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    if not draft.is_draft:
        raise PlanIsActivated
    draft.campaign = campaign
    return draft
