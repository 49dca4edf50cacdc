"""What people decide about commissions, what that posts, and what they cannot do any more."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from network import organizations
from network.models import AuditEntry
from network.money import Money
from payouts import commissions, ledger, proof, tasks
from payouts.booking import AlreadyDecided
from payouts.commissions import FullyRefunded, NoteNeeded, NothingToRefund, ReasonNeeded, Unfunded
from payouts.models import TRANSITIONS, Commission, CommissionStatus, Reason
from tests.payouts.market import MICRO, Market, OpenMarket
from tracking.refunds import RefundExceedsSale

Status = CommissionStatus
AFTER_APPROVAL = {"funds": 99_040, "payable": 800, "fee": 160, "cash": -100_000}
PENDING = {"funds": 99_040, "pending": 800, "fee pending": 160, "cash": -100_000}
NOTHING = {"funds": 100_000, "cash": -100_000}


def test_it_approves(market: Market) -> None:
    commission = commissions.approve(market.sell("1001"), by=market.ada.actor)

    assert (commission.status, commission.decided_by) == (Status.APPROVED, market.ada.user)
    assert commission.approved_at
    assert market.books() == AFTER_APPROVAL
    assert AuditEntry.objects.get(action="commission.approved").subject == market.ada.organization


def test_it_does_not_approve_twice(market: Market) -> None:
    commission = commissions.approve(market.sell("1001"), by=market.ada.actor)

    with pytest.raises(AlreadyDecided):
        commissions.approve(commission, by=market.ada.actor)
    assert market.books() == AFTER_APPROVAL


def test_it_does_not_approve_what_is_unfunded(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=100)

    with pytest.raises(Unfunded):
        commissions.approve(market.sell("1001"), by=market.ada.actor)


def test_it_does_not_approve_what_was_fully_refunded(market: Market) -> None:
    commission = market.sell("1001")
    market.refund("1001")

    with pytest.raises(FullyRefunded):
        commissions.approve(commission, by=market.ada.actor)


def test_it_declines_with_a_reason_and_returns_exactly_the_net(market: Market) -> None:
    commission = market.sell("1001")
    market.refund("1001", 2_500)
    commission = commissions.decline(commission, reason="order_cancelled", note="Bank said no", by=market.ada.actor)

    assert (commission.status, commission.reason, commission.note) == ("declined", "order_cancelled", "Bank said no")
    assert market.books() == NOTHING
    last = ledger.movements("commission", commission.public_id)[-2:]
    assert [(move.kind, move.amount.amount) for move in last] == [
        ("commission.declined", 600),
        ("commission.declined", 120),
    ]


@pytest.mark.parametrize(
    ("reason", "note", "error"), [("", "", ReasonNeeded), ("unfunded", "", ReasonNeeded), ("other", " ", NoteNeeded)]
)
def test_it_does_not_decline_without_a_reason(market: Market, reason: str, note: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        commissions.decline(market.sell("1001"), reason=reason, note=note, by=market.ada.actor)
    assert market.books() == PENDING


def test_it_does_not_decline_what_is_approved(market: Market) -> None:
    commission = commissions.approve(market.sell("1001"), by=market.ada.actor)

    with pytest.raises(AlreadyDecided):
        commissions.decline(commission, reason="order_cancelled", by=market.ada.actor)
    assert market.books() == AFTER_APPROVAL


def test_it_reverses_what_is_approved(market: Market) -> None:
    commission = commissions.approve(market.sell("1001"), by=market.ada.actor)
    commission = commissions.reverse(commission, reason="breach_of_terms", by=market.ada.actor)

    assert commission.status == Status.REVERSED
    assert market.books() == NOTHING


@pytest.mark.parametrize("approved", [False, True])
def test_it_holds_and_releases_to_what_it_was(market: Market, *, approved: bool) -> None:
    commission = market.sell("1001")
    if approved:
        commissions.approve(commission, by=market.ada.actor)
    before = market.books()

    commissions.hold(commission, note="Same address", by=market.nima.actor)
    assert market.books() == {"funds": 99_040, "held": 800, "fee pending": 160, "cash": -100_000}

    released = commissions.release(commission, by=market.nima.actor)
    assert released.status == (Status.APPROVED if approved else Status.PENDING)
    assert market.books() == before


def test_it_does_not_release_what_is_unfunded(open_market: OpenMarket) -> None:
    market = open_market({"sale": (0, 800)}, funds=100)

    with pytest.raises(Unfunded):
        commissions.release(market.sell("1001"), by=market.nima.actor)


def test_it_follows_a_refund_while_on_hold(market: Market) -> None:
    commissions.hold(market.sell("1001"), note="Same address", by=market.nima.actor)
    market.refund("1001", 2_500)

    assert market.books() == {"funds": 99_280, "held": 600, "fee pending": 120, "cash": -100_000}


def test_it_records_a_refund_from_the_page(market: Market) -> None:
    commission = market.sell("1001")
    commissions.refund(commission, amount=Money(2_500, "USD"), reason="Too small", by=market.ada.actor)

    assert market.commission().amount == 600
    with pytest.raises(RefundExceedsSale):
        commissions.refund(commission, amount=Money(7_501, "USD"), by=market.ada.actor)
    commissions.refund(commission, amount=None, by=market.ada.actor)
    assert market.books() == NOTHING


def test_it_does_not_refund_clicks(open_market: OpenMarket) -> None:
    market = open_market({"click": (10 * MICRO, 0)})
    market.happen("click", 2)
    market.settle()

    with pytest.raises(NothingToRefund):
        commissions.refund(market.commission(), amount=None, by=market.ada.actor)


def test_it_decides_about_each_of_many_on_its_own(market: Market) -> None:
    approved, open_ = market.sell("1001"), market.sell("1002")
    commissions.approve(approved, by=market.ada.actor)

    bulk = commissions.each([approved, open_], lambda one: commissions.approve(one, by=market.ada.actor))

    assert bulk.done == 1
    assert [(one, type(error)) for one, error in bulk.refused] == [(approved, AlreadyDecided)]


def test_it_approves_when_the_validation_period_is_over(market: Market) -> None:
    over, open_ = market.sell("1001"), market.sell("1002")
    assert over.validate_until - over.conversion.occurred_at == timedelta(days=30)  # type: ignore[union-attr]
    Commission.objects.filter(pk=over.pk).update(validate_until=timezone.now())

    tasks.approve_due()

    over.refresh_from_db()
    open_.refresh_from_db()
    assert (over.status, over.decided_by, open_.status) == (Status.APPROVED, None, Status.PENDING)


def test_it_never_approves_by_itself_what_only_a_browser_reported(market: Market) -> None:
    commission = market.sell("1001", channel="pixel")
    Commission.objects.update(validate_until=timezone.now())

    tasks.approve_due()

    commission.refresh_from_db()
    assert commission.status == Status.PENDING
    commissions.approve(commission, by=market.ada.actor)  # a person may


def test_it_lets_a_suspended_publishers_commissions_wait(market: Market) -> None:
    kept, declined = market.sell("1001"), market.sell("1002")
    Commission.objects.update(validate_until=timezone.now())
    organizations.suspend(market.pia.organization, reason="Bought traffic", by=market.nima.actor)

    tasks.approve_due()

    kept.refresh_from_db()
    assert kept.status == Status.PENDING
    commissions.decline(declined, reason=Reason.BREACH_OF_TERMS, by=market.nima.actor)  # a person may
    organizations.reactivate(market.pia.organization, reason="It was somebody else", by=market.nima.actor)
    tasks.approve_due()
    kept.refresh_from_db()
    declined.refresh_from_db()
    assert (kept.status, declined.status) == (Status.APPROVED, Status.DECLINED)
    assert market.books()["payable"] == 800


def test_it_closes_what_was_fully_refunded_at_the_end_of_the_period(market: Market) -> None:
    commission = market.sell("1001")
    market.refund("1001")
    Commission.objects.update(validate_until=timezone.now())

    tasks.approve_due()

    commission.refresh_from_db()
    assert (commission.status, commission.reason) == (Status.DECLINED, "refunded")


@pytest.mark.parametrize("before", Status.values)
def test_it_knows_no_other_change_of_status(market: Market, before: str) -> None:
    """The trigger and the table of transitions say the same about every pair."""
    commission = market.sell("1001")
    for after in Status.values:
        with transaction.atomic():
            _force(commission, before)
            if after in TRANSITIONS[before] or after == before:
                Commission.objects.filter(pk=commission.pk).update(status=after)
            else:
                with pytest.raises(IntegrityError, match="does not go from"), transaction.atomic():
                    Commission.objects.filter(pk=commission.pk).update(status=after)


def _force(commission: Commission, status: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE payouts_commission DISABLE TRIGGER commission_lifecycle")
        cursor.execute("UPDATE payouts_commission SET status = %s WHERE id = %s", [status, commission.pk])
        cursor.execute("ALTER TABLE payouts_commission ENABLE TRIGGER commission_lifecycle")


def test_it_finds_a_commission_that_no_longer_fits_the_books(market: Market) -> None:
    commission = market.sell("1001")
    Commission.objects.filter(pk=commission.pk).update(amount=801)

    assert {finding.check for finding in proof.verify()} == {
        "pending balance differs from the publisher's pending commissions",
        "advertiser's balance differs from top-ups less commissions, bonuses and fees",
        "commission differs from its postings",
    }
