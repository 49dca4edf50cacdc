"""Each pay model in numbers, from events to balances: 1,000.00 on Ada's balance, a network fee of 20% on each commission."""

from datetime import timedelta

from django.utils import timezone

from payouts import tasks
from payouts.models import Commission, CommissionStatus
from tests.payouts.market import MICRO, OpenMarket, activate


def validate() -> None:
    """The validation period passes."""
    Commission.objects.update(validate_until=timezone.now() - timedelta(seconds=1))
    tasks.approve_due()


def test_it_pays_cpm_per_thousand_impressions(open_market: OpenMarket) -> None:
    market = open_market({"impression": (250 * MICRO, 0)})  # 2.50 per thousand

    market.happen("impression", 1_300)
    market.settle()  # 3.25 and 0.65
    assert market.books() == {"funds": 99_610, "pending": 325, "fee pending": 65, "cash": -100_000}

    market.happen("impression", 3)  # 1,303 impressions: 3.2575, rounded once to 3.26; the fee of 0.652 to 0.65
    market.settle()
    assert market.books() == {"funds": 99_609, "pending": 326, "fee pending": 65, "cash": -100_000}

    validate()
    assert market.books() == {"funds": 99_609, "payable": 326, "fee": 65, "cash": -100_000}


def test_it_pays_cpc_per_click_also_less_than_a_cent(open_market: OpenMarket) -> None:
    market = open_market({"click": (40_000, 0)})  # 0.0004 per click

    market.happen("click", 10)  # 0.004: nothing yet
    market.settle()
    assert market.books() == {"funds": 100_000, "cash": -100_000}

    market.happen("click", 90)  # 100 clicks: 0.04 and 0.008
    market.settle()
    assert market.books() == {"funds": 99_995, "pending": 4, "fee pending": 1, "cash": -100_000}
    assert market.commission().count == 100

    validate()
    assert market.books() == {"funds": 99_995, "payable": 4, "fee": 1, "cash": -100_000}


def test_it_pays_cpl_per_lead(open_market: OpenMarket) -> None:
    market = open_market({"lead": (200 * MICRO, 0)})  # 2.00

    market.sell("lead-1", None, goal="lead")
    market.sell("lead-2", None, goal="lead")
    assert market.books() == {"funds": 99_520, "pending": 400, "fee pending": 80, "cash": -100_000}

    market.refund("lead-2")  # any refund takes a lead back
    assert market.books() == {"funds": 99_760, "pending": 200, "fee pending": 40, "cash": -100_000}

    validate()
    assert market.books() == {"funds": 99_760, "payable": 200, "fee": 40, "cash": -100_000}
    refunded = Commission.objects.get(conversion__order_id="lead-2")
    assert (refunded.status, refunded.reason) == (CommissionStatus.DECLINED, "refunded")


def test_it_pays_cpi_per_install(open_market: OpenMarket) -> None:
    market = open_market({"install": (150 * MICRO, 0)})  # 1.50

    market.sell("device-1", None, goal="install")
    validate()

    assert market.books() == {"funds": 99_820, "payable": 150, "fee": 30, "cash": -100_000}


def test_it_pays_cps_flat_until_nothing_is_left_of_the_sale(open_market: OpenMarket) -> None:
    market = open_market({"sale": (500 * MICRO, 0)})  # 5.00 per sale

    market.sell("1001", 10_000)
    assert market.books() == {"funds": 99_400, "pending": 500, "fee pending": 100, "cash": -100_000}

    market.refund("1001", 9_999, "r1")  # a cent of the sale is left
    assert market.books() == {"funds": 99_400, "pending": 500, "fee pending": 100, "cash": -100_000}

    market.refund("1001", 1, "r2")
    assert market.books() == {"funds": 100_000, "cash": -100_000}


def test_it_pays_cps_percent_of_what_is_left_of_the_sale(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)})  # 8%

    market.sell("1001", 10_000)  # 8.00 and 1.60
    assert market.books() == {"funds": 99_040, "pending": 800, "fee pending": 160, "cash": -100_000}

    market.refund("1001", 2_500)  # 8% of 75.00: 6.00 and 1.20
    assert market.books() == {"funds": 99_280, "pending": 600, "fee pending": 120, "cash": -100_000}

    validate()
    assert market.books() == {"funds": 99_280, "payable": 600, "fee": 120, "cash": -100_000}


def test_it_pays_cps_flat_and_percent_together(open_market: OpenMarket) -> None:
    market = open_market({"sale": (100 * MICRO, 250)})  # 1.00 and 2.5%

    market.sell("1001", 4_999)  # 1.00 + 1.24975, rounded once: 2.25; the fee 0.45
    assert market.books() == {"funds": 99_730, "pending": 225, "fee pending": 45, "cash": -100_000}

    market.refund("1001", 1_999)  # 1.00 + 2.5% of 30.00: 1.75; the fee 0.35
    assert market.books() == {"funds": 99_790, "pending": 175, "fee pending": 35, "cash": -100_000}


def test_it_pays_whole_rials(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 1_000)}, funds=10_000_000, currency="IRR")

    market.sell("1001", 2_400_005)  # 10% of rials: 240,000.5 to the even 240,000; fee 48,000
    assert market.books() == {
        "funds": 9_712_000,
        "pending": 240_000,
        "fee pending": 48_000,
        "cash": -10_000_000,
    }


def test_it_prices_by_the_plan_in_force_at_the_click(open_market: OpenMarket) -> None:
    """The commission changes between the click and the sale: the click's plan pays."""
    market = open_market({"sale": (0, 800)})
    before = timezone.now()
    activate(market.campaign, {"sale": (0, 400)}, market.ada)
    starts_at = market.campaign.plans.get(version=2).starts_at
    assert starts_at
    later = starts_at + timedelta(minutes=1)

    old = market.sell("old", 10_000, clicked_at=before, occurred_at=later.isoformat())
    new = market.sell("new", 10_000, clicked_at=later, occurred_at=later.isoformat())

    assert (old.plan.version, old.amount, old.fee) == (1, 800, 160)
    assert (new.plan.version, new.amount, new.fee) == (2, 400, 80)
