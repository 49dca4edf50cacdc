"""Two hands at one campaign's commission: one change takes effect, the other is told so by name."""

import contextlib
from threading import Barrier, Event
from typing import Any
from unittest.mock import patch

import pytest
from django.db import DatabaseError, connection, transaction

from advertisers import campaigns, plans
from advertisers.models import Campaign, CommissionPlan, CommissionRule
from advertisers.plans import Terms
from network.models import AuditEntry
from tests.advertisers.conftest import campaign, click, running, sale
from tests.cast import Member
from tests.races.hands import at_once

__all__ = ["campaign", "click", "running", "sale"]

pytestmark = pytest.mark.django_db(transaction=True)
HANDS = 8


@pytest.fixture
def draft(running: Campaign, ada: Member) -> CommissionPlan:
    return plans.draft(running, by=ada.actor)


def activations() -> int:
    return AuditEntry.objects.filter(action="plan.activated").count()


def test_it_activates_a_draft_once(draft: CommissionPlan, ada: Member) -> None:
    before = activations()
    results = at_once(*[lambda: plans.activate(draft, by=ada.actor)] * HANDS)
    errors = [result for result in results if isinstance(result, Exception)]
    assert [type(error) for error in errors] == [plans.PlanIsActivated] * (HANDS - 1)
    assert activations() == before + 1


def test_control_without_the_lock_and_the_trigger_it_is_activated_by_all(draft: CommissionPlan, ada: Member) -> None:
    before = activations()
    barrier = Barrier(HANDS)

    def unlocked(plan: CommissionPlan) -> CommissionPlan:
        found = CommissionPlan.objects.select_related("campaign").get(pk=plan.pk)
        assert found.is_draft
        barrier.wait()
        return found

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE advertisers_commissionplan DISABLE TRIGGER USER")
    with patch("advertisers.plans._locked_draft", unlocked):
        at_once(*[lambda: plans.activate(draft, by=ada.actor)] * HANDS)
    assert activations() == before + HANDS


def test_it_drafts_one_next_version(running: Campaign, ada: Member) -> None:
    results = at_once(*[lambda: plans.draft(running, by=ada.actor)] * HANDS)
    assert {result.pk for result in results if isinstance(result, CommissionPlan)} == {
        CommissionPlan.objects.get(starts_at=None).pk
    }
    assert AuditEntry.objects.filter(action="plan.drafted").count() == 2


def test_it_starts_a_campaign_once(campaign: Campaign, sale: Any, ada: Member) -> None:
    plans.set_rules(plans.draft(campaign, by=ada.actor), [Terms(sale, percent_basis_points=800)], by=ada.actor)
    results = at_once(*[lambda: campaigns.start(campaign, by=ada.actor)] * HANDS)
    assert sum(isinstance(result, Campaign) for result in results) == 1
    assert {type(result) for result in results} == {Campaign, campaigns.CannotStart}
    assert activations() == 1


def test_it_never_changes_rules_after_activation(draft: CommissionPlan, sale: Any, ada: Member) -> None:
    """Whichever comes first: rules set before the activation count, later ones are refused."""
    results = at_once(
        lambda: plans.activate(draft, by=ada.actor),
        lambda: plans.set_rules(draft, [Terms(sale, percent_basis_points=1)], by=ada.actor),
    )
    assert isinstance(results[0], CommissionPlan)
    rate = draft.rules.get().percent_basis_points
    assert rate == (800 if isinstance(results[1], plans.PlanIsActivated) else 1)


def test_the_database_lets_no_rule_slip_into_a_plan_being_activated(
    draft: CommissionPlan, click: Any, ada: Member
) -> None:
    """Even for code that takes no lock: the rule waits for the activation under way, and is then refused."""
    activated, tried = Event(), Event()

    def activate() -> None:
        with transaction.atomic():
            plans.activate(draft, by=ada.actor)
            activated.set()
            tried.wait(0.5)  # it cannot have finished: the insert waits for this very transaction

    def insert() -> None:
        activated.wait(5)
        try:
            CommissionRule.objects.create(plan=draft, goal=click, pay_model="cpc", flat_micro=1)
        finally:
            tried.set()

    results = at_once(activate, insert)
    assert results[0] is None
    assert isinstance(results[1], DatabaseError)
    assert draft.rules.count() == 1


def test_control_without_the_trigger_the_rule_slips_in(draft: CommissionPlan, click: Any, ada: Member) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE advertisers_commissionrule DISABLE TRIGGER USER")
    plans.activate(draft, by=ada.actor)
    with contextlib.suppress(DatabaseError):
        CommissionRule.objects.create(plan=draft, goal=click, pay_model="cpc", flat_micro=1)
    assert draft.rules.count() == 2
