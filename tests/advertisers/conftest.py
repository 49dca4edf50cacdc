import pytest

from advertisers import campaigns, plans
from advertisers.models import Campaign, Goal, Objective
from advertisers.plans import Terms
from tests.cast import Member


@pytest.fixture
def campaign(ada: Member) -> Campaign:
    """Ada's draft: a shop that sells, in dollars."""
    return campaigns.create(
        ada.organization,
        name="Ada's shop",
        objective=Objective.SALES,
        landing_url="https://shop.example.com/welcome",
        currency="USD",
        by=ada.actor,
    )


@pytest.fixture
def sale(campaign: Campaign) -> Goal:
    return campaign.goals.get(code="sale")


@pytest.fixture
def click(campaign: Campaign) -> Goal:
    return campaign.goals.get(code="click")


@pytest.fixture
def running(campaign: Campaign, sale: Goal, ada: Member) -> Campaign:
    """The same, started: 8% of each sale."""
    plan = plans.draft(campaign, by=ada.actor)
    plans.set_rules(plan, [Terms(sale, percent_basis_points=800)], by=ada.actor)
    return campaigns.start(campaign, by=ada.actor)
