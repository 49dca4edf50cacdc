from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from advertisers import campaigns, plans
from advertisers.models import Campaign, CommissionPlan, Goal
from advertisers.plans import Terms
from tests.advertisers.test_campaign_pages import page, signed_in
from tests.cast import Member


def edit_url(campaign: Campaign) -> str:
    return reverse("advertisers:plan-edit", args=[campaign.public_id])


def rules(campaign: Campaign) -> dict[str, tuple[int, int]]:
    plan = CommissionPlan.objects.get(campaign=campaign, starts_at=None)
    return {rule.goal.code: (rule.flat_micro, rule.percent_basis_points) for rule in plan.rules.all()}


@pytest.fixture
def toman(ada: Member) -> Campaign:
    return campaigns.create(
        ada.organization, name="T", objective="sales", landing_url="https://t.example/", currency="IRR", by=ada.actor
    )


def test_it_saves_a_rate_per_goal(client: Client, campaign: Campaign, ada: Member) -> None:
    fields = {"flat-impression": "2.50", "flat-click": "0.0004", "flat-sale": "1", "percent-sale": "8.25"}
    response = signed_in(client, ada).post(edit_url(campaign), fields | {"action": "save"})
    assert response.headers["Location"] == reverse("advertisers:campaign-creatives", args=[campaign.public_id])
    assert rules(campaign) == {"impression": (250_000_000, 0), "click": (40_000, 0), "sale": (100_000_000, 825)}


def test_it_reads_toman_and_persian_digits(client: Client, toman: Campaign, ada: Member) -> None:
    fields = {"flat-click": "۱٬۵۰۰", "flat-sale": "۲۵٬۰۰۰٫۵", "percent-sale": "۷٫۵٪"}
    signed_in(client, ada, "fa").post(edit_url(toman), fields | {"action": "save"})
    assert rules(toman) == {"click": (15_000_000_000, 0), "sale": (250_005_000_000, 750)}


def test_it_shows_rates_as_they_were_entered(client: Client, toman: Campaign, ada: Member) -> None:
    signed_in(client, ada, "fa").post(edit_url(toman), {"flat-click": "1500", "percent-sale": "7.5", "action": "save"})
    text = page(client.get(edit_url(toman)))
    assert 'value="۱٬۵۰۰"' in text
    assert 'value="۷٫۵"' in text
    assert "تومان" in text
    text = page(signed_in(client, ada, "en").get(edit_url(toman)))
    assert 'value="15,000"' in text


def test_it_looks_without_making_a_draft(client: Client, running: Campaign, ada: Member) -> None:
    text = page(signed_in(client, ada).get(edit_url(running)))
    assert "A sale of $100.00 pays the publisher $8.00 and costs you $9.60 with the network fee." in text
    assert not CommissionPlan.objects.filter(starts_at=None).exists()


WRONG = [
    ("flat-click", "abc", "Enter a number in digits, for example 1,250 or 1250.5."),
    ("flat-click", "-1", "Enter a number that is not negative."),
    ("flat-click", "1,5", "This can be read in two ways."),
    ("flat-click", "0.123456789", "There are too many digits after the decimal point."),
    ("flat-click", "10000000001", "This amount is too large."),
    ("flat-click", "9" * 400, "This is too large."),
    ("percent-sale", "101", "Enter a rate from 0% to 100%."),
    ("percent-sale", "1.255", "This can be read in two ways."),
]


@pytest.mark.parametrize(("field", "value", "text"), WRONG)
def test_it_says_beside_the_rate_what_is_wrong(
    client: Client, campaign: Campaign, ada: Member, field: str, value: str, text: str
) -> None:
    response = signed_in(client, ada).post(edit_url(campaign), {field: value, "action": "save"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert response.context["form"].errors[field][0].startswith(text)
    assert not CommissionPlan.objects.exists()


def test_it_says_so_in_persian(client: Client, campaign: Campaign, ada: Member) -> None:
    response = signed_in(client, ada, "fa").post(edit_url(campaign), {"flat-click": "10000000001", "action": "save"})
    assert "<strong>این مبلغ بیش از حد بزرگ است.</strong>" in page(response)


def test_it_explains_a_rate_while_it_is_typed(client: Client, campaign: Campaign, ada: Member) -> None:
    url = reverse("advertisers:plan-example", args=[campaign.public_id])
    text = page(signed_in(client, ada).get(url, {"goal": "sale", "percent-sale": "8", "flat-sale": "0.5"}))
    assert "A sale of $100.00 pays the publisher $8.50 and costs you $10.20 with the network fee." in text
    assert text.strip().startswith('<p id="example-sale"')
    assert "Empty: counted, not paid." in page(client.get(url, {"goal": "click", "flat-click": ""}))
    assert "too many digits" in page(client.get(url, {"goal": "click", "flat-click": "0.000000001"}))
    assert client.get(url, {"goal": "other"}).status_code == 400
    assert not CommissionPlan.objects.exists()


def test_it_adds_a_goal_and_keeps_what_was_typed(client: Client, campaign: Campaign, ada: Member) -> None:
    goal = {"goal-kind": "custom", "goal-name": "Trial", "goal-code": "trial"}
    response = signed_in(client, ada).post(edit_url(campaign), {"percent-sale": "8", "action": "add-goal"} | goal)
    assert response.headers["Location"] == edit_url(campaign)
    assert campaign.goals.get(code="trial").kind == "custom"
    assert rules(campaign) == {"sale": (0, 800)}


@pytest.mark.parametrize(
    ("kind", "code", "field"),
    [("custom", "Trial!", "code"), ("custom", "refund", "code"), ("custom", "", "code"), ("click", "", "kind")],
)
def test_it_says_what_is_wrong_with_a_goal(
    client: Client, campaign: Campaign, ada: Member, kind: str, code: str, field: str
) -> None:
    fields = {"goal-kind": kind, "goal-name": "Trial", "goal-code": code, "action": "add-goal"}
    response = signed_in(client, ada).post(edit_url(campaign), fields)
    assert response.status_code == 422
    assert list(response.context["goal_form"].errors) == [field]
    assert campaign.goals.count() == 3


def test_it_renames_a_goal(client: Client, campaign: Campaign, ada: Member) -> None:
    url = reverse("advertisers:goal-rename", args=[campaign.public_id, "sale"])
    signed_in(client, ada).post(url, {"name": "Order"})
    assert campaign.goals.get(code="sale").name == "Order"


@pytest.fixture
def draft(running: Campaign, sale: Goal, ada: Member) -> CommissionPlan:
    plan = plans.draft(running, by=ada.actor)
    return plans.set_rules(plan, [Terms(sale, percent_basis_points=1000)], by=ada.actor)


def test_it_activates_a_draft_at_once(client: Client, draft: CommissionPlan, ada: Member) -> None:
    url = reverse("advertisers:plan-activate", args=[draft.public_id])
    before = timezone.now()
    signed_in(client, ada).post(url, {"when": "now"})
    draft.refresh_from_db()
    assert draft.starts_at is not None
    assert timedelta(seconds=5) <= draft.starts_at - before < timedelta(seconds=60)


def test_it_activates_a_draft_from_a_day_of_the_campaigns_zone(
    client: Client, draft: CommissionPlan, running: Campaign, ada: Member
) -> None:
    Campaign.objects.update(time_zone="Asia/Tehran")
    url = reverse("advertisers:plan-activate", args=[draft.public_id])
    signed_in(client, ada, "fa").post(url, {"when": "later", "day": "۱۴۱۰/۰۱/۰۱", "hour": "۰۹:۳۰"})
    draft.refresh_from_db()
    assert draft.starts_at == datetime(2031, 3, 21, 6, 0, tzinfo=UTC)
    assert "21 Mar 2031, 06:00" in page(signed_in(client, ada).get(commission_url(running)))


@pytest.mark.parametrize(
    ("day", "hour", "field"),
    [
        ("2020-01-01", "00:00", "day"),
        ("2031-02-30", "00:00", "day"),
        ("", "00:00", "day"),
        ("2031-01-01", "25:00", "hour"),
    ],
)
def test_it_says_what_is_wrong_with_a_start(
    client: Client, draft: CommissionPlan, ada: Member, day: str, hour: str, field: str
) -> None:
    url = reverse("advertisers:plan-activate", args=[draft.public_id])
    response = signed_in(client, ada).post(url, {"when": "later", "day": day, "hour": hour})
    assert response.status_code == 422
    assert list(response.context["activate_form"].errors) == [field]
    draft.refresh_from_db()
    assert draft.is_draft


def commission_url(campaign: Campaign) -> str:
    return reverse("advertisers:campaign-commission", args=[campaign.public_id])


def test_it_reads_rules_as_sentences(client: Client, draft: CommissionPlan, running: Campaign, ada: Member) -> None:
    text = page(signed_in(client, ada).get(commission_url(running)))
    assert "Sale: 8% of the order" in text
    assert "Sale: 10% of the order" in text
    text = page(signed_in(client, ada, "fa").get(commission_url(running)))
    assert "فروش: ۸٪ از مبلغ سفارش" in text


def test_it_withdraws_and_discards(client: Client, draft: CommissionPlan, running: Campaign, ada: Member) -> None:
    plans.activate(draft, starts_at=timezone.now() + timedelta(days=1), by=ada.actor)
    signed_in(client, ada).post(reverse("advertisers:plan-withdraw", args=[draft.public_id]))
    draft.refresh_from_db()
    assert draft.is_draft
    client.post(reverse("advertisers:plan-discard", args=[draft.public_id]))
    assert not CommissionPlan.objects.filter(pk=draft.pk).exists()


def test_it_leaves_an_active_plan_alone(client: Client, running: Campaign, ada: Member) -> None:
    plan = CommissionPlan.objects.get(campaign=running)
    signed_in(client, ada)
    for verb in ("withdraw", "discard"):
        client.post(reverse(f"advertisers:plan-{verb}", args=[plan.public_id]))
    assert client.post(reverse("advertisers:plan-activate", args=[plan.public_id]), {"when": "now"}).status_code == 409
    assert CommissionPlan.objects.get(campaign=running).starts_at == plan.starts_at
