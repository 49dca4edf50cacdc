"""Many edges spend one cap at once: never more than the limit, because each spends only what was handed out to it."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from unittest.mock import patch

import pytest
from django.db import connection
from redis import Redis

from advertisers import caps as rules
from advertisers.models import Campaign, Cap
from network import loops
from network.embedded.valkey import free_port
from publishers.models import Partnership
from tests import services
from tests.cast import Member
from tests.publishers.conftest import application, campaign, partnership
from tracking.edge.caps import Caps, Purse
from tracking.models import CapUse, DailyCount
from tracking.snapshot.traffic import ClickCap

EDGES, TASKS, LIMIT = 16, 8, 1_000
NOWHERE = f"redis://127.0.0.1:{free_port()}/0"
__all__ = ["application", "campaign", "partnership"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cap(campaign: Campaign, ada: Member) -> Cap:
    return rules.add(campaign, metric="clicks", period="day", limit=LIMIT, by=ada.actor)


def known(cap: Cap) -> ClickCap:
    """As an edge knows it."""
    return ClickCap(cap.pk, None, cap.period, cap.limit, "UTC")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


@asynccontextmanager
async def edge(redis_url: str | None = None, database_url: str | None = None) -> AsyncIterator[Caps]:
    database = connection.settings_dict["NAME"]
    made = Caps(database_url or services.postgres.url(str(database)), redis_url or services.valkey.url(), "race")
    made.start()
    yield made
    await made.stop()


async def visit(edge: Caps, cap: ClickCap) -> bool:
    """Whether the visitor is let through."""
    found = edge.spend([cap], now_ms())
    return not (await edge.asked([cap], now_ms()) if found is None else found)


async def crowd(edges: list[Caps], cap: ClickCap, each: int) -> int:
    """How many got through, when tasks on all edges come at once."""

    async def task(one: Caps) -> int:
        return sum([await visit(one, cap) for _ in range(each)])

    return sum(await asyncio.gather(*(task(one) for one in edges for _ in range(TASKS))))


def run(cap: Cap, each: int, *, edges: int = EDGES, redis_url: str | None = None) -> int:
    async def all_at_once() -> int:
        async with AsyncExitStack() as stack:
            made = [await stack.enter_async_context(edge(redis_url)) for _ in range(edges)]
            return await crowd(made, known(cap), each)

    return loops.run(all_at_once())


def exhaust(cap: Cap, redis_url: str | None = None) -> int:
    """Crowds come until nobody gets through any more: what an edge held when its crowd was gone is for the next one."""
    total = 0
    while came := run(cap, 20, redis_url=redis_url):
        total += came
        assert total <= cap.limit
    return total


def used(cap: Cap) -> int:
    return CapUse.objects.get(cap=cap).used


async def look_then_take(self: Caps, purse: Purse) -> tuple[int, bool]:
    """The same, with a look and a write instead of one step: what the bound in PostgreSQL is there for."""

    async def counted(connection: object, purse: Purse) -> int:
        cursor = await connection.execute(  # type: ignore[attr-defined]
            "SELECT used FROM tracking_capuse WHERE cap_id = %s", [purse.cap.id]
        )
        row = await cursor.fetchone()
        taken = row[0] if row else 0
        await asyncio.sleep(0.01)
        units = max(1, min((purse.cap.limit - taken) // 2, 100)) if taken < purse.cap.limit else 0
        await connection.execute(  # type: ignore[attr-defined]
            "INSERT INTO tracking_capuse (cap_id, starts_at, ends_at, used, bound, alerted, changed_at)"
            " VALUES (%s, %s, %s, %s, 1, 0, now()) ON CONFLICT (cap_id, starts_at) DO UPDATE SET used = excluded.used",
            [purse.cap.id, purse.period.starts_at, purse.period.ends_at, taken + units],
        )
        return int(units)

    return await self._on_database(purse, counted) or 0, True


def test_it_lets_exactly_as_many_through(cap: Cap) -> None:
    assert exhaust(cap) == LIMIT
    assert used(cap) == LIMIT


def test_it_lets_too_many_through_without_the_guard(cap: Cap) -> None:
    with patch.object(Caps, "_units", look_then_take):
        assert run(cap, 20) > LIMIT


def test_it_is_as_exact_without_redis(cap: Cap) -> None:
    assert exhaust(cap, NOWHERE) == LIMIT
    assert used(cap) == LIMIT


def test_it_gives_back_what_an_edge_that_stops_has_not_spent(cap: Cap, redis: Redis) -> None:
    assert run(cap, 10, edges=1) == 80
    [bucket] = redis.keys("race:cap:*")
    assert used(cap) - int(redis.get(bucket) or 0) == 80
    assert exhaust(cap) == LIMIT - 80


def test_it_diverts_rather_than_lets_too_many_through_when_nobody_can_be_asked(cap: Cap) -> None:
    async def alone() -> tuple[int, int]:
        async with edge(NOWHERE, f"postgresql://127.0.0.1:{free_port()}/none") as one:
            return sum([await visit(one, known(cap)) for _ in range(50)]), one.unknown

    assert loops.run(alone()) == (0, 1)


def test_it_counts_what_came_before_the_cap(cap: Cap, partnership: Partnership) -> None:
    DailyCount.objects.create(
        campaign_id=cap.campaign_id,
        day=datetime.now(UTC).date(),
        link_id=1,
        plan_version=1,
        partnership_id=partnership.pk,
        clicks=900,
        invalid_clicks=40,
        diverted_clicks=500,
    )
    assert run(cap, 5, edges=4) == 60


def test_it_follows_a_new_limit_with_what_was_used(cap: Cap, ada: Member) -> None:
    assert run(cap, 10, edges=5) == 400
    lower = rules.edit(cap, limit=450, is_hard=True, by=ada.actor)
    assert run(lower, 10, edges=2) == 50
    higher = rules.edit(lower, limit=500, is_hard=True, by=ada.actor)
    assert run(higher, 10, edges=2) == 50
    assert used(cap) == 500


def test_it_asks_nobody_for_most_visitors(cap: Cap) -> None:
    asked: list[bool] = []
    take: Callable[[Caps, Purse], object] = Caps._from_redis

    async def counting(self: Caps, purse: Purse) -> object:
        asked.append(True)
        return await take(self, purse)  # type: ignore[misc]

    with patch.object(Caps, "_from_redis", counting):
        assert run(cap, 60, edges=1) == 480
    assert len(asked) < 30


def test_it_takes_from_several_caps_all_or_none(cap: Cap, ada: Member, partnership: Partnership) -> None:
    small = rules.add(
        cap.campaign, metric="clicks", period="total", limit=30, partnership_id=partnership.pk, by=ada.actor
    )

    async def both() -> int:
        async with edge() as one:
            caps = [known(cap), known(small)]
            found = [one.spend(caps, now_ms()) for _ in range(1)]
            results = [await one.asked(caps, now_ms()) for _ in range(60)]
            assert found == [None]
            return results.count("")

    assert loops.run(both()) == 30
    assert exhaust(cap) == LIMIT - 30
