from itertools import product

import pytest
from django.utils.translation import override

from advertisers import goals, plans, sentences
from advertisers.models import Campaign, CommissionPlan, GoalKind
from advertisers.plans import Terms
from network.money import Money
from payouts import arithmetic
from tests.cast import Member


@pytest.mark.parametrize(
    ("flat_micro", "currency", "english", "persian"),
    [
        (100_000_000, "USD", "$1.00", "۱٫۰۰ دلار"),
        (40_000, "USD", "$0.0004", "۰٫۰۰۰۴ دلار"),
        (1, "USD", "$0.00000001", "۰٫۰۰۰۰۰۰۰۱ دلار"),
        (250_000_000_000, "IRR", "IRR 250,000", "۲۵٬۰۰۰ تومان"),
        (15_000_000, "IRR", "IRR 15", "۱٫۵ تومان"),
        (1_234_500_000, "KWD", "KWD 1.2345", "۱٫۲۳۴۵ دینار کویت"),
        (1_500_000, "JPY", "¥1.5", "۱٫۵ ین"),
        (10**18, "USD", "$10,000,000,000.00", "۱۰٬۰۰۰٬۰۰۰٬۰۰۰٫۰۰ دلار"),
    ],
)
def test_it_writes_a_flat_rate_exactly(flat_micro: int, currency: str, english: str, persian: str) -> None:
    assert sentences.flat_rate(flat_micro, currency) == english
    with override("fa"):
        assert sentences.flat_rate(flat_micro, currency) == persian


@pytest.fixture
def plan(campaign: Campaign, ada: Member) -> CommissionPlan:
    goals.add(campaign, kind=GoalKind.LEAD, by=ada.actor)
    goals.add(campaign, kind=GoalKind.INSTALL, by=ada.actor)
    goals.add(campaign, kind=GoalKind.CUSTOM, code="trial", name="Trial started", by=ada.actor)
    goal = {goal.code: goal for goal in campaign.goals.all()}
    return plans.set_rules(
        plans.draft(campaign, by=ada.actor),
        [
            Terms(goal["impression"], flat_micro=250_000_000),
            Terms(goal["click"], flat_micro=5_000_000),
            Terms(goal["lead"], flat_micro=300_000_000),
            Terms(goal["install"], flat_micro=150_000_000),
            Terms(goal["sale"], flat_micro=100_000_000, percent_basis_points=800),
            Terms(goal["trial"], percent_basis_points=250),
        ],
        by=ada.actor,
    )


def spoken(plan: CommissionPlan) -> list[str]:
    return [sentences.rule_sentence(rule) for rule in plan.rules.order_by("goal__kind")]


def test_it_reads_each_rule_as_a_sentence(plan: CommissionPlan) -> None:
    assert spoken(plan) == [
        "Click: $0.05 each",
        "Trial started: 2.5% of the order",
        "Impression: $2.50 per thousand",
        "Install: $1.50 each",
        "Lead: $3.00 each",
        "Sale: 8% of the order plus $1.00",
    ]


def test_it_reads_each_rule_as_a_sentence_in_persian(plan: CommissionPlan) -> None:
    with override("fa"):
        assert spoken(plan) == [
            "کلیک: هر بار ۰٫۰۵ دلار",
            "\N{FIRST STRONG ISOLATE}Trial started\N{POP DIRECTIONAL ISOLATE}: ۲٫۵٪ از مبلغ سفارش",
            "نمایش: هر هزار بار ۲٫۵۰ دلار",
            "نصب: هر بار ۱٫۵۰ دلار",
            "سرنخ: هر بار ۳٫۰۰ دلار",
            "فروش: ۸٪ از مبلغ سفارش به‌علاوهٔ ۱٫۰۰ دلار",
        ]


def test_it_sums_a_plan_up_in_one_line(plan: CommissionPlan) -> None:
    assert sentences.plan_summary(plan) == (
        "8% + $1.00 per sale · 2.5% per “Trial started” · $3.00 per lead · $1.50 per install · $0.05 per click"
        " · $2.50 per 1,000 impressions"
    )
    with override("fa"):
        assert sentences.plan_summary(plan) == (
            "۸٪ + ۱٫۰۰ دلار از هر فروش · ۲٫۵٪ برای هر «\N{FIRST STRONG ISOLATE}Trial started\N{POP DIRECTIONAL ISOLATE}» · "
            "۳٫۰۰ دلار برای هر سرنخ"
            " · ۱٫۵۰ دلار برای هر نصب · ۰٫۰۵ دلار برای هر کلیک · ۲٫۵۰ دلار برای هر ۱٬۰۰۰ نمایش"
        )


def test_it_sums_up_nothing_as_nothing(campaign: Campaign, ada: Member) -> None:
    assert sentences.plan_summary(None) == ""
    assert sentences.plan_summary(plans.draft(campaign, by=ada.actor)) == ""


def spoken_example(kind: GoalKind, currency: str, flat: int, percent: int, fee: int = 2000) -> str:
    found = sentences.example(kind, currency, flat_micro=flat, percent_basis_points=percent, fee_basis_points=fee)
    return sentences.example_sentence(kind, "Trial", found)


def test_it_explains_a_sale_by_example() -> None:
    assert spoken_example(GoalKind.SALE, "USD", 0, 800) == (
        "A sale of $100.00 pays the publisher $8.00 and costs you $9.60 with the network fee."
    )
    with override("fa"):
        assert spoken_example(GoalKind.SALE, "IRR", 0, 800) == (
            "از یک فروش ۱٬۰۰۰٬۰۰۰ تومان، ۸۰٬۰۰۰ تومان به ناشر می‌رسد و با کارمزد شبکه ۹۶٬۰۰۰ تومان برای شما هزینه دارد."
        )


def test_it_explains_the_other_goals_by_example() -> None:
    assert spoken_example(GoalKind.SALE, "USD", 500_000_000, 0).startswith("Each sale pays the publisher $5.00 and")
    assert spoken_example(GoalKind.LEAD, "USD", 300_000_000, 0, 1550) == (
        "A lead pays the publisher $3.00 and costs you $3.46 with the network fee."
    )
    assert spoken_example(GoalKind.INSTALL, "KWD", 1_500_000_000, 0).startswith(
        "An install pays the publisher KWD 1.500"
    )
    assert spoken_example(GoalKind.CUSTOM, "USD", 0, 1000).startswith("“Trial” with $100.00 pays the publisher $10.00")
    assert spoken_example(GoalKind.CUSTOM, "USD", 100_000_000, 0).startswith("“Trial” pays the publisher $1.00")


def test_it_counts_enough_clicks_and_impressions_to_see_money() -> None:
    assert spoken_example(GoalKind.CLICK, "USD", 5_000_000, 0) == (
        "100 clicks pay the publisher $5.00 and cost you $6.00 with the network fee."
    )
    assert spoken_example(GoalKind.CLICK, "USD", 40_000, 0).startswith("10,000 clicks pay the publisher $4.00")
    assert spoken_example(GoalKind.IMPRESSION, "USD", 250_000_000, 0).startswith(
        "1,000 impressions pay the publisher $2.50"
    )


def test_its_examples_are_what_payouts_would_pay() -> None:
    flats = [1, 333_333, 40_000, 5_000_000, 123_456_789]
    for kind, flat, percent, fee in product(GoalKind, flats, [0, 1, 333, 10_000], [0, 1, 1999, 2000]):
        if percent and kind not in {GoalKind.SALE, GoalKind.CUSTOM}:
            continue
        found = sentences.example(kind, "USD", flat_micro=flat, percent_basis_points=percent, fee_basis_points=fee)
        model = {"impression": "cpm"}.get(kind, "cps")
        paid = arithmetic.target(arithmetic.Terms(model, flat, percent, fee), base=found.base.amount, count=found.count)
        assert (found.pays, found.costs) == (Money(paid.amount, "USD"), Money(paid.cost, "USD"))
