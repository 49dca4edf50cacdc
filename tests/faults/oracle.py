"""What must be stored and owed after it all, worked out from the shoppers' journals alone.

lost = acknowledged but not stored    twice = stored more than once    phantom = stored but never sent
"""

from collections import Counter
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal

from django.db.models import Sum

from payouts import proof
from payouts.models import Commission
from tests.faults.shoppers import Crowd, Shopper, State
from tests.payouts.market import MICRO, Market, Rules
from tracking.models import Click, Conversion, DailyCount, Postback, Refund

RULES: Rules = {"click": (MICRO, 0), "sale": (100 * MICRO, 250)}
"""One cent per click; 1.00 and 2.5% of what is left of a sale. The network's fee is 20% on each commission."""
FUNDS = 10**9


def check(crowd: Crowd, market: Market) -> None:
    assert crowd.surprises == []
    days = check_clicks(crowd)
    check_reports(crowd)
    check_money(crowd, market, days)


def check_clicks(crowd: Crowd) -> Counter[date]:
    """The clicks of each day. One of which the visitor never heard may be there or not, but once at most."""
    acked = {
        (click.at_ms, click.signed_nonce): shopper.number for shopper in crowd.shoppers for click in shopper.clicks
    }
    rows = list(Click.objects.values_list("at", "nonce", "subs", "verdict", "reasons"))
    stored = {(round(at.timestamp() * 1000), nonce): int(subs[0]) for at, nonce, subs, *_ in rows}
    broken = Counter({shopper.number: shopper.steps[0].broken for shopper in crowd.shoppers})
    unheard = Counter(number for key, number in stored.items() if key not in acked)

    lost, twice, phantom = acked.keys() - stored.keys(), len(rows) - len(stored), unheard - broken
    assert (lost, twice, phantom) == (set(), 0, Counter())
    assert {stored[key] == number for key, number in acked.items()} == {True}
    assert {(verdict, *reasons) for *_, verdict, reasons in rows} == {("valid",)}

    days = Counter(datetime.fromtimestamp(at_ms / 1000, UTC).date() for at_ms, _nonce in stored)
    counted = DailyCount.objects.values_list("day").annotate(Sum("clicks"), Sum("invalid_clicks"), Sum("impressions"))
    assert sorted(counted) == sorted((day, count, 0, 0) for day, count in days.items())
    return days


def check_reports(crowd: Crowd) -> None:
    """By now all of them are acknowledged: what is stored is exactly that."""
    assert all(shopper.is_done for shopper in crowd.shoppers)
    buyers = [shopper for shopper in crowd.shoppers if shopper.amount]
    stored = Counter(Conversion.objects.values_list("order_id", "amount", "attribution__click_nonce"))
    # A click id that was answered is the one that the shop reports.
    assert stored == Counter((each.order, each.amount, each.clicks[-1].signed_nonce) for each in buyers)
    returned = Counter(Refund.objects.values_list("order_id", "refund_id", "amount", "conversion__order_id"))
    assert returned == Counter((each.order, "r1", each.refunded, each.order) for each in buyers if each.refunded)
    assert Postback.objects.filter(accepted=True).count() == stored.total() + returned.total()


def check_money(crowd: Crowd, market: Market, days: Counter[date]) -> None:
    earned = {shopper.order: commission(shopper) for shopper in crowd.shoppers if shopper.amount}
    assert dict(Commission.objects.filter(goal__code="sale").values_list("conversion__order_id", "amount")) == earned
    by_day = dict(Commission.objects.filter(goal__code="click").values_list("day", "amount"))
    assert by_day == days  # a cent each
    assert Commission.objects.count() == len(earned) + len(by_day)

    amounts = [*earned.values(), *by_day.values()]
    pending, fees = sum(amounts), sum(map(fee, amounts))
    funds = FUNDS - pending - fees
    assert market.books() == {"funds": funds, "pending": pending, "fee pending": fees, "cash": -FUNDS}
    assert proof.verify() == []


def commission(shopper: Shopper) -> int:
    left = shopper.amount - shopper.refunded
    return rounded(Decimal(100) + Decimal(left) * 25 / 1000) if left else 0


def fee(amount: int) -> int:
    return rounded(Decimal(amount) / 5)


def rounded(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


def summary(crowd: Crowd) -> str:
    states = Counter(f"{step.kind} {step.state}" for shopper in crowd.shoppers for step in shopper.steps)
    broken = sum(step.broken for shopper in crowd.shoppers for step in shopper.steps)
    unfinished = [each.number for each in crowd.shoppers if each.was("sale", State.UNKNOWN, State.FAILED)]
    return f"{dict(states)}, {broken} broken off, sales to retry: {unfinished}"
