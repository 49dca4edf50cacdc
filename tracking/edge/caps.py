"""Caps on clicks, exact without asking anybody per click: this edge takes a portion of what is left and spends it here.

    PostgreSQL   tracking_capuse.used: what was handed out in this period, never more than the limit
    Redis        a bucket per cap and period: of what PostgreSQL handed out, what no edge has taken yet
    here         a purse per cap and period: of what was taken, what no visitor has used yet

A purse takes an eighth of the bucket (at most 1,000, at least 1), an empty bucket is filled with half of what PostgreSQL
has left (at most 10,000). While Redis is away, the purse takes from PostgreSQL; while that is away, from the bucket; while
both are, it spends what it has and then diverts: rather too few than too many. A purse that lies still for IDLE seconds and
those of an edge that stops go back. What a killed edge held is found missing by `tracking.pacing.reconcile`.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

import hiredis
import psycopg
from psycopg import AsyncConnection

from advertisers import periods
from tracking.edge.route import Route
from tracking.edge.stream import Connection, command, connect
from tracking.snapshot import traffic
from tracking.snapshot.traffic import ClickCap

log = logging.getLogger("tracking.edge.caps")

REACHED: Final = "cap_reached"
UNKNOWN: Final = -1
RETRY: Final = 1.0  # seconds until a cap that was found full is asked for again
IDLE: Final = 10.0
REDIS_PATIENCE: Final = 0.25
DATABASE_PATIENCE: Final = 1.0
REFILL_FROM: Final = 16  # portions of this size are renewed in the background when a quarter is left
GIVE_BACK_FOR: Final = 40 * 86_400  # seconds that a bucket of "total" is kept without being touched

TAKE: Final = b"""
local left = tonumber(redis.call('GET', KEYS[1]) or '0')
if left <= 0 then return 0 end
local portion = math.max(1, math.min(math.floor(left / 8), 1000))
redis.call('DECRBY', KEYS[1], portion)
return portion
"""
GIVE: Final = b"""
local left = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('EXPIRE', KEYS[1], ARGV[2])
return left
"""


class Purse:
    __slots__ = (
        *("asking", "bound", "cap", "ends_ms", "full_until", "left", "period", "portion", "starts", "starts_ms"),
        "touched",
    )

    def __init__(self, cap: ClickCap, period: periods.Span) -> None:
        self.cap, self.period = cap, period
        self.starts = int(period.starts_at.timestamp())
        self.starts_ms, self.ends_ms = self.starts * 1000, period.ends_at.timestamp() * 1000
        self.left = self.portion = 0
        self.bound = cap.limit
        self.full_until = 0.0
        self.touched = time.monotonic()
        self.asking: asyncio.Task[None] | None = None


class Grant(NamedTuple):
    units: int
    bound: int


def of(way: Route) -> tuple[ClickCap, ...]:
    """The caps of which every visitor of this route takes one."""
    found = traffic.of(way.campaign)
    caps = found.caps if found else ()
    return tuple(cap for cap in caps if cap.partnership_id in {None, way.partnership.id})


@lru_cache(maxsize=4096)
def _period(period: str, zone: str, hour: int) -> periods.Span:
    """Of an hour since 1970. Every zone's day begins at a full quarter of an hour, so see `_span`."""
    return periods.span(period, datetime.fromtimestamp(hour * 900, UTC), zone)


def _span(cap: ClickCap, at_ms: int) -> periods.Span:
    return _period(cap.period, cap.time_zone, at_ms // 900_000)


class Caps:
    def __init__(self, database_url: str, redis_url: str, stream: str) -> None:
        self.database_url, self.redis_url, self.stream = database_url, redis_url, stream
        self.unknown = 0  # visitors that were diverted because nobody could be asked
        self._purses: dict[tuple[int, int], Purse] = {}
        self._current: dict[int, Purse] = {}  # by cap, the one that was asked for last
        self._redis: Connection | None = None
        self._database: AsyncConnection[Any] | None = None
        self._redis_lock, self._database_lock = asyncio.Lock(), asyncio.Lock()
        self._redis_again = self._database_again = 0.0
        self._keeper: asyncio.Task[None] | None = None
        self._returning: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        self._keeper = asyncio.create_task(self._keep())

    async def stop(self) -> None:
        """Give back what was not spent."""
        if self._keeper:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        for purse in list(self._purses.values()):
            if purse.asking:
                await asyncio.gather(purse.asking, return_exceptions=True)
            await self._give_back(purse)
        await asyncio.gather(*self._returning, return_exceptions=True)
        if self._redis:
            self._redis.abort()
        if self._database:
            await self._database.close()

    def spend(self, caps: Sequence[ClickCap], at_ms: int) -> str | None:
        """One of each: "" when there was one, the reason to divert when there is none, None when `asked` must find out."""
        taken: list[Purse] = []
        for cap in caps:
            purse = self._purse(cap, at_ms)
            if purse.left <= 0:
                for other in taken:
                    other.left += 1
                return REACHED if time.monotonic() < purse.full_until else None
            purse.left -= 1
            taken.append(purse)
        for purse in taken:
            purse.touched = time.monotonic()
            if purse.left * 4 < purse.portion >= REFILL_FROM and not purse.asking:
                self._ask(purse)
        return ""

    def is_full(self, caps: Sequence[ClickCap], at_ms: int) -> bool:
        """As far as is known here, for who spends nothing: a HEAD, a prefetch."""
        purses = [self._purse(cap, at_ms) for cap in caps]
        return any(purse.left <= 0 and time.monotonic() < purse.full_until for purse in purses)

    async def asked(self, caps: Sequence[ClickCap], at_ms: int) -> str:
        """As `spend`, after asking for more."""
        while (answer := self.spend(caps, at_ms)) is None:
            for cap in caps:
                purse = self._purse(cap, at_ms)
                if purse.left <= 0 and time.monotonic() >= purse.full_until:
                    await asyncio.shield(purse.asking or self._ask(purse))
        return answer

    def _purse(self, cap: ClickCap, at_ms: int) -> Purse:
        purse = self._current.get(cap.id)
        if purse is None or purse.cap is not cap or not purse.starts_ms <= at_ms < purse.ends_ms:
            purse = self._current[cap.id] = self._opened(cap, at_ms)
            purse.cap = cap
        return purse

    def _opened(self, cap: ClickCap, at_ms: int) -> Purse:
        period = _span(cap, at_ms)
        key = (cap.id, int(period.starts_at.timestamp()))
        purse = self._purses.get(key)
        if purse is None:
            purse = self._purses[key] = Purse(cap, period)
        elif purse.cap.limit != cap.limit:  # what is left under the old limit goes back before the new one is asked for
            self._retire(purse)
            purse = self._purses[key] = Purse(cap, period)
        return purse

    def _retire(self, purse: Purse) -> None:
        left = purse.left
        if left:
            purse.left = 0
            task = asyncio.create_task(self._to_database(purse, left))
            self._returning.add(task)
            task.add_done_callback(self._returning.discard)

    def _ask(self, purse: Purse) -> asyncio.Task[None]:
        purse.asking = asyncio.create_task(self._lease(purse))
        return purse.asking

    async def _lease(self, purse: Purse) -> None:
        try:
            units, is_known = await self._units(purse)
            purse.left += units
            purse.portion = units or purse.portion
            purse.touched = time.monotonic()
            if not units and purse.left <= 0:
                purse.full_until = time.monotonic() + RETRY
                self.unknown += not is_known
        finally:
            purse.asking = None

    async def _units(self, purse: Purse) -> tuple[int, bool]:
        """And whether somebody could be asked who knows."""
        if found := await self._from_redis(purse):
            return found, True
        grant = await self._from_database(purse)
        if grant is None:
            return 0, False
        purse.bound = grant.bound
        if not grant.units:
            return await self._from_redis(purse), True  # what another edge has just put there
        own = max(1, min(grant.units // 8, 1000))
        rest = grant.units - own
        if rest and not await self._to_redis(purse, rest):
            own += rest
        return own, True

    async def _keep(self) -> None:
        """Give back what lies still, forget periods that are over."""
        while True:
            await asyncio.sleep(IDLE / 4)
            now, now_ms = time.monotonic(), time.time() * 1000
            for key, purse in list(self._purses.items()):
                if purse.asking:
                    continue
                if now_ms >= purse.ends_ms + 60_000:
                    self._purses.pop(key, None)
                    self._current.pop(purse.cap.id, None)
                elif purse.left and now - purse.touched > IDLE:
                    await self._give_back(purse)

    async def _give_back(self, purse: Purse) -> None:
        left, purse.left = purse.left, 0
        if left:
            await self._return(purse, left)

    async def _return(self, purse: Purse, units: int) -> None:
        if not await self._to_redis(purse, units):
            await self._to_database(purse, units)

    # Redis

    def _key(self, purse: Purse, bound: int | None = None) -> bytes:
        return f"{self.stream}:cap:{purse.cap.id}:{purse.starts}:{bound or purse.bound}".encode()

    async def _from_redis(self, purse: Purse) -> int:
        return max(0, await self._on_redis(command(b"EVAL", TAKE, b"1", self._key(purse))) or 0)

    async def _to_redis(self, purse: Purse, units: int) -> bool:
        """False: they are not there. Where the answer was lost they may be; better lost, too, than spent twice."""
        kept = int(min(GIVE_BACK_FOR, max(60.0, purse.ends_ms / 1000 - time.time() + 3600)))
        given = command(b"EVAL", GIVE, b"1", self._key(purse), b"%d" % units, b"%d" % kept)
        return await self._on_redis(given) is not None

    async def _on_redis(self, sent: bytes) -> int | None:
        """None: it did not get there. UNKNOWN: it may have."""
        async with self._redis_lock:
            if time.monotonic() < self._redis_again:
                return None
            answer: int | None = None
            try:
                if self._redis is None or self._redis.closed.done():
                    async with asyncio.timeout(2 * REDIS_PATIENCE):
                        self._redis = await connect(self.redis_url)
                answer = UNKNOWN
                [reply] = await self._redis.send([sent], REDIS_PATIENCE)
                if not isinstance(reply, hiredis.ReplyError):
                    return int(reply or 0)
                log.warning("Redis gives no portion of a cap: %s", reply)
                self._redis.abort()
                answer = None
            except (OSError, TimeoutError):
                log.debug("Redis is away")
            self._redis, self._redis_again = None, time.monotonic() + RETRY
            return answer

    # PostgreSQL

    async def _from_database(self, purse: Purse) -> Grant | None:
        """None: it is away."""
        return await self._on_database(purse, self._granted)

    async def _to_database(self, purse: Purse, units: int) -> None:
        async def given(connection: AsyncConnection[Any], purse: Purse) -> None:
            await connection.execute(GIVE_BACK, [units, purse.cap.id, purse.period.starts_at])

        await self._on_database(purse, given)

    async def _on_database[T](
        self, purse: Purse, work: Callable[[AsyncConnection[Any], Purse], Awaitable[T]]
    ) -> T | None:
        async with self._database_lock:
            if time.monotonic() < self._database_again:
                return None
            try:
                async with asyncio.timeout(DATABASE_PATIENCE * (1 if self._database else 3)):
                    if self._database is None:
                        self._database = await AsyncConnection.connect(
                            self.database_url, autocommit=True, connect_timeout=3, application_name="peyvand edge caps"
                        )
                    async with self._database.transaction():
                        return await work(self._database, purse)
            except (OSError, psycopg.Error, TimeoutError) as error:
                log.warning("PostgreSQL grants no portion of a cap: %s", type(error).__name__)
                self._database_again = time.monotonic() + RETRY
                if self._database:
                    with contextlib.suppress(psycopg.Error, OSError):
                        await self._database.close()
                self._database = None
                return None

    async def _granted(self, connection: AsyncConnection[Any], purse: Purse) -> Grant:
        key = [purse.cap.id, purse.period.starts_at]
        cursor = await connection.execute(LOCKED, key)
        row = await cursor.fetchone()
        if row is None:
            await connection.execute(BEGUN, [purse.period.starts_at, purse.period.ends_at, purse.cap.id])
            cursor = await connection.execute(LOCKED, key)
            row = await cursor.fetchone()
        if row is None:  # the cap is gone
            return Grant(0, purse.bound)
        use, used, bound, limit = row
        if bound == 0:
            cursor = await connection.execute(KEPT, [purse.period.first, purse.period.last, purse.cap.id])
            kept = await cursor.fetchone()
            used = max(used, kept[0] if kept else 0)
        elif bound != limit:  # the bucket of the old limit comes back first
            used -= max(0, await self._on_redis(command(b"EVAL", DRAIN, b"1", self._key(purse, bound))) or 0)
        units = max(1, min((limit - used) // 2, 10_000)) if used < limit else 0
        if units or bound != limit:
            await connection.execute(HANDED_OUT, [max(0, used) + units, limit, use])
        return Grant(units, limit)


DRAIN: Final = b"""
local left = tonumber(redis.call('GET', KEYS[1]) or '0')
redis.call('DEL', KEYS[1])
return left
"""
LOCKED: Final = """
SELECT u.id, u.used, u.bound, k."limit" FROM tracking_capuse u JOIN advertisers_cap k ON k.id = u.cap_id
WHERE u.cap_id = %s AND u.starts_at = %s FOR UPDATE OF u"""
BEGUN: Final = """
INSERT INTO tracking_capuse (cap_id, starts_at, ends_at, used, bound, alerted, changed_at)
SELECT id, %s, %s, 0, 0, 0, now() FROM advertisers_cap WHERE id = %s ON CONFLICT (cap_id, starts_at) DO NOTHING"""
KEPT: Final = """
SELECT coalesce(sum(d.clicks + d.invalid_clicks), 0)::bigint
FROM advertisers_cap k JOIN tracking_dailycount d ON d.campaign_id = k.campaign_id AND d.day BETWEEN %s AND %s
WHERE k.id = %s AND (k.partnership_id IS NULL OR k.partnership_id = d.partnership_id)"""
HANDED_OUT: Final = "UPDATE tracking_capuse SET used = %s, bound = %s, changed_at = now() WHERE id = %s"
GIVE_BACK: Final = """
UPDATE tracking_capuse SET used = greatest(0, used - %s), changed_at = now()
WHERE cap_id = %s AND starts_at = %s"""
