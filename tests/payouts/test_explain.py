"""Each commission in one sentence, from what is stored with it."""

import pytest
from django.utils import translation

from network import formats
from network.money import Money
from payouts import commissions, explanations
from payouts.models import Commission
from tests.payouts.market import MICRO, Market, OpenMarket


def said(commission: Commission, market: Market, language: str = "en") -> tuple[str, str]:
    """To the publisher, and to the advertiser."""
    commission.refresh_from_db()
    with translation.override(language):
        return (
            explanations.explain(commission, market.pia.organization),
            explanations.explain(commission, market.ada.organization),
        )


def test_it_explains_a_percentage(market: Market) -> None:
    assert said(market.sell("ORD-1001", 10_000), market) == (
        "Sale, order …1001: plan version 1 pays 8% of $100.00 = $8.00.",
        (
            "Sale, order ORD-1001: plan version 1 pays 8% of $100.00 = $8.00."
            " The network fee of 20% adds $1.60: $9.60 in all."
        ),
    )


def test_it_explains_a_partial_refund(market: Market) -> None:
    commission = market.sell("1001", 10_000)
    market.refund("1001", 2_500)

    assert said(commission, market)[0] == (
        "Sale, order 1001: plan version 1 pays 8% of $100.00, less $25.00 refunded = $6.00."
    )


def test_it_explains_a_flat_part_beside_a_percentage(open_market: OpenMarket) -> None:
    market = open_market({"sale": (100 * MICRO, 250)})
    commission = market.sell("1001", 4_999)

    assert said(commission, market)[0] == "Sale, order 1001: plan version 1 pays 2.5% of $49.99, plus $1.00 = $2.25."
    market.refund("1001")
    assert said(commission, market)[0] == (
        "Sale, order 1001: plan version 1 pays 2.5% of $49.99 plus $1.00, all of it refunded = $0.00."
    )


def test_it_explains_a_lead(open_market: OpenMarket) -> None:
    market = open_market({"lead": (200 * MICRO, 0)})

    assert said(market.sell("L1", None, goal="lead"), market)[0] == (
        "Lead, order L1: plan version 1 pays $2.00 each = $2.00."
    )


def test_it_explains_a_day(open_market: OpenMarket) -> None:
    market = open_market({"click": (40_000, 0), "impression": (250 * MICRO, 0)})
    market.happen("click", 13)
    market.happen("impression", 400)
    market.settle()
    clicks = Commission.objects.get(goal__kind="click")
    views = Commission.objects.get(goal__kind="impression")
    with translation.override("en"):
        day = formats.day(clicks.day, "en")

    assert said(clicks, market)[0] == f"13 clicks on {day}: plan version 1 pays $0.0004 each = $0.01."
    assert said(views, market)[0] == f"400 impressions on {day}: plan version 1 pays $2.50 per thousand = $1.00."


def test_it_says_what_was_decided_and_why(market: Market) -> None:
    commission = market.sell("1001", 10_000)
    commissions.decline(commission, reason="order_cancelled", note="Never paid", by=market.ada.actor)

    assert said(commission, market)[0] == (
        "Sale, order 1001: plan version 1 pays 8% of $100.00 = $8.00."
        " Declined, nothing is paid: Order cancelled – Never paid."
    )


def test_it_says_what_the_balance_does_not_cover(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=100)

    assert said(market.sell("1001", 10_000), market) == (
        "Sale, order 1001: plan version 1 pays 8% of $100.00 = $8.00. Held: The advertiser's balance did not cover it.",
        (
            "Sale, order 1001: plan version 1 pays 8% of $100.00 = $8.00."
            " The network fee of 20% adds $1.60: $9.60 in all."
            " Held: The advertiser's balance did not cover it."
            " The balance does not cover $9.60 of it yet."
        ),
    )


@pytest.mark.parametrize("state", ["pending", "approved", "declined", "held", "unfunded", "refunded"])
def test_it_never_tells_a_publisher_about_fee_or_cost(open_market: OpenMarket, state: str) -> None:
    market = open_market({"sale": (0, 800)}, funds=100 if state == "unfunded" else 100_000)
    commission = market.sell("1001", 10_000)
    match state:
        case "approved":
            commissions.approve(commission, by=market.ada.actor)
        case "declined":
            commissions.decline(commission, reason="out_of_stock", by=market.ada.actor)
        case "held":
            commissions.hold(commission, note="Looks odd", by=market.nima.actor)
        case "refunded":
            commissions.refund(commission, amount=Money(5_000, "USD"), by=market.ada.actor)

    for language in ("en", "fa"):
        sentence = said(commission, market, language)[0]
        for secret in ("fee", "20%", "1.60", "9.60", "0.80", "کارمزد", "۱٫۶۰", "۹٫۶۰"):
            assert secret not in sentence


def test_it_explains_in_persian(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=100_000_000, currency="IRR")
    commission = market.sell("ORD-1001", 2_400_000)

    assert said(commission, market, "fa") == (
        "فروش، سفارش \u2066…1001\u2069: طبق نسخهٔ ۱ طرح کمیسیون، ۸٪ از ۲۴۰٬۰۰۰ تومان = ۱۹٬۲۰۰ تومان.",
        (
            "فروش، سفارش \u2066ORD-1001\u2069: طبق نسخهٔ ۱ طرح کمیسیون، ۸٪ از ۲۴۰٬۰۰۰ تومان = ۱۹٬۲۰۰ تومان."
            " با ۲۰٪ کارمزد شبکه (۳٬۸۴۰ تومان) هزینهٔ کل ۲۳٬۰۴۰ تومان است."
        ),
    )


def test_it_explains_a_refund_and_a_refusal_in_persian(market: Market) -> None:
    commission = market.sell("1001", 10_000)
    market.refund("1001", 2_500)
    commissions.decline(commission, reason="item_returned", by=market.ada.actor)

    assert said(commission, market, "fa")[0] == (
        "فروش، سفارش \u20661001\u2069: طبق نسخهٔ ۱ طرح کمیسیون، ۸٪ از ۱۰۰٫۰۰ دلار پس از کسر ۲۵٫۰۰ دلار مرجوعی"
        " = ۶٫۰۰ دلار. رد شده است و چیزی پرداخت نمی‌شود: بازگشت کالا."
    )


def test_it_explains_a_day_in_persian(open_market: OpenMarket) -> None:
    market = open_market({"impression": (250 * MICRO, 0)})
    market.happen("impression", 1_300)
    market.settle()
    commission = market.commission()
    day = formats.day(commission.day, "fa")

    assert said(commission, market, "fa")[0] == (
        f"۱٬۳۰۰ نمایش در {day}: طبق نسخهٔ ۱ طرح کمیسیون، هر هزار نمایش ۲٫۵۰ دلار = ۳٫۲۵ دلار."
    )
