import pytest

from advertisers import campaigns, goals, plans
from advertisers.models import Campaign, GoalKind, Objective
from advertisers.plans import Terms
from network.models import Kind
from publishers import links, partnerships
from publishers.models import Partnership, TrackingLink
from tests.cast import Member, member


@pytest.fixture
def campaign(ada: Member) -> Campaign:
    """Ada's shop in dollars and UTC: a cent per click, 8% of a sale, two dollars per lead; a window of 30 days."""
    draft = campaigns.create(
        ada.organization,
        name="Ada's shop",
        objective=Objective.SALES,
        landing_url="https://shop.example.com/welcome",
        currency="USD",
        by=ada.actor,
    )
    goals.add(draft, kind=GoalKind.LEAD, by=ada.actor)
    by_code = {goal.code: goal for goal in draft.goals.all()}
    terms = [
        Terms(by_code["click"], flat_micro=1_000_000),
        Terms(by_code["sale"], percent_basis_points=800),
        Terms(by_code["lead"], flat_micro=200_000_000),
    ]
    plans.set_rules(plans.draft(draft, by=ada.actor), terms, by=ada.actor)
    return campaigns.start(draft, by=ada.actor)


@pytest.fixture
def partnership(campaign: Campaign, ada: Member, pia: Member) -> Partnership:
    applied = partnerships.apply(campaign, publisher=pia.organization, by=pia.actor)
    return partnerships.approve(applied, by=ada.actor)


@pytest.fixture
def link(partnership: Partnership, pia: Member) -> TrackingLink:
    return links.grab(partnership, by=pia.actor)


@pytest.fixture
def second_link(campaign: Campaign, ada: Member, nima: Member) -> TrackingLink:
    """Paul's, another publisher's."""
    paul = member("Paul", Kind.PUBLISHER, nima)
    applied = partnerships.apply(campaign, publisher=paul.organization, by=paul.actor)
    return links.grab(partnerships.approve(applied, by=ada.actor), by=paul.actor)
