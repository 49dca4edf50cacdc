from fractions import Fraction

import pytest

from network.money import Money
from payouts import commissions
from payouts.models.reasons import Reason
from reporting.figures import BY_CAMPAIGN, BY_PARTNERSHIP, Figures, Slice, daily, grouped, total
from reporting.overview import Overview
from reporting.periods import Period
from tests.cast import Member
from tests.payouts.market import Market, OpenMarket

pytestmark = pytest.mark.django_db


@pytest.fixture
def busy(open_market: OpenMarket) -> Market:
    """10 clicks at 0.50, 3 sales of 100.00 at 8% of which one is refunded by a quarter, one declined; fee 20%."""
    market = open_market({"sale": (0, 800), "click": (50 * 1_000_000, 0)})
    market.happen("click", 10)
    market.happen("impression", 40)
    for order in ("1001", "1002", "1003"):
        market.sell(order)
    market.refund("1001", 2_500)
    declined = market.sell("1004")
    commissions.decline(declined, reason=Reason.ORDER_CANCELLED, by=market.ada.actor)
    return market


def of(member: Member) -> Slice:
    return Slice(member.organization, "USD", Period.latest(30))


def test_it_sums_up_what_an_advertiser_spent_and_sold(busy: Market) -> None:
    figures = total(of(busy.ada))
    assert (figures.clicks, figures.impressions, figures.conversions, figures.sales_count) == (10, 40, 3, 3)
    assert figures.net_sales == Money(27_500, "USD")
    assert figures.earnings == Money(600 + 800 + 800 + 500, "USD")
    assert figures.spend == Money(2_700 + 540, "USD")
    assert figures.roi == Fraction(27_500 - 3_240, 3_240)
    assert figures.conversion_rate == Fraction(3, 10)
    assert figures.click_through_rate == Fraction(1, 4)
    assert figures.epc == Money(270, "USD")


def test_it_equals_the_books(busy: Market) -> None:
    books = busy.books()
    figures = total(of(busy.pia))
    assert figures.earnings.amount == books["pending"]
    assert figures.fees.amount == books["fee pending"]
    assert 100_000 - total(of(busy.ada)).spend.amount == books["funds"]


def test_it_adds_bonuses_to_earnings_and_spend(busy: Market) -> None:
    busy.bonus(1_000)
    assert total(of(busy.pia)).earnings == Money(3_700, "USD")
    assert total(of(busy.ada)).spend == Money(3_240 + 1_200, "USD")


def test_it_gives_an_agency_the_figures_of_its_clients(busy: Market, otto: Member) -> None:
    assert total(of(otto)) == total(of(busy.ada))
    assert Overview.asked(otto.organization, {}).clients() == {busy.ada.organization.pk: [total(of(busy.ada))]}


def test_it_gives_strangers_nothing(busy: Market, mallory: Member) -> None:
    assert total(of(mallory)) == Figures("USD")


def test_it_sums_days_to_the_total(busy: Market) -> None:
    days = daily(of(busy.ada))
    assert len(days) == 30
    assert sum((figures for _, figures in days), Figures("USD")) == total(of(busy.ada))


def test_it_groups_by_campaign_and_by_partnership(busy: Market) -> None:
    busy.bonus(1_000)
    assert grouped(of(busy.ada), BY_CAMPAIGN) == {busy.campaign.pk: total(of(busy.ada))}
    assert grouped(of(busy.ada), BY_PARTNERSHIP) == {busy.partnership.pk: total(of(busy.ada))}


def test_it_leaves_a_rate_without_denominator_empty() -> None:
    nothing = Figures("USD")
    assert (nothing.roi, nothing.epc, nothing.conversion_rate, nothing.average_order) == (None, None, None, None)


def test_it_offers_the_currencies_of_the_campaigns(busy: Market) -> None:
    assert Overview.asked(busy.ada.organization, {"currency": "XXX"}).currency == "USD"
    assert Overview.asked(busy.ada.organization, {}).currencies == ["USD"]


@pytest.mark.parametrize(("asked", "length"), [("7", 7), ("90", 90), ("", 30), ("365", 30), ("x", 30), (None, 30)])
def test_it_takes_only_periods_that_are_offered(asked: str | None, length: int) -> None:
    assert Period.asked(asked).length == length
