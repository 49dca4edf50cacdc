"""Many hands at the same money: nothing is spent twice, paid twice or lost, and no two hands wait for each other for ever."""

import random
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from threading import Barrier, Event
from typing import Any
from unittest.mock import patch

import psycopg
import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from payouts import accounts, accrual, booking, commissions, ledger, proof, tasks
from payouts.accounts import Account
from payouts.commissions import FullyRefunded
from payouts.ledger import InsufficientFunds, KeyReused, Move
from payouts.models import Commission, CommissionStatus
from tests import services
from tests.cast import Member
from tests.payouts.market import MICRO, Market, OpenMarket, market, open_market
from tests.races.hands import at_once
from tests.tracking import stage
from tracking.models import Conversion, DailyCount

__all__ = ["market", "open_market"]
pytestmark = pytest.mark.django_db(transaction=True)


def put(account: Account, amount: int, key: str) -> None:
    with transaction.atomic():
        ledger.post("test", key=key, moves=[Move(accounts.cash("USD"), account, amount)], source=Commission())


def take(account: Account, amount: int, key: str) -> None:
    with transaction.atomic():
        ledger.post("test", key=key, moves=[Move(account, accounts.network_fee("USD"), amount)], source=Commission())


def test_it_spends_a_balance_once(ada: Member) -> None:
    """D9: forty debits of 1.00 at once on 10.00: ten are covered."""
    funds = accounts.funds(ada.organization, "USD")
    put(funds, 1_000, "in")

    results = at_once(*(lambda number=number: take(funds, 100, f"out:{number}") for number in range(40)))

    assert Counter(type(result) for result in results) == {type(None): 10, InsufficientFunds: 30}
    assert ledger.balance(funds) == 0
    assert ledger.verify() == []


def test_without_a_floor_looking_before_spending_is_not_enough(pia: Member) -> None:
    """The control of the test above: an account without a floor, and forty hands that look first."""
    payable = accounts.payable(pia.organization, "USD")
    put(payable, 1_000, "in")
    looked = Barrier(40)

    def look_and_take(key: str) -> None:
        covered = ledger.balance(payable) >= 100
        looked.wait()
        if covered:
            take(payable, 100, key)

    at_once(*(lambda number=number: look_and_take(f"out:{number}") for number in range(40)))

    assert ledger.balance(payable) == -3_000


def test_it_writes_each_key_once(ada: Member) -> None:
    """D10: the same fifty keys from eight writers at once."""
    funds = accounts.funds(ada.organization, "USD")

    def write() -> int:
        keys = random.sample(range(50), 50)
        return sum(post_once(funds, f"key:{key}") for key in keys)

    results = at_once(*[write] * 8)

    assert sum(result for result in results if isinstance(result, int)) == 50
    assert ledger.balance(funds) == 50 * 7
    assert ledger.verify() == []


def post_once(account: Account, key: str) -> bool:
    with transaction.atomic():
        moves = [Move(accounts.cash("USD"), account, 7)]
        return ledger.post("test", key=key, moves=moves, source=Commission(public_id="x")).is_new


def test_it_never_waits_in_a_ring(nima: Member, ada: Member, pia: Member) -> None:
    """Eight writers, each entry over several guarded accounts in whatever order: no deadlock."""
    places = [accounts.pending(each.organization, "USD") for each in (nima, ada, pia)]
    places += [accounts.held(each.organization, "USD") for each in (nima, ada, pia)]
    for number, place in enumerate(places):
        put(place, 1_000_000, f"in:{number}")

    def write(writer: int) -> None:
        for number in range(25):
            order = random.sample(places, 4)
            moves = [Move(giver, taker, 1) for giver, taker in pairwise(order)]
            with transaction.atomic():
                ledger.post("test", key=f"{writer}:{number}", moves=moves, source=Commission())

    results = at_once(*(lambda writer=writer: write(writer) for writer in range(8)))

    assert results == [None] * 8
    assert sum(ledger.balance(place) for place in places) == 6_000_000
    assert ledger.verify() == []


def test_it_settles_each_conversion_once_with_many_workers(market: Market) -> None:
    for number in range(24):
        market.report(f"order-{number}", 10_000)

    results = at_once(*[tasks.settle_conversions] * 4)

    assert results == [None] * 4
    assert Commission.objects.count() == 24
    assert market.books() == {"funds": 76_960, "pending": 19_200, "fee pending": 3_840, "cash": -100_000}


def test_it_leaves_what_another_worker_has_at_hand(market: Market) -> None:
    for number in range(5):
        market.report(f"order-{number}", 10_000)
    orders = Conversion.objects.order_by("received_at").values_list("pk", flat=True)
    first, others = list(orders[:2]), list(orders[2:])
    with psycopg.connect(services.postgres.url(services.DATABASE)) as worker:
        worker.execute("SELECT 1 FROM tracking_conversion WHERE id = ANY(%s) FOR NO KEY UPDATE", [first])
        assert accrual.waiting_conversions(2, without=set()) == others[:2]
        assert accrual.settle_new(accrual.waiting_conversions(5, without=set())) == set(others)
    assert accrual.waiting_conversions(5, without=set()) == first


def test_without_the_lock_two_workers_make_the_same_commission(market: Market) -> None:
    """The control: both look before either writes; only the table's last line of defence holds."""
    conversion = market.report("1001", 10_000)
    looked, look = Barrier(2), accrual._existing

    def look_together(found: Conversion) -> list[Commission]:
        commissions = look(found)
        looked.wait()
        return commissions

    def unlocked(**_: object) -> Any:
        return Conversion.objects.all()

    with (
        patch.object(accrual, "_existing", look_together),
        patch.object(Conversion.objects, "select_for_update", unlocked),
    ):
        results = at_once(*[lambda: accrual.settle(conversion.pk)] * 2)

    assert sorted(type(result).__name__ for result in results) == [Commission.__name__, IntegrityError.__name__]
    assert market.books()["pending"] == 800


@pytest.mark.parametrize("round_", range(4))
def test_it_approves_and_refunds_at_the_same_instant_as_in_one_of_the_two_orders(market: Market, round_: int) -> None:
    """E15, with all of the sale refunded."""
    conversion = market.report("1001", 10_000)
    market.settle()
    commission = market.commission()
    refund = stage.refund(market.campaign, "1001")

    def approve() -> None:
        commissions.approve(commission, by=market.ada.actor)

    def give_back() -> None:
        stage.process(refund)
        accrual.settle(conversion.pk)

    approved, _ = at_once(approve, give_back)

    commission.refresh_from_db()
    if approved is None:
        assert (commission.status, commission.reason) == ("reversed", "refunded")
    else:
        assert isinstance(approved, FullyRefunded)
        assert (commission.status, commission.amount) == ("pending", 0)
    assert market.books() == {"funds": 100_000, "cash": -100_000}


def test_without_the_lock_an_approval_acts_on_what_is_no_longer_so(market: Market) -> None:
    """The control: the approval has read 8.00, then 2.00 are refunded; only the key of its entry stops it."""
    commission = market.sell("1001", 10_000)
    has_read, may_go_on = Event(), Event()

    def read_unlocked(one: Commission) -> Commission:
        found = Commission.objects.select_related("advertiser", "publisher", "plan", "rule").get(pk=one.pk)
        has_read.set()
        may_go_on.wait(10)
        return found

    def refund() -> None:
        has_read.wait(10)
        market.refund("1001", 2_500)
        may_go_on.set()

    with patch.object(booking, "lock", read_unlocked):
        approved, _ = at_once(lambda: commissions.approve(commission, by=market.ada.actor), refund)

    assert isinstance(approved, KeyReused)
    assert market.books() == {"funds": 99_280, "pending": 600, "fee pending": 120, "cash": -100_000}


def test_it_settles_a_day_to_the_last_click_while_clicks_come_in(open_market: OpenMarket) -> None:
    market = open_market({"click": (3 * MICRO, 0)})
    market.happen("click", 1)

    def click() -> None:
        for _ in range(40):
            DailyCount.objects.update(clicks=F("clicks") + 1, needs_settling=True)

    def settle() -> None:
        for _ in range(20):
            tasks.settle_days()

    assert at_once(click, click, settle, settle) == [None] * 4
    tasks.settle_days()

    assert market.commission().count == 81
    assert market.books() == {"funds": 100_000 - 243 - 49, "pending": 243, "fee pending": 49, "cash": -100_000}


def test_it_books_what_waited_once_when_top_up_and_worker_meet(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=0)
    for number in range(8):
        market.sell(f"order-{number}", 10_000)

    results = at_once(lambda: market.top_up(100_000), tasks.settle_conversions, tasks.settle_conversions)

    assert not [result for result in results if isinstance(result, Exception)]
    tasks.settle_conversions()
    assert market.books() == {"funds": 92_320, "pending": 6_400, "fee pending": 1_280, "cash": -100_000}


def test_it_approves_each_commission_once_with_many_workers(market: Market) -> None:
    for number in range(12):
        market.sell(f"order-{number}", 10_000)
    Commission.objects.update(validate_until=timezone.now() - timedelta(seconds=1))

    assert at_once(*[tasks.approve_due] * 3) == [None] * 3

    assert set(Commission.objects.values_list("status", flat=True)) == {CommissionStatus.APPROVED}
    assert market.books() == {"funds": 88_480, "payable": 9_600, "fee": 1_920, "cash": -100_000}
    assert proof.verify() == []
