"""Caps on conversions, and the periods of all caps."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from pytest_django import DjangoAssertNumQueries

from advertisers import caps as rules
from advertisers import periods
from advertisers.models import Campaign, Cap
from publishers.models import Partnership
from tests.cast import Member
from tests.publishers.conftest import application, campaign, partnership
from tracking import caps
from tracking.models import CapTaken, CapUse

__all__ = ["application", "campaign", "partnership"]

NOON = datetime(2026, 6, 10, 12, tzinfo=UTC)


def cap(campaign: Campaign, ada: Member, limit: int, period: str = "day", **fields: object) -> Cap:
    return rules.add(campaign, metric="conversions", period=period, limit=limit, by=ada.actor, **fields)  # type: ignore[arg-type]


def take(partnership: Partnership, at: datetime = NOON) -> bool:
    return take_all(partnership, [at])[0]


def take_all(partnership: Partnership, moments: list[datetime]) -> list[bool]:
    wanted = [caps.Wanted(partnership.campaign, partnership.pk, uuid4(), at) for at in moments]
    over = caps.take(wanted)
    return [one.conversion_id not in over for one in wanted]


def used() -> list[int]:
    return list(CapUse.objects.order_by("cap_id", "starts_at").values_list("used", flat=True))


def news() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tracking_snapshot_change WHERE kind = 'campaign'")
        return int(cursor.fetchone()[0])


def test_it_takes_until_the_cap_is_reached(partnership: Partnership, ada: Member) -> None:
    cap(partnership.campaign, ada, 3)
    assert [take(partnership) for _ in range(5)] == [True, True, True, False, False]
    assert used() == [3]
    assert CapTaken.objects.count() == 3


def test_it_tells_the_edges_when_the_cap_is_reached(partnership: Partnership, ada: Member) -> None:
    cap(partnership.campaign, ada, 2)
    before = news()
    take(partnership)
    assert news() == before
    take(partnership)
    assert news() == before + 1


def test_it_counts_a_soft_cap_beyond_its_limit(partnership: Partnership, ada: Member) -> None:
    cap(partnership.campaign, ada, 2, is_hard=False)
    assert [take(partnership) for _ in range(4)] == [True] * 4
    assert used() == [4]


def test_it_counts_in_all_caps_or_in_none(partnership: Partnership, ada: Member) -> None:
    cap(partnership.campaign, ada, 10)
    cap(partnership.campaign, ada, 1, period="total", partnership_id=partnership.pk)
    assert [take(partnership) for _ in range(3)] == [True, False, False]
    assert used() == [1, 1]


def test_it_takes_of_many_at_once_as_many_as_there_is_room_for(partnership: Partnership, ada: Member) -> None:
    cap(partnership.campaign, ada, 4, period="total")
    cap(partnership.campaign, ada, 2, partnership_id=partnership.pk)
    yesterday = NOON - timedelta(days=1)
    before = news()
    assert take_all(partnership, [NOON, yesterday, NOON, NOON, yesterday, yesterday]) == [
        *(True, True, True, False, True, False)
    ]
    assert used() == [4, 2, 2]
    assert CapTaken.objects.count() == 8
    assert news() == before + 1
    assert take_all(partnership, [NOON - timedelta(days=2)]) == [False]
    assert used() == [4, 0, 2, 2]


def test_it_asks_the_database_no_more_often_for_many(
    partnership: Partnership, ada: Member, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    cap(partnership.campaign, ada, 1_000)
    cap(partnership.campaign, ada, 1_000, period="total")
    with django_assert_num_queries(6):  # two of them begin and end the savepoint
        assert take_all(partnership, [NOON + timedelta(hours=hour) for hour in range(100)]) == [True] * 100
    assert sum(used()) == 200


def test_it_leaves_other_publishers_alone(partnership: Partnership, ada: Member) -> None:
    cap(partnership.campaign, ada, 1, partnership_id=partnership.pk + 1)
    assert [take(partnership) for _ in range(2)] == [True, True]
    assert used() == []


def test_it_begins_anew_at_the_midnight_of_the_campaign(partnership: Partnership, ada: Member) -> None:
    Campaign.objects.filter(pk=partnership.campaign_id).update(time_zone="Asia/Tehran")
    partnership.campaign.refresh_from_db()
    cap(partnership.campaign, ada, 1)
    last, first = datetime(2026, 6, 10, 20, 29, 59, 999_999, UTC), datetime(2026, 6, 10, 20, 30, tzinfo=UTC)
    assert [take(partnership, last), take(partnership, last), take(partnership, first)] == [True, False, True]
    assert used() == [1, 1]


def test_it_makes_room_again_within_the_period(partnership: Partnership, ada: Member) -> None:
    cap(partnership.campaign, ada, 1, period="total")
    conversion = uuid4()
    assert not caps.take([caps.Wanted(partnership.campaign, partnership.pk, conversion, NOON)])
    assert not take(partnership)
    assert caps.give_back(conversion) == 1
    assert caps.give_back(conversion) == 0
    assert take(partnership)


def test_it_makes_no_room_in_a_period_that_is_over(partnership: Partnership, ada: Member) -> None:
    cap(partnership.campaign, ada, 1)
    conversion, long_ago = uuid4(), datetime(2025, 1, 1, tzinfo=UTC)
    assert not caps.take([caps.Wanted(partnership.campaign, partnership.pk, conversion, long_ago)])
    assert caps.give_back(conversion) == 0
    assert used() == [1]


def test_it_follows_a_new_limit(partnership: Partnership, ada: Member) -> None:
    made = cap(partnership.campaign, ada, 1)
    assert [take(partnership), take(partnership)] == [True, False]
    rules.edit(made, limit=2, is_hard=True, by=ada.actor)
    assert [take(partnership), take(partnership)] == [True, False]


PERIODS = [
    # period, zone, at, starts, ends
    ("day", "UTC", "2026-06-10T00:00:00", "2026-06-10T00:00:00", "2026-06-11T00:00:00"),
    ("day", "Asia/Tehran", "2026-06-10T20:29:59", "2026-06-09T20:30:00", "2026-06-10T20:30:00"),
    ("day", "Asia/Tehran", "2026-06-10T20:30:00", "2026-06-10T20:30:00", "2026-06-11T20:30:00"),
    ("day", "Europe/Berlin", "2026-03-29T12:00:00", "2026-03-28T23:00:00", "2026-03-29T22:00:00"),  # 23 hours
    ("day", "Europe/Berlin", "2026-10-25T12:00:00", "2026-10-24T22:00:00", "2026-10-25T23:00:00"),  # 25 hours
    ("day", "Africa/Cairo", "2026-04-24T12:00:00", "2026-04-23T22:00:00", "2026-04-24T21:00:00"),  # begins at 01:00
    ("day", "Africa/Cairo", "2026-04-23T21:59:59", "2026-04-22T22:00:00", "2026-04-23T22:00:00"),
    ("day", "America/Havana", "2026-11-01T12:00:00", "2026-11-01T04:00:00", "2026-11-02T05:00:00"),  # midnight twice
    ("week", "Europe/Berlin", "2026-03-29T21:59:59", "2026-03-22T23:00:00", "2026-03-29T22:00:00"),
    ("week", "Europe/Berlin", "2026-03-29T22:00:00", "2026-03-29T22:00:00", "2026-04-05T22:00:00"),
    ("month", "Europe/Berlin", "2026-03-31T21:59:59", "2026-02-28T23:00:00", "2026-03-31T22:00:00"),
    ("month", "Asia/Tehran", "2026-12-31T20:30:00", "2026-12-31T20:30:00", "2027-01-31T20:30:00"),
    ("total", "UTC", "2026-06-10T00:00:00", "1970-01-01T00:00:00", "9999-01-01T00:00:00"),
]


@pytest.mark.parametrize(("period", "zone", "at", "starts", "ends"), PERIODS)
def test_it_knows_the_period_of_a_moment(period: str, zone: str, at: str, starts: str, ends: str) -> None:
    moments = [datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (at, starts, ends)]
    found = periods.span(period, moments[0], zone)
    assert [found.starts_at, found.ends_at] == moments[1:]
