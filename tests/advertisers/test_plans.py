from datetime import timedelta
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from advertisers import campaigns, goals, plans
from advertisers.errors import CampaignEnded
from advertisers.models import Campaign, CommissionPlan, CommissionRule, Goal, GoalKind
from advertisers.plans import Terms
from network.models import AuditEntry, NetworkSettings
from tests.cast import Member


def rules(plan: CommissionPlan) -> list[tuple[str, str, int, int]]:
    found = plan.rules.order_by("goal__pk").values_list("goal__code", "pay_model", "flat_micro", "percent_basis_points")
    return list(found)


def first_plan(campaign: Campaign, goal: Goal, ada: Member) -> CommissionPlan:
    plan = plans.draft(campaign, by=ada.actor)
    return plans.set_rules(plan, [Terms(goal, percent_basis_points=800)], by=ada.actor)


def test_it_drafts_version_one(campaign: Campaign, ada: Member) -> None:
    NetworkSettings.objects.update_or_create(pk=1, defaults={"fee_basis_points": 1500})
    plan = plans.draft(campaign, by=ada.actor)
    assert (plan.version, plan.is_draft, plan.fee_basis_points, plan.created_by) == (1, True, 1500, ada.user)
    assert rules(plan) == []


def test_it_returns_the_open_draft(campaign: Campaign, ada: Member) -> None:
    assert plans.draft(campaign, by=ada.actor) == plans.draft(campaign, by=ada.actor)
    assert AuditEntry.objects.filter(action="plan.drafted").count() == 1


def test_it_drafts_from_the_plan_in_force(running: Campaign, ada: Member) -> None:
    plan = plans.draft(running, by=ada.actor)
    assert plan.version == 2
    assert rules(plan) == [("sale", "cps", 0, 800)]


def test_it_drafts_from_the_plan_in_force_not_from_a_scheduled_one(running: Campaign, sale: Goal, ada: Member) -> None:
    later = plans.draft(running, by=ada.actor)
    plans.set_rules(later, [Terms(sale, percent_basis_points=1000)], by=ada.actor)
    plans.activate(later, starts_at=timezone.now() + timedelta(days=3), by=ada.actor)
    plan = plans.draft(running, by=ada.actor)
    assert plan.version == 3
    assert rules(plan) == [("sale", "cps", 0, 800)]


def test_it_sets_a_rule_per_goal_with_its_pay_model(campaign: Campaign, ada: Member) -> None:
    for kind in (GoalKind.LEAD, GoalKind.INSTALL):
        goals.add(campaign, kind=kind, by=ada.actor)
    trial = goals.add(campaign, kind=GoalKind.CUSTOM, code="trial", name="Trial", by=ada.actor)
    goal = {goal.code: goal for goal in campaign.goals.all()}
    plan = plans.set_rules(
        plans.draft(campaign, by=ada.actor),
        [
            Terms(goal["impression"], flat_micro=250_000_000),
            Terms(goal["click"], flat_micro=40_000),
            Terms(goal["lead"], flat_micro=300_000_000),
            Terms(goal["install"], flat_micro=100_000_000),
            Terms(goal["sale"], flat_micro=100_000_000, percent_basis_points=800),
            Terms(trial, percent_basis_points=10_000),
        ],
        by=ada.actor,
    )
    assert rules(plan) == [
        ("impression", "cpm", 250_000_000, 0),
        ("click", "cpc", 40_000, 0),
        ("sale", "cps", 100_000_000, 800),
        ("lead", "cpl", 300_000_000, 0),
        ("install", "cpi", 100_000_000, 0),
        ("trial", "cpa", 0, 10_000),
    ]


def test_it_replaces_the_rules_of_a_draft(campaign: Campaign, sale: Goal, click: Goal, ada: Member) -> None:
    plan = first_plan(campaign, sale, ada)
    plans.set_rules(plan, [Terms(click, flat_micro=40_000), Terms(sale)], by=ada.actor)
    assert rules(plan) == [("click", "cpc", 40_000, 0)]


@pytest.mark.parametrize(("flat", "percent"), [(-1, 0), (10**18 + 1, 0), (0, -1), (0, 10_001)])
def test_it_refuses_a_commission_out_of_range(
    campaign: Campaign, sale: Goal, ada: Member, flat: int, percent: int
) -> None:
    plan = first_plan(campaign, sale, ada)
    with pytest.raises(plans.CommissionOutOfRange) as raised:
        plans.set_rules(plan, [Terms(sale, flat, percent)], by=ada.actor)
    assert raised.value.field == "sale"
    assert rules(plan) == [("sale", "cps", 0, 800)]


def test_it_refuses_a_percentage_of_a_click(campaign: Campaign, sale: Goal, click: Goal, ada: Member) -> None:
    plan = first_plan(campaign, sale, ada)
    with pytest.raises(plans.PercentNeedsSale):
        plans.set_rules(plan, [Terms(click, percent_basis_points=100)], by=ada.actor)
    assert rules(plan) == [("sale", "cps", 0, 800)]


def test_it_refuses_a_goal_of_another_campaign_or_twice(campaign: Campaign, sale: Goal, ada: Member) -> None:
    other = campaigns.create(
        ada.organization, name="B", objective="sales", landing_url="https://b.example", currency="USD", by=ada.actor
    )
    plan = first_plan(campaign, sale, ada)
    for terms in (
        [Terms(other.goals.get(code="sale"), percent_basis_points=1)],
        [Terms(sale, percent_basis_points=1), Terms(sale)],
    ):
        with pytest.raises(plans.ForeignGoal):
            plans.set_rules(plan, terms, by=ada.actor)
    assert rules(plan) == [("sale", "cps", 0, 800)]


def test_it_activates_a_first_plan_now(campaign: Campaign, sale: Goal, ada: Member) -> None:
    now = timezone.now()
    with patch("django.utils.timezone.now", return_value=now):
        plan = plans.activate(first_plan(campaign, sale, ada), by=ada.actor)
    assert plan.starts_at == now
    assert plans.in_force(campaign, now) == plan


def test_it_activates_a_change_five_seconds_ahead(running: Campaign, ada: Member) -> None:
    now = timezone.now()
    with patch("django.utils.timezone.now", return_value=now):
        plan = plans.activate(plans.draft(running, by=ada.actor), by=ada.actor)
    assert plan.starts_at == now + timedelta(seconds=5)


def test_it_moves_a_start_that_is_too_near(running: Campaign, ada: Member) -> None:
    now = timezone.now()
    with patch("django.utils.timezone.now", return_value=now):
        plan = plans.activate(plans.draft(running, by=ada.actor), starts_at=now + timedelta(seconds=1), by=ada.actor)
    assert plan.starts_at == now + timedelta(seconds=5)


def test_it_takes_the_fee_of_the_moment_of_activation(running: Campaign, ada: Member) -> None:
    plan = plans.draft(running, by=ada.actor)
    NetworkSettings.objects.update_or_create(pk=1, defaults={"fee_basis_points": 900})
    assert plan.fee_basis_points == 2000
    plan = plans.activate(plan, by=ada.actor)
    plan.refresh_from_db()
    assert plan.fee_basis_points == 900


def test_it_is_never_retroactive(running: Campaign, ada: Member) -> None:
    plan = plans.draft(running, by=ada.actor)
    with pytest.raises(plans.StartsInThePast) as raised:
        plans.activate(plan, starts_at=timezone.now() - timedelta(seconds=1), by=ada.actor)
    assert raised.value.field == "starts_at"
    plan.refresh_from_db()
    assert plan.is_draft


def test_it_refuses_a_start_that_is_taken(running: Campaign, ada: Member) -> None:
    start = timezone.now() + timedelta(days=1)
    plans.activate(plans.draft(running, by=ada.actor), starts_at=start, by=ada.actor)
    plan = plans.draft(running, by=ada.actor)
    with pytest.raises(plans.StartIsTaken):
        plans.activate(plan, starts_at=start, by=ada.actor)
    plan.refresh_from_db()
    assert plan.is_draft


def test_it_does_not_activate_without_a_rule(campaign: Campaign, ada: Member) -> None:
    with pytest.raises(plans.PlanHasNoRule):
        plans.activate(plans.draft(campaign, by=ada.actor), by=ada.actor)
    assert not CommissionPlan.objects.activated().exists()


def test_it_does_not_touch_an_activated_plan(running: Campaign, sale: Goal, ada: Member) -> None:
    plan = CommissionPlan.objects.get(campaign=running)
    for attempt in (
        lambda: plans.set_rules(plan, [Terms(sale, percent_basis_points=1)], by=ada.actor),
        lambda: plans.activate(plan, by=ada.actor),
        lambda: plans.discard(plan, by=ada.actor),
    ):
        with pytest.raises(plans.PlanIsActivated):
            attempt()
    with pytest.raises(plans.TooLateToWithdraw):
        plans.withdraw(plan, by=ada.actor)
    assert rules(plan) == [("sale", "cps", 0, 800)]


def test_it_finds_the_plan_in_force_by_half_open_spans(running: Campaign, ada: Member) -> None:
    first = CommissionPlan.objects.get(campaign=running)
    second = plans.activate(
        plans.draft(running, by=ada.actor), starts_at=timezone.now() + timedelta(days=1), by=ada.actor
    )
    assert first.starts_at is not None
    assert second.starts_at is not None
    moment = timedelta(microseconds=1)
    assert plans.in_force(running, first.starts_at - moment) is None
    assert plans.in_force(running, first.starts_at) == first
    assert plans.in_force(running, second.starts_at - moment) == first
    assert plans.in_force(running, second.starts_at) == second
    assert plans.in_force(running, second.starts_at + timedelta(days=999)) == second


def test_it_withdraws_a_scheduled_plan(running: Campaign, ada: Member) -> None:
    start = timezone.now() + timedelta(days=1)
    plan = plans.activate(plans.draft(running, by=ada.actor), starts_at=start, by=ada.actor)
    plan = plans.withdraw(plan, by=ada.actor)
    assert plan.is_draft
    assert plans.in_force(running, start) == CommissionPlan.objects.get(campaign=running, version=1)
    assert plans.activate(plan, by=ada.actor).version == 2


def test_it_does_not_withdraw_over_another_draft(running: Campaign, ada: Member) -> None:
    start = timezone.now() + timedelta(days=1)
    plan = plans.activate(plans.draft(running, by=ada.actor), starts_at=start, by=ada.actor)
    plans.draft(running, by=ada.actor)
    with pytest.raises(plans.DraftExists):
        plans.withdraw(plan, by=ada.actor)
    plan.refresh_from_db()
    assert plan.starts_at == start


def test_it_discards_a_draft(running: Campaign, ada: Member) -> None:
    plans.discard(plans.draft(running, by=ada.actor), by=ada.actor)
    assert list(CommissionPlan.objects.values_list("version", flat=True)) == [1]


def test_it_drafts_nothing_once_the_campaign_ended(running: Campaign, ada: Member) -> None:
    draft = plans.draft(running, by=ada.actor)
    campaigns.end(running, by=ada.actor)
    with pytest.raises(CampaignEnded):
        plans.activate(draft, by=ada.actor)
    plans.discard(draft, by=ada.actor)
    with pytest.raises(CampaignEnded):
        plans.draft(running, by=ada.actor)


UPDATES = [
    "UPDATE advertisers_commissionplan SET starts_at = starts_at - interval '1 day'",
    "UPDATE advertisers_commissionplan SET fee_basis_points = 0",
    "UPDATE advertisers_commissionplan SET note = 'x'",
    "UPDATE advertisers_commissionplan SET starts_at = NULL, activated_at = NULL",
    "UPDATE advertisers_commissionrule SET percent_basis_points = 1",
    "UPDATE advertisers_commissionrule SET plan_id = plan_id",
    "DELETE FROM advertisers_commissionrule",
    "DELETE FROM advertisers_commissionplan",
    (
        "INSERT INTO advertisers_commissionrule (plan_id, goal_id, pay_model, flat_micro, percent_basis_points) "
        "SELECT r.plan_id, g.id, 'cpc', 1, 0 FROM advertisers_commissionrule r, advertisers_goal g WHERE g.code = 'click'"
    ),
]


@pytest.mark.parametrize("statement", UPDATES)
def test_the_database_refuses_to_change_an_activated_plan(running: Campaign, statement: str) -> None:
    plan = CommissionPlan.objects.get(campaign=running)
    before = (plan.starts_at, plan.fee_basis_points, plan.note, rules(plan))
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    plan.refresh_from_db()
    assert (plan.starts_at, plan.fee_basis_points, plan.note, rules(plan)) == before


def test_the_database_refuses_to_move_a_draft_rule_into_an_activated_plan(
    running: Campaign, click: Goal, ada: Member
) -> None:
    draft = plans.draft(running, by=ada.actor)
    plans.set_rules(draft, [Terms(click, flat_micro=1)], by=ada.actor)
    active = CommissionPlan.objects.get(campaign=running, version=1)
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        CommissionRule.objects.filter(plan=draft).update(plan=active)
    assert rules(active) == [("sale", "cps", 0, 800)]


def test_the_database_lets_a_withdrawal_change_nothing_else(running: Campaign, ada: Member) -> None:
    start = timezone.now() + timedelta(days=1)
    plan = plans.activate(plans.draft(running, by=ada.actor), starts_at=start, by=ada.actor)
    with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
        CommissionPlan.objects.filter(pk=plan.pk).update(starts_at=None, activated_at=None, fee_basis_points=1)
    plan.refresh_from_db()
    assert (plan.starts_at, plan.fee_basis_points) == (start, 2000)
