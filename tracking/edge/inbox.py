"""Reports become durable here: committed to PostgreSQL in groups, or fsynced to the spool while that is away.

As with the buffer a group is whatever gathered while the last one was on its way. There is one at a time: two would be
half as large and cost as much each. Uniqueness is decided by the keys in PostgreSQL alone. What was on its way when the
connection broke may have been committed: it goes to the spool with its id, and is recognised by it later.
"""

import asyncio
import contextlib
import logging
from collections import deque
from dataclasses import dataclass, field
from typing import Any, Final, LiteralString

import orjson
import psycopg
from psycopg import AsyncConnection

from tracking.edge import inbox_sql, prepared, spool
from tracking.edge.entries import CONFLICT, SPOOLED, Entry
from tracking.edge.limits import PerMinute
from tracking.edge.prepared import BIGINT, BOOL, BYTES, JSONB, SMALLINT, TEXT, UUID, Db
from tracking.edge.refusals import Rejection
from tracking.edge.spool import Spool

log = logging.getLogger("tracking.edge.inbox")

GROUP: Final = 1000
MAX_WAITING: Final = 20_000
PATIENCE: Final = 5.0  # seconds for a group, before it goes to the spool
RETRY: Final = 0.5
DRAIN_BATCH: Final = 500
PROBE: Final = 10.0  # seconds between two looks at PostgreSQL itself
LOOK_FOR_SPOOLED: Final = 1.0  # seconds: a batch may reach the disk just after all was brought in
OVERLOADED: Final = Rejection(503, "overloaded", "Too many reports are waiting. Send it again in a few seconds.")
UNSTORABLE: Final = Rejection(422, "invalid_characters", "The report holds text that cannot be stored.")

ACCEPT: Final = b"accept"
_TRUE, _FALSE = b"\1", b"\0"
_OIDS: Final = (UUID, BIGINT, TEXT, TEXT, BOOL, BYTES, TEXT, TEXT, TEXT, JSONB, TEXT, TEXT, SMALLINT, JSONB)


@dataclass(slots=True)
class Group:
    entries: list[Entry] = field(default_factory=list)
    waiting: list[asyncio.Future[None]] = field(default_factory=list)

    def settle(self) -> None:
        for waiter in self.waiting:
            if not waiter.done():  # a caller that went away
                waiter.set_result(None)


class Inbox:
    def __init__(self, database_url: str, spooled: Spool, logged_per_minute: int) -> None:
        self.database_url, self.spool = database_url, spooled
        self.is_away = False
        self.stored = 0
        self.logged = PerMinute(logged_per_minute)
        self._groups: deque[Group] = deque()
        self._gathered = 0  # in these groups
        self._rest: asyncio.Future[None] | None = None  # of the lane, while there is nothing to do
        self._is_busy = False
        self._worried = asyncio.Event()
        self._asking = asyncio.Lock()
        self._answers: Db | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def submit(self, entries: list[Entry]) -> None:
        """Return once each of them has its final answer, and what that answer promises is durable."""
        if self._gathered > MAX_WAITING:
            for entry in entries:
                entry.reject(OVERLOADED)
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._gather(entries).waiting.append(waiter)
        await waiter

    def note(self, entry: Entry) -> None:
        """Keep a refused report for the advertiser's log, a bounded number of them, and without being waited for."""
        if not self.is_away and self.logged.allows(entry.campaign_id):
            self._gather([entry])

    async def kept_answer(self, campaign_id: int, key: str) -> tuple[bytes, int, str] | None:
        """Hash of the request, status and body of what was answered under this Idempotency-Key before."""
        found: tuple[bytes, int, str] | None = await self._ask(inbox_sql.FIND_ANSWER, campaign_id, key)
        return found

    async def campaign_of(self, system: str, click_id: str, campaign_ids: list[int]) -> int | None:
        """Which of these campaigns an imported click of another system belongs to."""
        found: tuple[int] | None = await self._ask(inbox_sql.FIND_FOREIGN_CLICK, campaign_ids, system, click_id[:128])
        return found[0] if found else None

    async def keep_answer(self, campaign_id: int, key: str, request_hash: bytes, status: int, answer: str) -> None:
        """Without it a repeated request is answered anew: its reports are duplicates by their own keys."""
        await self._ask(inbox_sql.KEEP_ANSWER, campaign_id, key, request_hash, status, answer)

    def start(self) -> None:
        self._tasks = [asyncio.create_task(job()) for job in (self._lane, self._care)]

    async def stop(self) -> None:
        while self._groups or self._is_busy:  # noqa: ASYNC110  once, at the end
            await asyncio.sleep(0.01)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _ask(self, statement: LiteralString, *values: object) -> Any:
        """One row or None; also None while PostgreSQL is away."""
        if self.is_away:
            return None
        try:
            async with asyncio.timeout(PATIENCE), self._asking:
                if self._answers is None or self._answers.closed:
                    self._answers = await self._connect()
                cursor = await self._answers.execute(statement, values)
                return await cursor.fetchone() if cursor.description else None
        except (OSError, psycopg.Error, TimeoutError):
            return None

    def _gather(self, entries: list[Entry]) -> Group:
        if not self._groups or len(self._groups[-1].entries) >= GROUP:
            self._groups.append(Group())
        group = self._groups[-1]
        group.entries += entries
        self._gathered += len(entries)
        if self._rest and not self._rest.done():
            self._rest.set_result(None)
        return group

    async def _lane(self) -> None:
        connection: Db | None = None
        while True:
            while not self._groups:
                self._rest = asyncio.get_running_loop().create_future()
                await self._rest
            group = self._groups.popleft()
            self._gathered -= len(group.entries)
            self._is_busy = True
            try:
                connection = await self._settle(connection, group.entries)
            except Exception:
                log.exception("A group of %d reports failed", len(group.entries))
                for entry in group.entries:
                    entry.reject(OVERLOADED)
            finally:
                self._is_busy = False
                group.settle()

    async def _settle(self, connection: Db | None, entries: list[Entry]) -> Db | None:
        """Commit or spool them. The connection, if it is still of use."""
        if not self.is_away:
            try:
                if connection is None:
                    connection = await self._connect()
                async with asyncio.timeout(PATIENCE):
                    await self.commit(connection, entries)
            except (OSError, psycopg.Error, TimeoutError) as error:
                log.warning("PostgreSQL is away, reports go to the spool: %s", type(error).__name__)
                self.is_away = True
                self._worried.set()
            else:
                return connection
        if connection:
            with contextlib.suppress(Exception):
                await connection.close()
        await self._to_spool([entry for entry in entries if entry.kind != "rejected"])
        return None

    async def _to_spool(self, entries: list[Entry]) -> None:
        if not entries:
            return
        for entry in entries:
            entry.accept(202, SPOOLED)
        try:
            await self.spool.append([orjson.dumps(entry.spooled()) for entry in entries])
        except spool.Full:
            for entry in entries:
                entry.reject(OVERLOADED)

    async def commit(self, connection: Db, entries: list[Entry]) -> None:
        """All of it, or, where a row is not storable, by halves down to that one."""
        try:
            await self._commit(connection, entries)
        except (psycopg.DataError, psycopg.IntegrityError):
            if len(entries) == 1:
                log.exception("A report cannot be stored")
                entries[0].reject(UNSTORABLE)
                return
            middle = len(entries) // 2
            for half in (entries[:middle], entries[middle:]):
                await self.commit(connection, half)

    async def _commit(self, connection: Db, entries: list[Entry]) -> None:
        if refunds := [entry for entry in entries if entry.kind == "refund"]:
            await _look_at_sales(connection, refunds)
        keyed = [entry for entry in entries if entry.key and not entry.currency]
        fresh = await _accept(connection, keyed) if keyed else 0
        self.stored += fresh
        if fresh == len(entries):
            return
        await _compare(connection, [entry for entry in entries if entry.key], all_fresh=fresh == len(keyed))
        await _run(connection, inbox_sql.STORE, [entry for entry in entries if self._is_kept(entry)])

    def _is_kept(self, entry: Entry) -> bool:
        """A repeated report only up to a number per minute; what is stored already not again."""
        if entry.kind == "stored":
            return False
        return not entry.original or self.logged.allows(entry.campaign_id)

    async def _connect(self) -> Db:
        connection: Db = await AsyncConnection.connect(
            self.database_url, autocommit=True, connect_timeout=2, application_name="peyvand edge inbox"
        )
        await prepared.prepare(connection, ACCEPT, inbox_sql.ACCEPT)
        return connection

    async def _care(self) -> None:
        """Find out when PostgreSQL is away or back, and bring it what was spooled."""
        loop = asyncio.get_running_loop()
        looked = -PROBE
        while True:
            if self.is_away or self.spool.has_open_file or self.spool.takeable() or loop.time() > looked + PROBE:
                try:
                    await self._look()
                except (OSError, psycopg.Error, TimeoutError):
                    self.is_away = True
                    await asyncio.sleep(RETRY)
                    continue
                looked = loop.time()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._worried.wait(), LOOK_FOR_SPOOLED)

    async def _look(self) -> None:
        async with asyncio.timeout(PATIENCE * 4), await self._connect() as connection:
            cursor = await connection.execute("SELECT NOT pg_is_in_recovery() FROM tracking_orderkey LIMIT 0")
            await cursor.fetchall()
            self._worried.clear()
            self.is_away = False
            await self._drain(connection)

    async def _drain(self, connection: Db) -> None:
        if self.spool.has_open_file:
            await self.spool.rotate()
        for path in self.spool.takeable():
            with spool.taken(path) as file:
                if file:
                    for lines in spool.batches(file, DRAIN_BATCH):
                        await self.commit(connection, [Entry.from_spool(orjson.loads(line)) for line in lines])
                    spool.finish(path)
        self.spool.takeable()


async def _accept(connection: Db, entries: list[Entry]) -> int:
    """The number of those that are stored now; of the others the keys are taken."""
    rows = [
        (
            entry.id.bytes,
            entry.campaign_id.to_bytes(8),
            entry.key[0].encode(),
            entry.key[1].encode(),
            _TRUE if entry.key[2] else _FALSE,
            entry.fingerprint,
            entry.caller.channel.encode(),
            entry.caller.method.encode(),
            entry.caller.raw.encode(),
            b"\1" + orjson.dumps(entry.fields),
            entry.caller.ip.encode() if entry.caller.ip else None,
            entry.caller.user_agent.encode(),
            entry.status.to_bytes(2),
            b"\1" + entry.body,
        )
        for entry in entries
        if entry.key
    ]
    result = await prepared.execute(connection, ACCEPT, prepared.columns(_OIDS, rows))
    return int.from_bytes(result.get_value(0, 0) or b"")


async def _run(connection: Db, statement: LiteralString, entries: list[Entry]) -> list[tuple[Any, ...]]:
    if not entries:
        return []
    rows = orjson.dumps([entry.row() for entry in entries]).decode()
    cursor = await connection.execute(statement, {"rows": rows})
    return await cursor.fetchall() if cursor.description else []


async def _look_at_sales(connection: Db, refunds: list[Entry]) -> None:
    rows = orjson.dumps([entry.sale() for entry in refunds]).decode()
    cursor = await connection.execute(inbox_sql.SALES, {"rows": rows})
    sales = {row[0]: row[1:] for row in await cursor.fetchall()}
    for refund in refunds:
        if str(refund.id) not in sales:
            refund.accept(202, "orphan")
            continue
        amount, refunded = sales[str(refund.id)]
        wanted = refund.fields["amount"]
        if amount is not None and wanted is not None and wanted > amount - refunded:
            refund.warn("clamped")
        refund.accept(refund.status, refund.reason)


async def _compare(connection: Db, entries: list[Entry], *, all_fresh: bool) -> None:
    """Whose are their keys, and does that one say the same?"""
    if all_fresh:
        for entry in entries:
            if not entry.currency:
                entry.kind = "stored"
        entries = [entry for entry in entries if entry.currency]
    found = {row[0]: row[1:] for row in await _run(connection, inbox_sql.FIND, entries)}
    for entry in entries:
        original, fingerprint = found.get(str(entry.id), (None, None))
        if entry.currency:
            entry.reject(CONFLICT if original else _foreign(entry.currency))
        elif original == str(entry.id):
            entry.kind = "stored"
        elif entry.fields.get("status") and (fingerprint == entry.fingerprint or entry.fields["amount"] is None):
            entry.fields["kind"] = "status"
        elif fingerprint == entry.fingerprint:
            entry.duplicate(original)
        else:
            entry.reject(CONFLICT)


def _foreign(currency: str) -> Rejection:
    return Rejection(422, "invalid_currency", f"The campaign's currency is {currency}.", "currency")
