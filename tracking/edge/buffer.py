"""Where events wait to be durable: in the streams of Redis, or, while that is away, in the spool.

Group commit without a timer: one batch is on its way, and the next one is whatever gathered meanwhile. A visitor waits
for the answer to the batch that carries the own event.

Format. The streams are `{stream}:0` to `{stream}:{shards - 1}`; one visitor's events are all in one of them, in order. An
entry has the one field `e`: one or more events as JSON, one per line (no line break inside an event, none at the end). A
file of the spool holds the same lines.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Sequence
from itertools import batched
from typing import Final
from zlib import crc32

import hiredis
import orjson

from tracking.edge import spool
from tracking.edge.spool import Spool
from tracking.edge.stream import Connection, Replies, connect

log = logging.getLogger("tracking.edge.buffer")

PATIENCE: Final = 0.5  # seconds for the answer to a batch, before it goes to the spool
RETRY: Final = (0.1, 0.2, 0.5, 1.0)
ENTRY: Final = 500  # events of one entry at most
LOOK_FOR_SPOOLED: Final = 1.0  # seconds: a batch may reach the disk just after all was brought in


class Batch:
    __slots__ = ("at", "done", "events")

    def __init__(self, loop: asyncio.AbstractEventLoop, shards: int) -> None:
        self.done: asyncio.Future[None] = loop.create_future()
        self.events: list[list[bytes]] = [[] for _ in range(shards)]
        self.at = 0.0  # when it was sent

    @property
    def size(self) -> int:
        return sum(map(len, self.events))


class Buffer:
    def __init__(self, redis_url: str, stream: str, shards: int, spooled: Spool) -> None:
        self.redis_url, self.shards, self.spool = redis_url, shards, spooled
        self.stored = self.spooled = 0
        self._heads = [_head(f"{stream}:{number}".encode()) for number in range(shards)]
        self._gathering: Batch | None = None
        self._on_its_way: Batch | None = None
        self._connection: Connection | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    def add(self, event: bytes, visitor: int) -> asyncio.Future[None]:
        """Done once the event is durable, or counted as lost because neither Redis nor the disk would take it.

        `visitor` is a number that tells visitors apart; it decides the shard.
        """
        batch = self._gathering
        if batch is None:
            loop = asyncio.get_running_loop()
            batch = self._gathering = Batch(loop, self.shards)
            if self._on_its_way is None:
                loop.call_soon(self._ship)  # with whatever else this turn of the loop brings
        batch.events[visitor % self.shards].append(event)
        return batch.done

    async def start(self) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            self._connection = await connect(self.redis_url)
        self._begin(self._stay_connected())
        self._begin(self._lose_patience())

    async def stop(self) -> None:
        """Nothing gathers any more: bring out what is still here."""
        while batch := self._gathering or self._on_its_way:
            await batch.done
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._connection:
            self._connection.abort()

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _ship(self) -> None:
        """Send off what has gathered, unless something is on its way: the end of that calls again."""
        batch = self._gathering
        if batch is None or self._on_its_way is not None:
            return
        self._gathering, self._on_its_way = None, batch
        connection = self._connection
        if connection is None:
            self._begin(self._to_disk(batch, [event for events in batch.events for event in events]))
            return
        batch.at = asyncio.get_running_loop().time()
        portions: list[tuple[bytes, Sequence[bytes]]] = [
            (head, part)
            for head, events in zip(self._heads, batch.events, strict=True)
            for part in (batched(events, ENTRY) if len(events) > ENTRY else [events] if events else [])
        ]
        entries = [_entry(head, events) for head, events in portions]
        connection.post(entries, lambda replies: self._answered(batch, portions, replies))

    def _answered(self, batch: Batch, portions: list[tuple[bytes, Sequence[bytes]]], replies: Replies | None) -> None:
        refused: list[bytes] = []
        for number, (_, events) in enumerate(portions):
            if replies is None or isinstance(replies[number], hiredis.ReplyError):
                refused.extend(events)
        self.stored += batch.size - len(refused)
        if not refused:
            self._finish(batch)
            return
        if connection := self._connection:  # gone, full, read-only, or loading: let it come to itself
            self._connection = None
            connection.abort()
        self._begin(self._to_disk(batch, refused))

    async def _to_disk(self, batch: Batch, events: list[bytes]) -> None:
        try:
            await self.spool.append(events)
            self.spooled += len(events)
        except spool.Full:  # counted there
            pass
        except Exception:
            log.exception("A batch of %d events was lost", len(events))
            self.spool.lost += len(events)
        finally:
            self._finish(batch)

    def _finish(self, batch: Batch) -> None:
        self._on_its_way = None
        batch.done.set_result(None)
        self._ship()

    async def _lose_patience(self) -> None:
        """Give a connection up whose answer is overdue: one clock for all batches."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PATIENCE / 5)
            batch, connection = self._on_its_way, self._connection
            if batch and connection and batch.at and loop.time() - batch.at > PATIENCE:
                connection.abort()

    async def _stay_connected(self) -> None:
        attempt = 0
        while True:
            connection = self._connection
            if connection is None:
                await asyncio.sleep(RETRY[min(attempt, len(RETRY) - 1)])
                attempt += 1
                with contextlib.suppress(OSError, TimeoutError):
                    self._connection = await connect(self.redis_url)
                    attempt = 0
                continue
            await self._drain()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(connection.closed), LOOK_FOR_SPOOLED)
                if self._connection is connection:
                    self._connection = None

    async def _drain(self) -> None:
        """Bring what is in spool files into a stream, over a connection of its own."""
        if self.spool.has_open_file:
            await self.spool.rotate()
        try:
            if not self.spool.takeable():
                return
            connection = await connect(self.redis_url)
            try:
                for path in self.spool.takeable():
                    with spool.taken(path) as file:
                        if file:
                            await self._drain_file(connection, file)
                            spool.finish(path)
            finally:
                connection.abort()
                self.spool.takeable()
        except (OSError, TimeoutError) as error:
            log.warning("Spooled events wait on: %s", error)

    async def _drain_file(self, connection: Connection, file: spool.File) -> None:
        for events in spool.batches(file, ENTRY):
            shards: dict[int, list[bytes]] = {}
            for event in events:
                shards.setdefault(visitor_of(event) % self.shards, []).append(event)
            entries = [_entry(self._heads[shard], part) for shard, part in shards.items()]
            for reply in await connection.send(entries, PATIENCE * 10):
                if isinstance(reply, hiredis.ReplyError):
                    raise OSError(str(reply))


def visitor_number(address: str | None, nonce: int) -> int:
    """The same for all events of an address, in every edge."""
    return crc32(address.encode()) if address else nonce


def visitor_of(event: bytes) -> int:
    found = orjson.loads(event)
    return visitor_number(found.get("ip"), found["n"] % 2**64)


def _head(stream: bytes) -> bytes:
    return b"*5\r\n$4\r\nXADD\r\n$%d\r\n%s\r\n$1\r\n*\r\n$1\r\ne\r\n$" % (len(stream), stream)


def _entry(head: bytes, events: Sequence[bytes]) -> bytes:
    data = b"\n".join(events)
    return b"%s%d\r\n%s\r\n" % (head, len(data), data)
