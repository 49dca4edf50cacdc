"""A running campaign of Ada, and Pia in it."""

import io

import pytest
from PIL import Image

from advertisers import campaigns, creatives, plans
from advertisers.models import Campaign, Creative, Goal
from advertisers.plans import Terms
from publishers import partnerships
from publishers.models import Partnership
from tests.cast import Member


def draft_campaign(advertiser: Member, name: str = "Autumn sale", **fields: object) -> Campaign:
    values = {"objective": "sales", "landing_url": "https://shop.example/", "currency": "USD"} | fields
    return campaigns.create(advertiser.organization, by=advertiser.actor, name=name, **values)  # type: ignore[arg-type]


def running_campaign(advertiser: Member, name: str = "Autumn sale", **fields: object) -> Campaign:
    """Sales at 8%, clicks at $0.05."""
    campaign = draft_campaign(advertiser, name, **fields)
    goals = {goal.code: goal for goal in Goal.objects.filter(campaign=campaign)}
    terms = [Terms(goals["click"], flat_micro=5_000_000)]
    if "sale" in goals:
        terms.append(Terms(goals["sale"], percent_basis_points=800))
    plans.set_rules(plans.draft(campaign, by=advertiser.actor), terms, by=advertiser.actor)
    return campaigns.start(campaign, by=advertiser.actor)


def png(width: int, height: int, colour: str = "#0b7d76") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture
def campaign(ada: Member) -> Campaign:
    return running_campaign(ada)


@pytest.fixture
def application(campaign: Campaign, pia: Member) -> Partnership:
    return partnerships.apply(campaign, publisher=pia.organization, message="I write about shoes.", by=pia.actor)


@pytest.fixture
def partnership(application: Partnership, ada: Member) -> Partnership:
    return partnerships.approve(application, by=ada.actor)


@pytest.fixture
def banner(campaign: Campaign, ada: Member) -> Creative:
    return creatives.add_banner(campaign, name="Autumn", data=png(300, 250), by=ada.actor)


@pytest.fixture
def text(campaign: Campaign, ada: Member) -> Creative:
    return creatives.add_text(campaign, name="Shoes", text="Shoes for autumn", by=ada.actor)
