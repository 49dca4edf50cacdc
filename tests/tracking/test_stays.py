"""What `tag.js` tells of clicks, stored once for each click and counted by day."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from redis import Redis

from publishers.models import TrackingLink
from tests.tracking import stage
from tracking.models import DailyCount, DailyStays, DeadLetter, Stay

AT = timezone.now() - timedelta(minutes=5)


def land(link: TrackingLink, nonce: int = 1, ms: int | None = None, **changes: Any) -> dict[str, Any]:
    partnership = link.partnership
    told = {
        "t": "land",
        "c": partnership.campaign_id,
        "p": partnership.pk,
        "l": link.pk,
        "at": stage.ms(AT),
        "n": nonce,
    }
    return told | {"rx": stage.ms(timezone.now())} | ({} if ms is None else {"ms": ms}) | changes


def counts() -> list[tuple[int, int, int]]:
    return list(DailyStays.objects.values_list("arrived", "left", "short"))


def test_it_stores_who_arrived(link: TrackingLink, redis: Redis) -> None:
    stage.send(redis, land(link))
    assert stage.ingest(redis).stored == 1
    stay = Stay.objects.get()
    assert (stay.campaign_id, stay.at, stay.nonce) == (link.partnership.campaign_id, stage.to_ms(AT), 1)
    assert (stay.partnership_id, stay.stayed_ms) == (link.partnership_id, None)
    assert counts() == [(1, 0, 0)]
    assert not DailyCount.objects.exists()


def test_how_long_she_stayed_joins_it(link: TrackingLink, redis: Redis) -> None:
    stage.send(redis, land(link), land(link, ms=1_500))
    stage.ingest(redis)
    assert (Stay.objects.get().stayed_ms, counts()) == (1_500, [(1, 1, 1)])


def test_the_longest_stay_counts_in_any_order(link: TrackingLink, redis: Redis) -> None:
    for told in (land(link, ms=1_500), land(link, ms=9_000), land(link), land(link, ms=400)):
        stage.send(redis, told)
        stage.ingest(redis)
    assert (Stay.objects.get().stayed_ms, counts()) == (9_000, [(1, 1, 0)])


def test_the_same_twice_counts_once(link: TrackingLink, redis: Redis) -> None:
    for _ in range(2):
        stage.send(redis, land(link), land(link), land(link, ms=3_000), land(link, ms=3_000))
        stage.ingest(redis)
    assert (Stay.objects.count(), counts()) == (1, [(1, 1, 0)])


def test_clicks_are_counted_by_partnership_and_day(link: TrackingLink, second_link: TrackingLink, redis: Redis) -> None:
    day_before = stage.ms(AT - timedelta(days=1))
    stage.send(redis, land(link, 1), land(link, 2, at=day_before), land(second_link, 3, ms=5), land(link, 4))
    stage.ingest(redis)
    found = DailyStays.objects.order_by("partnership_id", "day").values_list("partnership_id", "arrived", "short")
    assert list(found) == [(link.partnership_id, 1, 0), (link.partnership_id, 2, 0), (second_link.partnership_id, 1, 1)]


def test_it_comes_among_clicks(link: TrackingLink, redis: Redis) -> None:
    stage.send(redis, stage.event(link), land(link), stage.event(link))
    assert stage.ingest(redis).stored == 3
    assert (DailyCount.objects.get().clicks, counts()) == (2, [(1, 0, 0)])


def test_what_makes_no_sense_is_put_aside(link: TrackingLink, redis: Redis) -> None:
    stage.send(
        redis, land(link, ms=-1), land(link, at="now"), land(link, 2, p=link.partnership_id + 999), land(link, 3)
    )
    stage.ingest(redis)
    assert sorted(DeadLetter.objects.values_list("reason", flat=True)) == ["invalid_at", "invalid_ms", "unknown_link"]
    assert counts() == [(1, 0, 0)]
