"""What a campaign counts. Every campaign counts impressions and clicks; other goals are reported by the advertiser."""

import re
from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from advertisers.errors import CampaignEnded
from advertisers.models import Campaign, CampaignStatus, Goal, GoalKind
from network import audit
from network.actors import Actor
from network.errors import DomainError

CODE: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}", re.ASCII)
RESERVED: Final = frozenset({"refund", *GoalKind.values})
"""Codes with a meaning of their own in postbacks."""


class GoalExists(DomainError):
    code = "goal_exists"
    message = _("This campaign already has a goal with this code.")
    status = 409


class InvalidGoalCode(DomainError):
    code = "invalid_goal_code"
    message = _("A code has small letters a–z, digits, hyphens or underscores, at most 40.")


class ReservedGoalCode(DomainError):
    code = "reserved_goal_code"
    message = _("This code has a meaning of its own; choose another one.")


class GoalNeedsName(DomainError):
    code = "goal_needs_name"
    message = _("Give the goal a name.")


@transaction.atomic
def add(campaign: Campaign, *, kind: GoalKind, by: Actor, code: str = "", name: str = "") -> Goal:
    """A standard goal, whose code is its kind, or a custom one with a code and a name of its own."""
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if campaign.status == CampaignStatus.ENDED:
        raise CampaignEnded
    if kind == GoalKind.CUSTOM:
        _check_custom(code, name)
    else:
        code, name = kind.value, name or kind.value.capitalize()
    if Goal.objects.filter(campaign=campaign, code=code).exists():
        raise GoalExists(field="code")
    goal = Goal.objects.create(campaign=campaign, kind=kind, code=code, name=name)
    audit.record(by, "goal.added", goal, subject=campaign.advertiser, campaign=campaign.public_id, code=code)
    return goal


@transaction.atomic
def set_repeat(goal: Goal, *, allows_repeat: bool, by: Actor) -> Goal:
    """Whether one click may reach the goal more than once, with a new order number each time (rebills)."""
    goal.allows_repeat = allows_repeat
    goal.save(update_fields=["allows_repeat"])
    action = "goal.counts_orders" if allows_repeat else "goal.counts_clicks"
    audit.record(by, action, goal, subject=goal.campaign.advertiser, campaign=goal.campaign.public_id, code=goal.code)
    return goal


def _check_custom(code: str, name: str) -> None:
    if not CODE.fullmatch(code):
        raise InvalidGoalCode(field="code")
    if code in RESERVED:
        raise ReservedGoalCode(field="code")
    if not name.strip():
        raise GoalNeedsName(field="name")


@transaction.atomic
def rename(goal: Goal, *, name: str, by: Actor) -> Goal:
    """Another name for people to read; code and kind stay, because reports and plans rest on them."""
    if not name.strip():
        raise GoalNeedsName(field="name")
    goal = Goal.objects.select_for_update(no_key=True, of=("self",)).select_related("campaign").get(pk=goal.pk)
    if goal.campaign.status == CampaignStatus.ENDED:
        raise CampaignEnded
    before, goal.name = goal.name, name.strip()
    goal.save(update_fields=["name"])
    audit.record(by, "goal.renamed", goal, subject=goal.campaign.advertiser, before=before)
    return goal
