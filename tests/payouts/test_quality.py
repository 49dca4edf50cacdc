"""A verdict that changes changes the money, exactly; each step back and forth is in the books."""

from datetime import timedelta

import pytest
from django.utils import timezone

from payouts import commissions
from payouts.models import Commission, Reason
from tests.payouts.market import Market, OpenMarket
from tests.tracking import stage
from tracking.models import Conversion, DailyCount, QualityAppeal, QualityCase
from tracking.quality import cases
from tracking.quality.rules import Category

FREE = {"funds": 100_000}
HELD = {"funds": 99_040, "held": 800, "fee pending": 160}
PENDING = {"funds": 99_040, "pending": 800, "fee pending": 160}
APPROVED = {"funds": 99_040, "payable": 800, "fee": 160}


@pytest.fixture
def hasty(market: Market) -> Market:
    """A sale of 100.00 two seconds after its click."""
    market.sell("A-1", clicked_at=timezone.now() - timedelta(seconds=2))
    return market


def shown(books: dict[str, int]) -> dict[str, int]:
    return {name: amount for name, amount in books.items() if name != "cash"}


def case() -> QualityCase:
    return QualityCase.objects.get(rule="R10")


def test_it_holds_the_commission_of_a_suspect_sale(hasty: Market) -> None:
    assert shown(hasty.books()) == HELD
    assert (hasty.commission().status, hasty.commission().reason) == ("held", Reason.SUSPECT)


def test_a_cleared_case_releases_it(hasty: Market) -> None:
    cases.clear(case(), by=hasty.nima.actor)
    hasty.settle()
    assert shown(hasty.books()) == PENDING
    assert (hasty.commission().status, hasty.commission().reason) == ("pending", "")
    commissions.approve(hasty.commission(), by=hasty.ada.actor)
    assert shown(hasty.books()) == APPROVED


def test_a_declined_case_takes_it_back(hasty: Market) -> None:
    cases.decline(case(), category=Category.TIMING, by=hasty.nima.actor)
    hasty.settle()
    assert shown(hasty.books()) == FREE
    assert (hasty.commission().status, hasty.commission().reason) == ("declined", Reason.INVALID)
    assert Conversion.objects.get().reason == "too_fast"


def test_an_accepted_appeal_pays_after_all(hasty: Market) -> None:
    cases.decline(case(), category=Category.TIMING, by=hasty.nima.actor)
    hasty.settle()
    cases.appeal(case(), text="She had the page open.", by=hasty.pia.actor)
    cases.answer(QualityAppeal.objects.get(), accept=True, text="You are right.", by=hasty.nima.actor)
    hasty.settle()
    assert shown(hasty.books()) == PENDING
    first, second = Commission.objects.order_by("pk")
    assert (first.status, first.amount, second.status, second.amount) == ("declined", 0, "pending", 800)
    hasty.settle()
    assert Commission.objects.count() == 2
    assert case().status == "cleared"


def test_a_rejected_appeal_changes_nothing(hasty: Market) -> None:
    cases.decline(case(), category=Category.TIMING, by=hasty.nima.actor)
    cases.appeal(case(), text="No!", by=hasty.pia.actor)
    cases.answer(QualityAppeal.objects.get(), accept=False, text="It was a script.", by=hasty.nima.actor)
    hasty.settle()
    assert shown(hasty.books()) == FREE
    assert case().status == "declined"


def test_doubts_that_come_later_hold_what_is_pending_or_approved(market: Market) -> None:
    commission = market.sell("A-1")
    Conversion.objects.update(verdict="suspect", reason="velocity", needs_settling=True)
    market.settle()
    assert shown(market.books()) == HELD
    Conversion.objects.update(verdict="valid", reason="", needs_settling=True)
    market.settle()
    assert shown(market.books()) == PENDING

    commissions.approve(commission, by=market.ada.actor)
    Conversion.objects.update(verdict="suspect", reason="velocity", needs_settling=True)
    market.settle()
    assert shown(market.books()) == HELD
    Conversion.objects.update(verdict="valid", reason="", needs_settling=True)
    market.settle()
    assert shown(market.books()) == APPROVED
    assert market.commission().status == "approved"


def test_an_approved_one_that_turns_out_invalid_is_reversed(market: Market) -> None:
    commissions.approve(market.sell("A-1"), by=market.ada.actor)
    Conversion.objects.update(verdict="invalid", reason="velocity", needs_settling=True)
    market.settle()
    assert shown(market.books()) == FREE
    assert (market.commission().status, market.commission().reason) == ("reversed", Reason.INVALID)
    Conversion.objects.update(verdict="valid", reason="", needs_settling=True)
    market.settle()
    assert shown(market.books()) == PENDING


def test_releasing_one_commission_by_hand_settles_its_verdict(hasty: Market) -> None:
    commissions.release(hasty.commission(), by=hasty.nima.actor)
    hasty.settle()
    assert shown(hasty.books()) == PENDING
    assert Conversion.objects.get().verdict == "valid"


def test_declining_one_by_hand_is_final(hasty: Market) -> None:
    commissions.decline(hasty.commission(), reason=Reason.BREACH_OF_TERMS, by=hasty.nima.actor)
    cases.clear(case(), by=hasty.nima.actor)
    hasty.settle()
    assert shown(hasty.books()) == FREE
    assert Commission.objects.count() == 1


def test_one_case_of_two_that_hold_a_sale_releases_nothing_alone(market: Market) -> None:
    now = timezone.now()
    for order in ("A-1", "A-2"):
        market.report(order, clicked_at=now - timedelta(seconds=2), kept={"gaid": "one"})
    assert Conversion.objects.filter(verdict="suspect").count() == 2
    cases.clear(case(), by=market.nima.actor)
    assert Conversion.objects.get(verdict="suspect").order_id == "A-2"
    cases.clear(QualityCase.objects.get(rule="R16"), by=market.nima.actor)
    assert not Conversion.objects.filter(verdict="suspect").exists()


def test_clicks_that_turn_out_invalid_are_paid_back_to_the_last_one(open_market: OpenMarket) -> None:
    market = open_market({"click": (10 * 1_000_000, 0)})
    stage.send(market.redis, *(stage.event(market.link, ip=f"198.51.100.{n}") for n in range(5)))
    stage.ingest(market.redis)
    market.settle()
    assert shown(market.books()) == {"funds": 99_940, "pending": 50, "fee pending": 10}
    DailyCount.objects.update(clicks=0, invalid_clicks=5, needs_settling=True)
    market.settle()
    assert shown(market.books()) == FREE
