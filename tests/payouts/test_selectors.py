from datetime import timedelta

from django.utils import timezone

from network.models import NetworkSettings
from payouts import commissions, selectors
from payouts.models import Commission
from tests.cast import Member
from tests.payouts.market import Market, OpenMarket


def test_it_warns_of_a_balance_that_lasts_less_than_the_days_set(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=10_000)
    market.sell("1001", 35_000)  # 28.00 and 5.60: 33.60 in seven days, 4.80 a day; 66.40 are left
    assert selectors.low_balances(market.ada.organization) == []

    NetworkSettings.objects.update(low_balance_days=14)
    [low] = selectors.low_balances(market.ada.organization)
    assert (low.available.amount, low.daily.amount, low.days, low.due.amount) == (6_640, 480, 13, 0)


def test_it_forgets_spend_of_long_ago(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=10_000)
    market.sell("1001", 100_000)
    Commission.objects.update(created_at=timezone.now() - timedelta(days=8))

    assert selectors.low_balances(market.ada.organization) == []


def test_it_warns_when_commissions_wait_for_money(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=0)
    market.sell("1001", 10_000)

    [low] = selectors.low_balances(market.ada.organization)
    assert (low.organization, low.due.amount, low.days) == (market.ada.organization, 960, None)


def test_it_warns_an_agency_of_its_clients_only(open_market: OpenMarket, otto: Member, mallory: Member) -> None:
    market = open_market({"sale": (0, 800)}, funds=0)
    market.sell("1001", 10_000)

    assert [low.organization for low in selectors.low_balances(otto.organization)] == [market.ada.organization]
    assert selectors.low_balances(mallory.organization) == []
    assert selectors.low_balances(market.pia.organization) == []


def test_it_counts_what_waits_for_validation(market: Market) -> None:
    market.sell("1001", 10_000)
    market.sell("1002", 5_000)
    commissions.approve(market.sell("1003", 5_000), by=market.ada.actor)
    market.sell("1004", 5_000)
    market.refund("1004")

    [waiting] = selectors.waiting_for_validation(market.ada.organization)
    assert (waiting.organization, waiting.count, waiting.amount.amount) == (market.ada.organization, 2, 1_200)
    assert selectors.waiting_for_validation(market.pia.organization) == []


def test_it_sums_up_by_publisher_and_status(market: Market) -> None:
    market.sell("1001", 10_000)
    market.sell("1002", 5_000)
    commissions.approve(market.sell("1003", 5_000), by=market.ada.actor)
    found = selectors.commissions(market.ada.organization)

    totals = selectors.totals(found, "publisher")
    assert [(one.key, one.status, one.count, one.amount.amount, one.fee.amount) for one in totals] == [
        (market.pia.organization.pk, "approved", 1, 400, 80),
        (market.pia.organization.pk, "pending", 2, 1_200, 240),
    ]
    assert [one.cost.amount for one in selectors.totals(found, "day")] == [480, 1_440]


def test_it_accounts_for_all_that_was_paid_in(market: Market) -> None:
    market.sell("1001", 10_000)
    commissions.approve(market.sell("1002", 5_000), by=market.ada.actor)
    market.bonus(1_000)

    [spending] = selectors.spending(market.ada.organization)
    assert (spending.available.amount, spending.reserved.amount, spending.spent.amount) == (97_360, 960, 1_680)
    assert spending.paid_in == spending.available + spending.reserved + spending.spent

    [earnings] = selectors.earnings(market.pia.organization)
    assert (earnings.payable.amount, earnings.pending.amount, earnings.held.amount) == (1_400, 800, 0)
