import pytest
from django.utils.translation import override

from advertisers import campaigns, goals
from advertisers.errors import CampaignEnded
from advertisers.models import Campaign, GoalKind
from network.models import AuditEntry
from tests.cast import Member


def test_it_adds_a_standard_goal(campaign: Campaign, ada: Member) -> None:
    goal = goals.add(campaign, kind=GoalKind.LEAD, by=ada.actor)
    assert (goal.code, goal.name, goal.kind) == ("lead", "Lead", "lead")
    assert AuditEntry.objects.get(action="goal.added", object_id=str(goal.pk)).subject == ada.organization


def test_it_adds_a_custom_goal_with_its_own_code(campaign: Campaign, ada: Member) -> None:
    goal = goals.add(campaign, kind=GoalKind.CUSTOM, code="trial_start", name="Trial started", by=ada.actor)
    assert (goal.code, goal.name, goal.kind, goal.is_counted) == ("trial_start", "Trial started", "custom", False)


def test_it_names_standard_goals_in_the_readers_language(campaign: Campaign, ada: Member) -> None:
    goal = campaign.goals.get(code="sale")
    with override("fa"):
        assert goal.label == "فروش"
    goals.rename(goal, name="Order", by=ada.actor)
    goal.refresh_from_db()
    with override("fa"):
        assert goal.label == "Order"
    assert goal.code == "sale"


@pytest.mark.parametrize("code", ["", "Trial", "a b", "-a", "فروش", "۱۲", "a" * 41, "a/b", "a\n"])
def test_it_refuses_a_code_that_postbacks_cannot_carry(campaign: Campaign, ada: Member, code: str) -> None:
    with pytest.raises(goals.InvalidGoalCode):
        goals.add(campaign, kind=GoalKind.CUSTOM, code=code, name="Trial", by=ada.actor)
    assert campaign.goals.count() == 3


@pytest.mark.parametrize("code", ["refund", "sale", "custom", "impression"])
def test_it_refuses_a_code_with_a_meaning_of_its_own(campaign: Campaign, ada: Member, code: str) -> None:
    with pytest.raises(goals.ReservedGoalCode):
        goals.add(campaign, kind=GoalKind.CUSTOM, code=code, name="Trial", by=ada.actor)
    assert campaign.goals.count() == 3


def test_it_refuses_a_second_goal_with_the_same_code(campaign: Campaign, ada: Member) -> None:
    with pytest.raises(goals.GoalExists):
        goals.add(campaign, kind=GoalKind.SALE, by=ada.actor)
    assert campaign.goals.count() == 3


def test_it_needs_a_name(campaign: Campaign, ada: Member) -> None:
    with pytest.raises(goals.GoalNeedsName):
        goals.add(campaign, kind=GoalKind.CUSTOM, code="trial", name=" ", by=ada.actor)
    with pytest.raises(goals.GoalNeedsName):
        goals.rename(campaign.goals.get(code="sale"), name=" ", by=ada.actor)
    assert campaign.goals.get(code="sale").name == "Sale"


def test_it_adds_and_renames_nothing_once_the_campaign_ended(campaign: Campaign, ada: Member) -> None:
    campaigns.end(campaign, by=ada.actor)
    with pytest.raises(CampaignEnded):
        goals.add(campaign, kind=GoalKind.LEAD, by=ada.actor)
    with pytest.raises(CampaignEnded):
        goals.rename(campaign.goals.get(code="sale"), name="Order", by=ada.actor)
    assert campaign.goals.count() == 3
