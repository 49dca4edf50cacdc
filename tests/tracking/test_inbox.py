"""The loop over the inbox: many reports in one go, and none of them in the way of the others."""

from threading import Event as Flag

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from advertisers import campaigns
from advertisers.models import Campaign, Objective
from publishers.models import TrackingLink
from tests.cast import Member
from tests.tracking.stage import click_id, conversion, refund, report, status
from tracking.ingest.inbox import Inbox
from tracking.models import Conversion, Postback
from tracking.outcomes import Outcome


@pytest.fixture
def inbox() -> Inbox:
    return Inbox(Flag())


def outcomes() -> dict[str, int]:
    found: dict[str, int] = {}
    for outcome in Postback.objects.values_list("outcome", flat=True):
        found[outcome] = found.get(outcome, 0) + 1
    return found


def queries(inbox: Inbox, campaign: Campaign, link: TrackingLink, first: int, number: int) -> int:
    for order in range(first, first + number):
        report(campaign, f"A-{order}", click_id=click_id(link))
    with CaptureQueriesContext(connection) as context:
        assert inbox.turn() == number
    return len(context)


def test_it_takes_many_reports_in_a_handful_of_queries(inbox: Inbox, campaign: Campaign, link: TrackingLink) -> None:
    queries(inbox, campaign, link, 0, 1)
    inbox.next_fill = inbox.next_sweep = float("inf")  # what it does every few seconds beside
    few, many = queries(inbox, campaign, link, 1, 2), queries(inbox, campaign, link, 3, 100)
    assert many == few
    assert Conversion.objects.count() == 103


def test_it_leaves_one_that_fails_and_takes_the_others(inbox: Inbox, campaign: Campaign, link: TrackingLink) -> None:
    for number in range(20):
        amount = -5 if number in {3, 17} else 5_000  # the edge would not accept it
        report(campaign, f"A-{number}", click_id=click_id(link), amount=amount)

    assert inbox.turn() == 18

    assert outcomes() == {Outcome.CONVERTED: 18, Outcome.FAILED: 2}
    assert set(Postback.objects.filter(processed_at=None).values_list("outcome", flat=True)) == {Outcome.FAILED}
    assert inbox.turn() == 0


def test_it_tries_failed_ones_again_with_the_sweep(inbox: Inbox, campaign: Campaign, link: TrackingLink) -> None:
    broken = report(campaign, "A-1", click_id=click_id(link), amount=-5)
    inbox.turn()
    Postback.objects.filter(pk=broken.pk).update(fields=broken.fields | {"amount": 5_000})
    assert inbox.turn() == 0
    inbox.next_sweep = 0.0
    assert inbox.turn() == 1
    assert outcomes() == {Outcome.CONVERTED: 1}


def test_it_takes_the_reports_of_one_order_in_their_order(inbox: Inbox, campaign: Campaign, link: TrackingLink) -> None:
    lead = report(campaign, "A-1", click_id=click_id(link), goal="lead", amount=None)
    refund(campaign, "A-1", 1_000)
    status(campaign, "A-1", "approved")
    report(campaign, "A-1", click_id=click_id(link), channel="pixel", amount=9_000)
    report(campaign, "A-1")
    refund(campaign, "A-1", 1_000)
    status(campaign, "A-1", "declined", goal="sale", reason="Out of stock")

    assert inbox.turn() == 7

    assert list(Postback.objects.order_by("received_at").values_list("outcome", flat=True)) == [
        "converted",
        "refunded",
        "status_changed",
        "converted",
        "confirmed",
        "duplicate",
        "status_changed",
    ]
    sale = conversion("A-1")
    assert (sale.amount, sale.is_trusted, sale.reported_status, sale.reported_reason) == (
        5_000,
        True,
        "declined",
        "Out of stock",
    )
    assert sale.refunds.get().amount == 1_000  # taken over from the lead, which has no amount
    assert (conversion("A-1", "lead").pk, conversion("A-1", "lead").reported_status) == (lead.id, "approved")


def test_nobody_waits_behind_a_campaign_with_a_flood(
    inbox: Inbox, campaign: Campaign, ada: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracking.ingest.inbox.LIMIT", 10)
    other = campaigns.create(
        ada.organization,
        name="Ada's other shop",
        objective=Objective.SALES,
        landing_url="https://other.example.com/",
        currency="USD",
        by=ada.actor,
    )
    for number in range(30):
        report(campaign, f"A-{number}", coupon="NONE")
    for number in range(3):
        report(other, f"B-{number}", coupon="NONE")

    def left() -> tuple[int, int]:
        waiting = Postback.objects.filter(processed_at=None)
        return waiting.filter(campaign_id=campaign.pk).count(), waiting.filter(campaign_id=other.pk).count()

    seen = [(inbox.turn(), left()) for _ in range(5)]
    assert seen == [(10, (20, 3)), (3, (20, 0)), (10, (10, 0)), (10, (0, 0)), (0, (0, 0))]
