"""Counts by the values of a dimension, kept together with those by link."""

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis

from publishers.models import TrackingLink
from tests.tracking.stage import GOOGLEBOT, event, ingest, send, worker
from tracking.ingest import rollups
from tracking.models import Click, DailyBreakdown, DailyCount, Impression
from tracking.models.events import OTHER, Dimension

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)


def rows(dimension: str) -> dict[str, tuple[int, ...]]:
    """Impressions, clicks, unique, invalid, diverted ones by value."""
    found = DailyBreakdown.objects.filter(dimension=dimension)
    return {value: tuple(counts) for value, *counts in found.values_list("value", *rollups.PARTS)}


def test_it_counts_each_click_under_all_that_is_known_of_it(redis: Redis, link: TrackingLink) -> None:
    known = {"subs": ["mail", "", "red"], "src": "app", "lp": 3, "sl": 4, "cr": 5, "ch": "email", "cp": "SPRING"}
    send(redis, event(link, AT, **known), event(link, AT, **known, t="impression"), event(link, AT, subs=[]))
    ingest(redis)
    assert rows("device") == {"phone": (1, 2, 2, 0, 0)}
    assert rows("system") == {"iOS": (1, 2, 2, 0, 0)}
    assert rows("browser") == {"Mobile Safari": (1, 2, 2, 0, 0)}
    assert rows("sub1") == {"mail": (0, 1, 1, 0, 0)}
    assert (rows("sub2"), rows("sub3")) == ({}, {"red": (0, 1, 1, 0, 0)})
    assert rows("source") == {"app": (1, 1, 1, 0, 0)}
    assert rows("landing") == {"3": (1, 1, 1, 0, 0)}
    assert rows("smart_link") == {"4": (1, 1, 1, 0, 0)}
    assert rows("creative") == {"5": (1, 1, 1, 0, 0)}
    assert rows("channel") == {"email": (1, 1, 1, 0, 0)}
    stored = Click.objects.get(source="app")
    assert (stored.landing_id, stored.smart_link_id, stored.creative_id, stored.coupon) == (3, 4, 5, "SPRING")


def test_it_counts_why_clicks_were_diverted_and_invalid(redis: Redis, link: TrackingLink) -> None:
    send(redis, event(link, AT, div="country"), event(link, AT, div="country"), event(link, AT, ua=GOOGLEBOT))
    send(redis, event(link, AT, ua=GOOGLEBOT, t="impression"))
    ingest(redis)
    assert rows("diversion") == {"country": (0, 0, 0, 0, 2)}
    assert rows("reason") == {"known_robot": (1, 0, 0, 1, 0)}
    assert rows("device") == {"phone": (0, 0, 0, 0, 2), "bot": (0, 0, 0, 1, 0)}


def test_it_counts_opens_and_viewable_impressions(redis: Redis, link: TrackingLink) -> None:
    send(redis, *(event(link, AT, t=kind) for kind in ("impression", "impression", "view", "open")))
    ingest(redis)
    count = DailyCount.objects.get()
    assert (count.impressions, count.viewable_impressions, count.opens, count.clicks) == (3, 1, 1, 0)
    assert sorted(Impression.objects.values_list("kind", flat=True)) == ["impression", "impression", "open", "viewable"]
    assert rows("device") == {"phone": (3, 0, 0, 0, 0)}


def test_it_leaves_test_clicks_out(redis: Redis, link: TrackingLink) -> None:
    send(redis, event(link, AT, flags=["test"]))
    ingest(redis)
    assert Click.objects.get().is_test
    assert (DailyCount.objects.count(), DailyBreakdown.objects.count()) == (0, 0)


def test_it_counts_a_visitor_once_a_day(redis: Redis, link: TrackingLink, second_link: TrackingLink) -> None:
    visitor = {"ip": "198.51.100.9"}
    later = [timedelta(), timedelta(hours=1), timedelta(hours=23, minutes=59), timedelta(hours=24)]
    mine = worker()
    send(redis, *(event(link, AT + after, **visitor) for after in later))
    send(redis, event(second_link, AT, **visitor), event(link, AT, ip=None), event(link, AT, consent="denied"))
    ingest(redis, mine)
    unique = Click.objects.filter(link_id=link.pk, visitor__isnull=False).order_by("at")
    assert list(unique.values_list("is_unique", flat=True)) == [True, False, False, True]
    assert Click.objects.get(link_id=second_link.pk).is_unique
    assert sum(DailyCount.objects.values_list("unique_clicks", flat=True)) == 3
    assert Click.objects.filter(visitor=None, is_unique=False).count() == 2


def test_it_remembers_visitors_beyond_its_own_life(redis: Redis, link: TrackingLink) -> None:
    send(redis, event(link, ip="198.51.100.9"))
    ingest(redis)
    send(redis, event(link, ip="198.51.100.9"))
    ingest(redis)  # another process
    assert DailyCount.objects.get().unique_clicks == 1


class TestManyValues:
    @pytest.fixture(autouse=True)
    def few(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(DailyBreakdown, "MAX_VALUES", 3)

    def test_it_keeps_so_many_and_counts_the_rest_together(self, redis: Redis, link: TrackingLink) -> None:
        mine = worker()
        for value in ("a", "b", "c", "d", "e", "a"):
            send(redis, event(link, AT, subs=[value]))
            ingest(redis, mine)
        send(redis, event(link, AT, subs=["f"]), event(link, AT, subs=["b"]))
        ingest(redis)  # another process
        clicks = {value: counts[1] for value, counts in rows("sub1").items()}
        assert clicks == {"a": 2, "b": 2, "c": 1, OTHER: 3}

    def test_it_chooses_within_a_batch(self, redis: Redis, link: TrackingLink) -> None:
        send(redis, *(event(link, AT, subs=[value]) for value in "abcdefgh"))
        ingest(redis)
        assert {value: counts[1] for value, counts in rows("sub1").items()} == {"a": 1, "b": 1, "c": 1, OTHER: 5}


def test_each_dimension_adds_up(redis: Redis, link: TrackingLink) -> None:
    send(redis, *(event(link, AT, subs=[f"s{number % 7}"], src="x") for number in range(50)))
    ingest(redis)
    for dimension in (Dimension.DEVICE, Dimension.SUB1, Dimension.SOURCE):
        assert sum(counts[1] for counts in rows(dimension).values()) == DailyCount.objects.get().clicks == 50
