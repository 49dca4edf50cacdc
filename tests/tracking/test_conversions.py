"""What becomes of reports. They are processed in the order of the call unless a test says otherwise."""

from datetime import UTC, date, datetime, timedelta
from itertools import permutations

import pytest
from django.utils import timezone
from redis import Redis

from advertisers.models import Campaign
from publishers.models import TrackingLink
from tests.tracking.stage import (
    GOOGLEBOT,
    click_id,
    conversion,
    event,
    ingest,
    process,
    refund,
    report,
    send,
    status,
)
from tracking import reconcile
from tracking.models import Attribution, Channel, Conversion, Postback, Refund
from tracking.outcomes import Outcome

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def test_it_turns_a_report_into_an_attributed_conversion(redis: Redis, campaign: Campaign, link: TrackingLink) -> None:
    clicked_at = NOW - timedelta(days=2)
    send(redis, event(link, clicked_at, n=7))
    ingest(redis)
    postback = report(
        campaign,
        "A-1",
        received_at=NOW,
        click_id=click_id(link, clicked_at, nonce=7),
        customer="new",
        coupon="MAY",
        items=[{"sku": "x", "quantity": 2}],
        occurred_at="2026-11-20T11:59:00+00:00",
    )

    assert process(postback) == [Outcome.CONVERTED]

    found = Conversion.objects.get()
    assert found.pk == postback.id
    assert (found.order_id, found.goal.code, found.amount, found.currency) == ("A-1", "sale", 5_000, "USD")
    assert (found.partnership, found.link, found.creative) == (link.partnership, link, None)
    assert (found.subs, found.customer, found.coupon) == (["newsletter", "may"], "new", "MAY")
    assert found.items == [{"sku": "x", "quantity": 2}]
    assert (found.occurred_at, found.day) == (NOW - timedelta(minutes=1), date(2026, 11, 20))
    assert (found.received_at, found.channel, found.is_trusted, found.is_test) == (NOW, "server", True, False)
    assert (found.verdict, found.reason, found.flags, found.needs_settling) == ("valid", "", [], True)
    note = found.attribution
    assert (note.clicked_at, note.click_nonce, note.window_days) == (clicked_at, 7, 30)
    assert (note.method, note.code) == ("last_click", "attributed")
    written = Postback.objects.get()
    assert written.processed_at is not None
    assert (written.outcome, written.conversion_id) == ("converted", found.pk)


def test_it_processes_a_report_once(campaign: Campaign, link: TrackingLink) -> None:
    postback = report(campaign, "A-1", click_id=click_id(link))
    assert process(postback, postback) == [Outcome.CONVERTED, None]
    assert Conversion.objects.count() == 1


def test_it_leaves_rejected_calls_alone(campaign: Campaign, link: TrackingLink) -> None:
    postback = report(campaign, "A-1", click_id=click_id(link))
    Postback.objects.update(accepted=False)
    assert process(postback) == [None]
    assert not Conversion.objects.exists()


def test_it_counts_the_day_in_the_campaigns_time_zone(campaign: Campaign, link: TrackingLink) -> None:
    Campaign.objects.update(time_zone="Asia/Tehran")
    late = datetime(2026, 11, 20, 20, 30, tzinfo=UTC)
    clicked = click_id(link, late - timedelta(hours=1))
    process(report(campaign, "A-1", received_at=late - timedelta(milliseconds=1), click_id=clicked))
    process(report(campaign, "A-2", received_at=late, click_id=clicked))
    assert (conversion("A-1").day, conversion("A-2").day) == (date(2026, 11, 20), date(2026, 11, 21))


def test_it_records_what_nobody_earns(campaign: Campaign) -> None:
    assert process(report(campaign, "A-1", coupon="MAY")) == [Outcome.UNPAID]
    found = conversion("A-1")
    assert (found.verdict, found.reason, found.partnership) == ("invalid", "no_click", None)
    assert found.attribution.code == "no_click"


def test_it_keeps_whose_click_came_too_early(campaign: Campaign, link: TrackingLink) -> None:
    late = report(campaign, "A-1", received_at=NOW, click_id=click_id(link, NOW - timedelta(days=30)))
    assert process(late) == [Outcome.UNPAID]
    found = conversion("A-1")
    assert (found.verdict, found.reason, found.partnership) == ("invalid", "outside_window", link.partnership)


def test_it_holds_a_conversion_of_a_robots_click(redis: Redis, campaign: Campaign, link: TrackingLink) -> None:
    at = timezone.now()
    send(redis, event(link, at, n=7, ua=GOOGLEBOT))
    ingest(redis)
    assert process(report(campaign, "A-1", click_id=click_id(link, at, 7))) == [Outcome.HELD]
    assert (conversion("A-1").verdict, conversion("A-1").reason) == ("suspect", "invalid_click")


def test_it_marks_tests(campaign: Campaign, link: TrackingLink) -> None:
    assert process(report(campaign, "A-1", click_id=click_id(link), test=True)) == [Outcome.TEST]
    assert conversion("A-1").is_test


@pytest.mark.parametrize("goal", ["click", "impression", "gone"])
def test_it_converts_reported_goals_only(campaign: Campaign, link: TrackingLink, goal: str) -> None:
    assert process(report(campaign, "A-1", click_id=click_id(link), goal=goal)) == [Outcome.UNKNOWN_GOAL]
    assert not Conversion.objects.exists()
    assert Postback.objects.get().processed_at


def test_it_keeps_two_goals_of_one_order_apart(campaign: Campaign, link: TrackingLink) -> None:
    clicked = click_id(link)
    process(
        report(campaign, "A-1", click_id=clicked, goal="lead", amount=None), report(campaign, "A-1", click_id=clicked)
    )
    assert (conversion("A-1", "lead").amount, conversion("A-1", "sale").amount) == (None, 5_000)


class TestSubIds:
    def test_it_fills_them_in_when_the_clicks_row_comes_late(
        self, redis: Redis, campaign: Campaign, link: TrackingLink
    ) -> None:
        at = timezone.now() - timedelta(minutes=1)
        process(report(campaign, "A-1", click_id=click_id(link, at, 7)))
        Conversion.objects.update(needs_settling=False)
        assert conversion("A-1").subs is None
        assert reconcile.fill_subs(since=at - timedelta(hours=1)) == 0

        send(redis, event(link, at, n=7, subs=["spool"]))
        ingest(redis)

        assert reconcile.fill_subs(since=at - timedelta(hours=1)) == 1
        assert (conversion("A-1").subs, conversion("A-1").verdict) == (["spool"], "valid")
        assert not conversion("A-1").needs_settling
        assert reconcile.fill_subs(since=at - timedelta(hours=1)) == 0

    def test_it_holds_the_conversion_when_that_row_is_a_robots(
        self, redis: Redis, campaign: Campaign, link: TrackingLink
    ) -> None:
        at = timezone.now() - timedelta(minutes=1)
        process(report(campaign, "A-1", click_id=click_id(link, at, 7)))
        Conversion.objects.update(needs_settling=False)
        send(redis, event(link, at, n=7, ua=GOOGLEBOT))
        ingest(redis)

        reconcile.fill_subs(since=at - timedelta(hours=1))

        found = conversion("A-1")
        assert (found.verdict, found.reason, found.needs_settling) == ("suspect", "invalid_click", True)


class TestBrowserAndServer:
    def test_it_lets_the_server_correct_the_browser(self, campaign: Campaign, link: TrackingLink) -> None:
        browser = report(campaign, "A-1", channel=Channel.PIXEL, click_id=click_id(link), amount=9_900)
        server = report(campaign, "A-1", amount=5_000, status="approved", reason="paid")
        assert process(browser) == [Outcome.CONVERTED]
        assert not conversion("A-1").is_trusted
        Conversion.objects.update(needs_settling=False)

        assert process(server) == [Outcome.CONFIRMED]

        found = Conversion.objects.get()
        assert (found.pk, found.amount, found.is_trusted, found.needs_settling) == (browser.id, 5_000, True, True)
        assert (found.partnership, found.reported_status, found.reported_reason) == (
            link.partnership,
            "approved",
            "paid",
        )
        assert Postback.objects.get(pk=server.pk).conversion_id == browser.id

    def test_it_takes_a_browser_after_the_server_as_a_duplicate(self, campaign: Campaign, link: TrackingLink) -> None:
        server = report(campaign, "A-1", click_id=click_id(link))
        browser = report(campaign, "A-1", channel=Channel.TAG, click_id=click_id(link), amount=9_900)
        assert process(server, browser) == [Outcome.CONVERTED, Outcome.DUPLICATE]
        found = Conversion.objects.get()
        assert (found.pk, found.amount, found.is_trusted) == (server.id, 5_000, True)

    def test_it_believes_the_servers_click_over_a_forged_one(
        self, campaign: Campaign, link: TrackingLink, second_link: TrackingLink
    ) -> None:
        forged = report(campaign, "A-1", channel=Channel.PIXEL, click_id=click_id(second_link))
        true = report(campaign, "A-1", click_id=click_id(link, timezone.now() - timedelta(hours=1), 7))
        process(forged, true)
        found = Conversion.objects.get()
        assert (found.partnership, found.link, found.flags) == (link.partnership, link, ["click_replaced"])
        assert Attribution.objects.get().click_nonce == 7

    def test_it_takes_no_status_from_a_browser(self, campaign: Campaign, link: TrackingLink) -> None:
        process(report(campaign, "A-1", channel=Channel.PIXEL, click_id=click_id(link), status="approved"))
        assert conversion("A-1").reported_status == ""
        change = status(campaign, "A-1", "approved", channel=Channel.TAG)
        assert process(change, refund(campaign, "A-1", channel=Channel.TAG)) == [Outcome.UNTRUSTED, Outcome.UNTRUSTED]
        assert conversion("A-1").reported_status == ""
        assert not Refund.objects.exists()


class TestStatus:
    def test_it_notes_what_the_advertiser_decided(self, campaign: Campaign, link: TrackingLink) -> None:
        process(report(campaign, "A-1", click_id=click_id(link)))
        Conversion.objects.update(needs_settling=False)
        change = status(campaign, "A-1", "declined", reason="Order cancelled")
        assert process(change) == [Outcome.STATUS_CHANGED]
        found = conversion("A-1")
        assert (found.reported_status, found.reported_reason) == ("declined", "Order cancelled")
        assert found.needs_settling
        assert Postback.objects.get(pk=change.pk).conversion_id == found.pk

    def test_it_waits_for_its_order(self, campaign: Campaign, link: TrackingLink) -> None:
        change = status(campaign, "A-1", "declined", reason="Out of stock")
        assert process(change) == [Outcome.STATUS_WAITS]
        process(report(campaign, "A-1", click_id=click_id(link)))
        assert (conversion("A-1").reported_status, conversion("A-1").reported_reason) == ("declined", "Out of stock")
        assert Postback.objects.get(pk=change.pk).outcome == Outcome.STATUS_CHANGED

    def test_it_concerns_one_goal_where_that_is_named(self, campaign: Campaign, link: TrackingLink) -> None:
        lead = report(campaign, "A-1", click_id=click_id(link), goal="lead", amount=None)
        process(
            lead, report(campaign, "A-1", click_id=click_id(link)), status(campaign, "A-1", "declined", goal="lead")
        )
        assert conversion("A-1", "lead").reported_status == "declined"
        assert conversion("A-1", "sale").reported_status == ""

    @pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
    def test_it_ends_with_the_newest_however_they_are_shuffled(
        self, campaign: Campaign, link: TrackingLink, order: tuple[int, ...]
    ) -> None:
        now = timezone.now()
        reports = [
            report(campaign, "A-1", click_id=click_id(link), status="approved", received_at=now),
            status(campaign, "A-1", "declined", received_at=now + timedelta(seconds=1)),
            status(campaign, "A-1", "approved", reason="paid after all", received_at=now + timedelta(seconds=2)),
        ]
        process(*(reports[number] for number in order))
        assert conversion("A-1").reported_status == "approved"
        assert conversion("A-1").reported_reason == "paid after all"


class TestFaults:
    def test_it_changes_nothing_when_it_fails(self, campaign: Campaign, link: TrackingLink) -> None:
        postback = report(campaign, "A-1", click_id=click_id(link), amount=-5)  # the edge would not accept it
        with pytest.raises(Exception, match="conversion_amount"):
            process(postback)
        assert Postback.objects.get().processed_at is None
        assert not Conversion.objects.exists()
