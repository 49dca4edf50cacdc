from typing import Any

import pytest

from advertisers import campaigns
from advertisers.models import Campaign, CampaignStatus, Goal, Objective
from network.models import AuditEntry
from tests.cast import Member

FIELDS: Any = {
    "name": "Ada's shop",
    "objective": Objective.SALES,
    "landing_url": "https://Shop.Example.com/welcome?a=1",
    "currency": "USD",
}


def goal_codes(campaign: Campaign) -> list[str]:
    return [goal.code for goal in campaign.goals.order_by("pk")]


def test_it_creates_a_draft_with_the_goals_of_its_objective(ada: Member) -> None:
    campaign = campaigns.create(ada.organization, by=ada.actor, **FIELDS)
    assert campaign.status == CampaignStatus.DRAFT
    assert campaign.advertiser == ada.organization
    assert goal_codes(campaign) == ["impression", "click", "sale"]
    assert campaign.allowed_hosts == ["shop.example.com"]
    assert (campaign.window_days, campaign.validation_days, campaign.click_parameter) == (30, 30, "pvd_cid")
    assert len(campaign.postback_token) == 32
    entry = AuditEntry.objects.get(action="campaign.created")
    assert (entry.user, entry.subject, entry.object_id) == (ada.user, ada.organization, campaign.public_id)


@pytest.mark.parametrize(
    ("objective", "codes"),
    [
        (Objective.AWARENESS, ["impression", "click"]),
        (Objective.ENGAGEMENT, ["impression", "click"]),
        (Objective.LEADS, ["impression", "click", "lead"]),
        (Objective.INSTALLS, ["impression", "click", "install"]),
    ],
)
def test_it_proposes_goals_by_objective(ada: Member, objective: Objective, codes: list[str]) -> None:
    campaign = campaigns.create(ada.organization, by=ada.actor, **FIELDS | {"objective": objective})
    assert goal_codes(campaign) == codes


def test_it_keeps_further_hosts_beside_the_landing_page(ada: Member) -> None:
    named = ["https://blog.example.com/x", "SHOP.example.com", "فروشگاه.com", "127.0.0.1:8080"]
    campaign = campaigns.create(ada.organization, by=ada.actor, **FIELDS, allowed_hosts=named)
    assert campaign.allowed_hosts == ["shop.example.com", "blog.example.com", "xn--mgbtj4c7ad63e.com", "127.0.0.1"]


@pytest.mark.parametrize("host", ["", " ", "a b.com", "-a.com", "a..com", "exa_mple.com", "[::1", "x" * 64 + ".com"])
def test_it_refuses_what_is_no_host(ada: Member, host: str) -> None:
    with pytest.raises(campaigns.NotAHost):
        campaigns.create(ada.organization, by=ada.actor, **FIELDS, allowed_hosts=[host])
    assert not Campaign.objects.exists()
    assert not Goal.objects.exists()


def test_it_refuses_other_kinds_of_organizations(pia: Member) -> None:
    with pytest.raises(campaigns.NotAnAdvertiser):
        campaigns.create(pia.organization, by=pia.actor, **FIELDS)
    assert not Campaign.objects.exists()
