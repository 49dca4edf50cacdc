from datetime import timedelta

import pytest
from django.utils import timezone

from advertisers import campaigns, plans
from advertisers.errors import CampaignEnded
from advertisers.models import Campaign, CampaignStatus, Goal
from advertisers.plans import Terms
from network.models import AuditEntry, Organization, OrganizationStatus
from tests.cast import Member


def status(campaign: Campaign) -> str:
    return Campaign.objects.get(pk=campaign.pk).status


def test_it_starts_a_draft_and_its_plan_at_once(campaign: Campaign, sale: Goal, ada: Member) -> None:
    plan = plans.draft(campaign, by=ada.actor)
    plans.set_rules(plan, [Terms(sale, percent_basis_points=800)], by=ada.actor)
    started = campaigns.start(campaign, by=ada.actor)
    plan.refresh_from_db()
    assert started.status == CampaignStatus.ACTIVE
    assert started.started_at is not None
    assert plan.starts_at is not None
    assert plan.starts_at <= timezone.now()
    assert plans.in_force(campaign, timezone.now()) == plan
    actions = list(AuditEntry.objects.order_by("-pk").values_list("action", flat=True)[:2])
    assert actions == ["campaign.started", "plan.activated"]


def test_it_leaves_a_newer_draft_alone_when_a_plan_is_in_force(campaign: Campaign, sale: Goal, ada: Member) -> None:
    first = plans.draft(campaign, by=ada.actor)
    plans.set_rules(first, [Terms(sale, percent_basis_points=800)], by=ada.actor)
    plans.activate(first, by=ada.actor)
    second = plans.draft(campaign, by=ada.actor)
    campaigns.start(campaign, by=ada.actor)
    second.refresh_from_db()
    assert second.is_draft


def test_it_does_not_start_without_a_commission(campaign: Campaign, ada: Member) -> None:
    with pytest.raises(campaigns.CannotStart, match="commission"):
        campaigns.start(campaign, by=ada.actor)
    plans.draft(campaign, by=ada.actor)  # a draft without a rule is no better
    with pytest.raises(campaigns.CannotStart, match="commission"):
        campaigns.start(campaign, by=ada.actor)
    assert status(campaign) == "draft"


def test_it_does_not_start_on_a_plan_that_is_only_scheduled(campaign: Campaign, sale: Goal, ada: Member) -> None:
    plan = plans.draft(campaign, by=ada.actor)
    plans.set_rules(plan, [Terms(sale, percent_basis_points=800)], by=ada.actor)
    plans.activate(plan, starts_at=timezone.now() + timedelta(days=1), by=ada.actor)
    with pytest.raises(campaigns.CannotStart):
        campaigns.start(campaign, by=ada.actor)
    assert status(campaign) == "draft"


def test_it_does_not_start_without_a_landing_page(campaign: Campaign, sale: Goal, ada: Member) -> None:
    plan = plans.draft(campaign, by=ada.actor)
    plans.set_rules(plan, [Terms(sale, percent_basis_points=800)], by=ada.actor)
    Campaign.objects.update(landing_url="")
    with pytest.raises(campaigns.CannotStart) as raised:
        campaigns.start(campaign, by=ada.actor)
    assert raised.value.field == "landing_url"
    assert status(campaign) == "draft"


def test_it_does_not_start_for_a_suspended_advertiser(campaign: Campaign, sale: Goal, ada: Member) -> None:
    plan = plans.draft(campaign, by=ada.actor)
    plans.set_rules(plan, [Terms(sale, percent_basis_points=800)], by=ada.actor)
    Organization.objects.filter(pk=ada.organization.pk).update(status=OrganizationStatus.SUSPENDED)
    with pytest.raises(campaigns.CannotStart):
        campaigns.start(campaign, by=ada.actor)
    assert status(campaign) == "draft"


def test_it_does_not_start_twice(running: Campaign, ada: Member) -> None:
    with pytest.raises(campaigns.CannotStart):
        campaigns.start(running, by=ada.actor)
    assert AuditEntry.objects.filter(action="campaign.started").count() == 1


def test_it_pauses_and_resumes(running: Campaign, ada: Member) -> None:
    assert campaigns.pause(running, by=ada.actor).status == "paused"
    assert campaigns.resume(running, by=ada.actor).status == "active"
    actions = AuditEntry.objects.filter(action__in=["campaign.paused", "campaign.resumed"])
    assert [entry.action for entry in actions.order_by("pk")] == ["campaign.paused", "campaign.resumed"]


def test_it_pauses_only_what_runs(campaign: Campaign, ada: Member) -> None:
    with pytest.raises(campaigns.CannotPause):
        campaigns.pause(campaign, by=ada.actor)
    assert status(campaign) == "draft"


def test_it_resumes_only_what_is_paused(running: Campaign, ada: Member) -> None:
    with pytest.raises(campaigns.CannotResume):
        campaigns.resume(running, by=ada.actor)
    assert status(running) == "active"


def test_it_does_not_resume_for_a_suspended_advertiser(running: Campaign, ada: Member) -> None:
    campaigns.pause(running, by=ada.actor)
    Organization.objects.filter(pk=ada.organization.pk).update(status=OrganizationStatus.SUSPENDED)
    with pytest.raises(campaigns.CannotResume):
        campaigns.resume(running, by=ada.actor)
    assert status(running) == "paused"


@pytest.mark.parametrize("before", ["active", "paused"])
def test_it_ends_for_good(running: Campaign, ada: Member, before: str) -> None:
    if before == "paused":
        campaigns.pause(running, by=ada.actor)
    ended = campaigns.end(running, by=ada.actor)
    assert ended.status == "ended"
    assert ended.ended_at is not None
    with pytest.raises(CampaignEnded):
        campaigns.end(running, by=ada.actor)
    with pytest.raises(campaigns.CannotResume):
        campaigns.resume(running, by=ada.actor)
    with pytest.raises(campaigns.CannotStart):
        campaigns.start(running, by=ada.actor)
    assert status(running) == "ended"


def test_it_drops_a_draft_that_never_started(campaign: Campaign, ada: Member) -> None:
    ended = campaigns.end(campaign, by=ada.actor)
    assert (ended.status, ended.started_at) == ("ended", None)
