from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest.mock import Mock
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from redis import Redis

from advertisers import plans
from advertisers.models import Campaign
from publishers.models import TrackingLink
from tests.cast import Member
from tests.tracking.stage import GOOGLEBOT, PHONE, STREAM, event, ingest, send, to_ms
from tracking.ingest import batches
from tracking.ingest.stream import Stream
from tracking.models import Click, DailyCount, Impression


def letters(redis: Redis) -> list[dict[bytes, bytes]]:
    found: Any = redis.xrange(f"{STREAM}:dead")
    return [letter for _, letter in found]


AT = datetime(2026, 11, 20, 12, 0, 0, 123_000, tzinfo=UTC)


def test_it_stores_a_click_as_the_edge_saw_it(redis: Redis, link: TrackingLink, campaign: Campaign) -> None:
    send(redis, event(link, AT, n=-(2**63), src="app"))

    assert ingest(redis) == batches.Result(stored=1)

    click = Click.objects.get()
    assert (click.campaign_id, click.at, click.nonce) == (campaign.pk, AT, -(2**63))
    assert (click.partnership_id, click.link_id, click.creative_id) == (link.partnership_id, link.pk, None)
    assert (click.subs, click.source, click.diverted) == (["newsletter", "may"], "app", "")
    assert (click.ip, click.user_agent, click.referrer) == ("192.0.2.7", PHONE, "https://blog.example/review")
    assert (click.device, click.system, click.browser, click.country) == ("phone", "iOS", "Mobile Safari", "")
    assert (click.verdict, click.reasons, click.consent, click.received_at) == ("valid", [], "granted", AT)
    assert redis.xlen(STREAM) == 0


def test_it_counts_what_it_stored(redis: Redis, link: TrackingLink, campaign: Campaign) -> None:
    send(redis, *(event(link, AT) for _ in range(3)), *(event(link, AT, t="impression") for _ in range(5)))
    send(redis, event(link, AT, ua=GOOGLEBOT), event(link, AT, t="impression", ua=GOOGLEBOT))
    send(redis, event(link, AT, div="campaign_paused"), event(link, AT, t="impression", div="campaign_paused"))

    assert ingest(redis) == batches.Result(stored=12)

    count = DailyCount.objects.get()
    assert (count.campaign_id, count.day, count.link_id) == (campaign.pk, date(2026, 11, 20), link.pk)
    assert (count.clicks, count.invalid_clicks, count.diverted_clicks) == (3, 1, 1)
    assert (count.impressions, count.invalid_impressions) == (5, 2)
    assert count.partnership_id == link.partnership_id
    assert count.needs_settling
    assert (Click.objects.count(), Impression.objects.count()) == (5, 7)


def test_it_counts_an_event_once_however_often_it_comes(redis: Redis, link: TrackingLink) -> None:
    events = [event(link, AT) for _ in range(20)]
    send(redis, *events, *events)
    assert ingest(redis) == batches.Result(stored=20, repeated=20)
    send(redis, *reversed(events))
    assert ingest(redis) == batches.Result(repeated=20)

    assert Click.objects.count() == 20
    assert DailyCount.objects.get().clicks == 20


def test_it_asks_for_settling_again_only_for_new_events(redis: Redis, link: TrackingLink) -> None:
    one = event(link, AT)
    send(redis, one)
    ingest(redis)
    DailyCount.objects.update(needs_settling=False)

    send(redis, one)
    ingest(redis)
    assert not DailyCount.objects.get().needs_settling

    send(redis, event(link, AT))
    ingest(redis)
    assert DailyCount.objects.get().needs_settling
    assert DailyCount.objects.get().clicks == 2


def test_it_redoes_a_batch_that_was_committed_but_not_acknowledged(
    redis: Redis, link: TrackingLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(redis, *(event(link, AT) for _ in range(10)))
    stream = Stream(redis, STREAM)
    stream.join()
    entries = stream.fresh(1)
    monkeypatch.setattr(stream, "acknowledge", Mock())  # it dies here
    batches.take(stream, entries)
    assert redis.xlen(STREAM) == 10

    heir = Stream(redis, STREAM, claim_after_ms=0)
    assert batches.take(heir, heir.claim()) == batches.Result(repeated=10)

    assert DailyCount.objects.get().clicks == 10
    assert redis.xlen(STREAM) == 0
    assert redis.xpending(STREAM, "ingest")["pending"] == 0


def test_it_reads_its_own_pending_entries_again(redis: Redis, link: TrackingLink) -> None:
    send(redis, event(link, AT))
    stream = Stream(redis, STREAM)
    stream.join()
    read = stream.fresh(1)
    assert stream.fresh(1) == []
    assert stream.pending() == read


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        (b"{not json", b"invalid_json"),
        (b"[]", b"not_an_event"),
        (b'{"t":"view"}', b"not_an_event"),
        (b'{"t":"click","at":-1}', b"invalid_at"),
        (b'{"t":"click","at":1e12,"c":1}', b"invalid_at"),
        (b'{"t":"click","at":99999999999999,"c":1}', b"invalid_at"),
        (b'{"t":"click","at":1700000000000,"c":"1"}', b"invalid_c"),
        (b'{"t":"click","at":1700000000000,"c":true}', b"invalid_c"),
        (b'{"t":"click","at":1700000000000,"c":1,"p":1,"l":1,"n":9223372036854775808}', b"invalid_n"),
    ],
)
def test_it_buries_poison_and_stores_the_rest(redis: Redis, link: TrackingLink, poison: bytes, reason: bytes) -> None:
    send(redis, event(link, AT), poison, event(link, AT))

    assert ingest(redis) == batches.Result(stored=2, buried=1)

    [letter] = letters(redis)
    assert (letter[b"e"], letter[b"reason"]) == (poison, reason)
    assert redis.xlen(STREAM) == 0


def test_it_buries_events_that_name_nothing(redis: Redis, link: TrackingLink) -> None:
    send(redis, event(link, AT, c=404), event(link, AT, l=404), event(link, AT, p=404), event(link, AT))

    assert ingest(redis) == batches.Result(stored=1, buried=3)

    reasons = [letter[b"reason"] for letter in letters(redis)]
    assert reasons == [b"unknown_campaign", b"unknown_link", b"unknown_link"]


def test_it_finds_the_one_event_that_the_database_refuses(redis: Redis, link: TrackingLink) -> None:
    send(redis, *(event(link, AT) for _ in range(50)), event(link, AT, ip="not an address"))
    send(redis, *(event(link, AT) for _ in range(50)))

    assert ingest(redis) == batches.Result(stored=100, buried=1)

    [letter] = letters(redis)
    assert letter[b"reason"] == b"DataError"
    assert DailyCount.objects.get().clicks == 100


def test_it_revives_the_dead_letters(redis: Redis, link: TrackingLink) -> None:
    send(redis, event(link, AT, l=404), b"{")
    ingest(redis)
    assert Stream(redis, STREAM).revive() == 2
    assert redis.xlen(f"{STREAM}:dead") == 0
    assert redis.xlen(STREAM) == 2


def test_it_stores_no_nul_and_nothing_too_long(redis: Redis, link: TrackingLink) -> None:
    send(redis, event(link, AT, subs=["a\x00b", "x" * 300], ref="r" * 600, ua=PHONE + "z" * 600, src=None))
    assert ingest(redis) == batches.Result(stored=1)
    click = Click.objects.get()
    assert click.subs == ["ab", "x" * 256]
    assert (len(click.referrer), len(click.user_agent or ""), click.source) == (512, 512, "")


def test_it_keeps_no_trace_of_a_visitor_who_denied_consent(redis: Redis, link: TrackingLink) -> None:
    send(redis, event(link, AT, consent="denied"))
    ingest(redis)
    click = Click.objects.get()
    assert (click.ip, click.user_agent, click.referrer, click.device) == (None, None, "", "")
    assert (click.verdict, click.consent) == ("valid", "denied")
    assert DailyCount.objects.get().clicks == 1


def test_it_makes_do_after_redis_came_back_empty(redis: Redis, link: TrackingLink) -> None:
    send(redis, event(link, AT))
    ingest(redis)
    redis.flushall()
    send(redis, event(link, AT))
    assert ingest(redis) == batches.Result(stored=1)


class TestVerdicts:
    @pytest.mark.parametrize("agent", [GOOGLEBOT, "curl/8.5.0", "python-requests/2.32", "WhatsApp/2.23.20"])
    def test_it_never_counts_known_robots(self, redis: Redis, link: TrackingLink, agent: str) -> None:
        send(redis, event(link, AT, ua=agent))
        ingest(redis)
        click = Click.objects.get()
        assert (click.verdict, click.reasons, click.device) == ("invalid", ["known_robot"], "bot")
        assert (DailyCount.objects.get().clicks, DailyCount.objects.get().invalid_clicks) == (0, 1)

    @pytest.mark.parametrize("agent", ["", None])
    def test_it_never_counts_visitors_without_a_user_agent(
        self, redis: Redis, link: TrackingLink, agent: str | None
    ) -> None:
        send(redis, event(link, AT, ua=agent))
        ingest(redis)
        assert (Click.objects.get().verdict, Click.objects.get().reasons) == ("invalid", ["no_user_agent"])

    def test_it_follows_the_edge_where_that_saw_more(self, redis: Redis, link: TrackingLink) -> None:
        send(redis, event(link, AT, flags=["fetch_metadata"]), event(link, AT, flags=["macro_not_replaced"]))
        ingest(redis)
        found = sorted(Click.objects.values_list("verdict", "reasons"))
        assert found == [("invalid", ["fetch_metadata"]), ("valid", ["macro_not_replaced"])]


class TestDays:
    """A day is a day of the campaign's time zone."""

    @pytest.mark.parametrize(
        ("zone", "at", "there"),
        [
            ("Asia/Tehran", "2026-11-20T20:29:59.999Z", date(2026, 11, 20)),  # 23:59:59.999 in Tehran
            ("Asia/Tehran", "2026-11-20T20:30:00.000Z", date(2026, 11, 21)),
            ("America/New_York", "2026-11-01T03:59:59.999Z", date(2026, 10, 31)),  # summer time, -4
            ("America/New_York", "2026-11-01T04:00:00.000Z", date(2026, 11, 1)),
            ("America/New_York", "2026-11-02T04:59:59.999Z", date(2026, 11, 1)),  # a day of 25 hours, -5
            ("America/New_York", "2026-11-02T05:00:00.000Z", date(2026, 11, 2)),
            ("Europe/Berlin", "2026-03-28T22:59:59.999Z", date(2026, 3, 28)),
            ("Europe/Berlin", "2026-03-29T21:59:59.999Z", date(2026, 3, 29)),  # a day of 23 hours
            ("Europe/Berlin", "2026-03-29T22:00:00.000Z", date(2026, 3, 30)),
            ("Nowhere/Lost", "2026-11-20T23:59:59.999Z", date(2026, 11, 20)),
        ],
    )
    def test_it_begins_and_ends_days_there(
        self, redis: Redis, link: TrackingLink, zone: str, at: str, there: date
    ) -> None:
        Campaign.objects.update(time_zone=zone)
        send(redis, event(link, datetime.fromisoformat(at)))
        ingest(redis)
        assert (Click.objects.get().day, DailyCount.objects.get().day) == (there, there)

    def test_it_counts_both_hours_of_the_night_that_has_them_twice(
        self, redis: Redis, link: TrackingLink, campaign: Campaign
    ) -> None:
        Campaign.objects.filter(pk=campaign.pk).update(time_zone="America/New_York")
        night = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/New_York"))
        send(redis, event(link, night), event(link, night.replace(fold=1)))
        ingest(redis)
        first, second = Click.objects.order_by("at").values_list("at", flat=True)
        assert second - first == timedelta(hours=1)
        assert DailyCount.objects.get().clicks == 2


class TestPlanVersions:
    def test_it_notes_the_version_in_force_at_the_event(
        self, redis: Redis, link: TrackingLink, campaign: Campaign, ada: Member
    ) -> None:
        first = campaign.plans.get()
        assert first.starts_at
        second = plans.draft(campaign, by=ada.actor)
        change = to_ms(timezone.now() + timedelta(days=1))
        plans.activate(second, starts_at=change, by=ada.actor)
        moments = [first.starts_at - timedelta(seconds=1), change - timedelta(milliseconds=1), change]
        send(redis, *(event(link, at) for at in moments))

        ingest(redis)

        assert list(Click.objects.order_by("at").values_list("plan_version", flat=True)) == [0, 1, 2]
        counts = DailyCount.objects.order_by("plan_version").values_list("plan_version", "clicks")
        assert list(counts) == [(0, 1), (1, 1), (2, 1)]

    def test_it_counts_by_a_version_activated_a_moment_ago(
        self, redis: Redis, link: TrackingLink, campaign: Campaign, ada: Member
    ) -> None:
        change = timezone.now() + timedelta(days=1)
        send(redis, event(link, change))
        ingest(redis)
        plans.activate(plans.draft(campaign, by=ada.actor), starts_at=to_ms(change), by=ada.actor)
        send(redis, event(link, change))
        ingest(redis)
        assert sorted(Click.objects.values_list("plan_version", flat=True)) == [1, 2]
