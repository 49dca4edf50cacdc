import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import orjson
import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from django.utils import timezone
from pytest_django.fixtures import Settings
from redis import Redis

from advertisers import plans
from advertisers.models import Campaign
from publishers.models import TrackingLink
from tests.cast import Member
from tests.tracking.stage import GOOGLEBOT, PHONE, SHARD, STREAM, event, ingest, send, to_ms, waiting, worker
from tracking.ingest.store import Result
from tracking.ingest.worker import Job
from tracking.models import Click, DailyCount, DeadLetter, Impression, StreamPosition


def letters() -> list[tuple[bytes, str]]:
    return [
        (bytes(event), reason) for event, reason in DeadLetter.objects.order_by("pk").values_list("event", "reason")
    ]


AT = datetime(2026, 11, 20, 12, 0, 0, 123_000, tzinfo=UTC)


def test_it_stores_a_click_as_the_edge_saw_it(redis: Redis, link: TrackingLink, campaign: Campaign) -> None:
    send(redis, event(link, AT, n=-(2**63), src="app", ip="192.0.2.7", lang="fa-IR,en;q=0.5", ch="email"))

    assert ingest(redis) == Result(stored=1)

    click = Click.objects.get()
    assert (click.campaign_id, click.at, click.nonce) == (campaign.pk, AT, -(2**63))
    assert (click.partnership_id, click.link_id, click.creative_id) == (link.partnership_id, link.pk, None)
    assert (click.subs, click.source, click.diverted) == (["newsletter", "may"], "app", "")
    assert (click.ip, click.user_agent, click.referrer) == ("192.0.2.7", PHONE, "https://blog.example/review")
    assert (click.device, click.system, click.browser, click.country) == ("phone", "iOS", "Mobile Safari", "")
    assert (click.verdict, click.reasons, click.consent, click.received_at) == ("valid", [], "granted", AT)
    assert (click.language, click.channel, click.is_unique, click.extra) == ("fa", "email", True, None)
    assert waiting(redis) == 0


def test_it_counts_what_it_stored(redis: Redis, link: TrackingLink, campaign: Campaign) -> None:
    send(redis, *(event(link, AT) for _ in range(3)), *(event(link, AT, t="impression") for _ in range(5)))
    send(redis, event(link, AT, ua=GOOGLEBOT), event(link, AT, t="impression", ua=GOOGLEBOT))
    send(redis, event(link, AT, div="campaign_paused"), event(link, AT, t="impression", div="campaign_paused"))

    assert ingest(redis) == Result(stored=12)

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
    assert ingest(redis) == Result(stored=20, repeated=20)
    send(redis, *reversed(events))
    assert ingest(redis) == Result(repeated=20)

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


def test_it_knows_what_was_committed_though_nobody_heard_of_it(redis: Redis, link: TrackingLink) -> None:
    send(redis, *(event(link, AT) for _ in range(10)))
    mine = worker()
    mine.look()
    put, done = mine.put, []

    def put_and_lose_the_answer(job: Job) -> Result:
        done.append(put(job))
        raise OperationalError("server closed the connection unexpectedly")

    mine.put = put_and_lose_the_answer  # type: ignore[method-assign]
    with pytest.raises(OperationalError):
        mine.turn(1)
    mine.failures, mine.put = 1, put  # type: ignore[method-assign]

    assert ingest(redis, mine) == Result()
    assert done == [Result(stored=10)]
    assert DailyCount.objects.get().clicks == 10


def test_it_recognises_what_was_stored_but_not_trimmed(redis: Redis, link: TrackingLink) -> None:
    """Redis came back without the last second of its file: the same entries once more, under another life's position."""
    events = [event(link, AT) for _ in range(10)]
    send(redis, *events)
    assert ingest(redis) == Result(stored=10)
    redis.delete(f"{SHARD}:epoch")
    send(redis, *events, event(link, AT))
    assert ingest(redis) == Result(stored=1, repeated=10)
    assert DailyCount.objects.get().clicks == 11


class TestShards:
    def test_two_processes_share_them(self, redis: Redis, link: TrackingLink) -> None:
        first, second = worker(), worker()
        first.look()
        assert sorted(first.shards) == [STREAM, f"{STREAM}:0", f"{STREAM}:1"]
        second.look()  # asks for one
        for either in (first, second):
            either.next_look = 0.0
            either.look()
        assert sorted(first.shards) == [STREAM, f"{STREAM}:0"]
        assert sorted(second.shards) == [f"{STREAM}:1"]
        for either in (first, second):  # neither asks again
            either.next_look = 0.0
            either.look()
        assert (len(first.shards), len(second.shards)) == (2, 1)

        send(redis, event(link, AT))
        send(redis, event(link, AT), shard=f"{STREAM}:1")
        first.turn(1)
        second.turn(1)
        assert (first.counted, second.counted) == (Result(stored=1), Result(stored=1))

    def test_a_silent_ones_are_taken_over(self, redis: Redis, link: TrackingLink) -> None:
        dead, heir = worker(), worker()
        send(redis, *(event(link, AT) for _ in range(5)))
        dead.look()
        heir.look()
        assert not heir.shards
        StreamPosition.objects.update(held_until=timezone.now() - timedelta(seconds=9))
        assert ingest(redis, heir) == Result(stored=5)

    def test_one_that_overslept_stores_nothing(self, redis: Redis, link: TrackingLink) -> None:
        sleeper, heir = worker(), worker()
        sleeper.look()
        StreamPosition.objects.update(held_until=timezone.now() - timedelta(seconds=9))
        heir.look()
        send(redis, *(event(link, AT) for _ in range(5)))
        sleeper.turn(1)
        assert (sleeper.counted, Click.objects.count()) == (Result(), 0)
        assert ingest(redis, heir) == Result(stored=5)

    def test_it_reads_those_of_an_earlier_setting(self, redis: Redis, link: TrackingLink, settings: Settings) -> None:
        settings.STREAM_SHARDS = 4
        ingest(redis)
        settings.STREAM_SHARDS = 2
        send(redis, event(link, AT), shard=f"{STREAM}:3")
        mine = worker()
        mine.look()
        mine.turn(1)
        assert mine.counted == Result(stored=1)

    def test_it_begins_anew_with_another_redis(self, redis: Redis, link: TrackingLink) -> None:
        """Whose clock is behind: its ids are lower than those that were read."""
        send(redis, event(link, AT))
        mine = worker()
        assert ingest(redis, mine) == Result(stored=1)
        redis.flushall()
        redis.xadd(SHARD, {b"e": orjson.dumps(event(link, AT))}, id="5-1")
        assert ingest(redis, mine) == Result(stored=1)

    def test_it_begins_anew_when_redis_lost_its_memory(self, redis: Redis, link: TrackingLink) -> None:
        send(redis, event(link, AT))
        mine = worker()
        assert ingest(redis, mine) == Result(stored=1)
        redis.delete(SHARD)
        redis.xadd(SHARD, {b"e": orjson.dumps(event(link, AT))}, id="5-1")
        mine.next_check = 0.0
        assert ingest(redis, mine) == Result(stored=1)

    def test_it_takes_batches_of_bounded_size(self, redis: Redis, link: TrackingLink) -> None:
        send(redis, *(event(link, AT) for _ in range(1_100)), together=1)
        mine = worker(limit=500)
        mine.look()
        assert mine.turn(1)
        assert mine.counted + Result() == Result()  # the first is on its way
        assert len(mine.jobs) == 1
        assert len(mine.jobs[0].batch) == 500
        assert ingest(redis, mine).stored == 1_100


@pytest.mark.parametrize(
    ("poison", "reason"),
    [
        (b"{not json", "invalid_json"),
        (b"[]", "not_an_event"),
        (b'{"t":"purchase"}', "not_an_event"),
        (b'{"t":["click"]}', "not_an_event"),
        (b'{"t":"click","at":-1}', "invalid_at"),
        (b'{"t":"click","at":1e12,"c":1}', "invalid_at"),
        (b'{"t":"click","at":99999999999999,"c":1}', "invalid_at"),
        (b'{"t":"click","at":1700000000000,"c":"1"}', "invalid_c"),
        (b'{"t":"click","at":1700000000000,"c":true}', "invalid_c"),
        (b'{"t":"click","at":1700000000000,"c":1,"p":1,"l":1,"n":9223372036854775808}', "invalid_n"),
    ],
)
def test_it_buries_poison_and_stores_the_rest(redis: Redis, link: TrackingLink, poison: bytes, reason: str) -> None:
    send(redis, event(link, AT), poison, event(link, AT))

    assert ingest(redis) == Result(stored=2, buried=1)

    assert letters() == [(poison, reason)]
    assert waiting(redis) == 0


def test_it_buries_events_that_name_nothing(redis: Redis, link: TrackingLink) -> None:
    send(redis, event(link, AT, c=404), event(link, AT, l=404), event(link, AT, p=404), event(link, AT))

    assert ingest(redis) == Result(stored=1, buried=3)

    assert [reason for _, reason in letters()] == ["unknown_campaign", "unknown_link", "unknown_link"]


def test_it_finds_the_one_event_that_the_database_refuses(redis: Redis, link: TrackingLink) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tracking_click ADD CHECK (source <> 'poison')")
    bad = orjson.dumps(event(link, AT, src="poison"))
    send(redis, *(event(link, AT) for _ in range(50)), bad, *(event(link, AT) for _ in range(50)))

    assert ingest(redis) == Result(stored=100, buried=1)

    assert letters() == [(bad, "IntegrityError")]
    assert DailyCount.objects.get().clicks == 100


def test_it_shows_dead_letters_and_sends_them_again(
    redis: Redis, link: TrackingLink, capsys: pytest.CaptureFixture[str]
) -> None:
    send(redis, event(link, AT, l=link.pk + 1), b"{", event(link, AT, l=404))
    ingest(redis)

    call_command("deadletters", reason="invalid_json")
    shown = capsys.readouterr().out.splitlines()
    assert shown[:2] == ["       2 unknown_link", "       1 invalid_json"]
    assert len(shown) == 3
    assert shown[2].endswith("invalid_json {")

    link.pk, link.code = link.pk + 1, "repaired"
    link.save(force_insert=True)
    call_command("deadletters", send=True)
    assert capsys.readouterr().out == "3 events sent again\n"
    assert ingest(redis) == Result(stored=1, buried=2)
    assert sorted(reason for _, reason in letters()) == ["invalid_json", "unknown_link"]


def test_it_says_what_waits(redis: Redis, link: TrackingLink, capsys: pytest.CaptureFixture[str]) -> None:
    mine = worker()
    mine.look()
    send(redis, *(event(link, AT) for _ in range(25)))
    call_command("ingest", status=True)
    old, first, second = capsys.readouterr().out.splitlines()
    assert re.fullmatch(rf"events:0: 25 events wait, \d\.\d s; read by {mine.positions.holder}; 0 dead letters", first)
    assert second == f"events:1: 0 events wait, 0.0 s; read by {mine.positions.holder}; 0 dead letters"
    assert old.startswith("events: 0 events wait")


def test_it_stores_no_nul_and_nothing_too_long(redis: Redis, link: TrackingLink) -> None:
    send(redis, event(link, AT, subs=["a\x00b", "x" * 300], ref="r" * 600, ua=PHONE + "z" * 600, src=None))
    assert ingest(redis) == Result(stored=1)
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
    assert ingest(redis) == Result(stored=1)


class TestVerdicts:
    @pytest.mark.parametrize("agent", [GOOGLEBOT, "curl/8.5.0", "python-requests/2.32"])
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
