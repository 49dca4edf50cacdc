"""Where events wait to be durable: in the stream of Redis, or, while that is away, in the spool.

Group commit without a timer: one batch is on its way, and the next one is whatever gathered meanwhile. A visitor waits
for the answer to the batch that carries the own event.

Format. The streams are `{stream}:0` to `{stream}:{shards - 1}`; one visitor's events are all in one of them, in order. An
entry has the one field `e`: one or more events as JSON, one per line (no line break inside an event, none at the end). A
file of the spool holds the same lines.
"""

import asyncio
import contextlib
import logging
from dataclasses import dataclass, field
from typing import Final

import hiredis

from tracking.edge import spool
from tracking.edge.spool import Spool
from tracking.edge.stream import Connection, connect

log = logging.getLogger("tracking.edge.buffer")

PATIENCE: Final = 0.5  # seconds for the answer to a batch, before it goes to the spool
RETRY: Final = (0.1, 0.2, 0.5, 1.0)
DRAIN_BATCH: Final = 500
LOOK_FOR_SPOOLED: Final = 10.0  # seconds


@dataclass(slots=True)
class Batch:
    done: asyncio.Future[None]
    events: list[bytes] = field(default_factory=list)


class Buffer:
    def __init__(self, redis_url: str, stream: str, shards: int, spooled: Spool) -> None:
        self.redis_url, self.spool = redis_url, spooled
        self.stored = self.spooled = 0
        self._head = b"*5\r\n$4\r\nXADD\r\n$%d\r\n%s\r\n$1\r\n*\r\n$1\r\ne\r\n$" % (
            len(stream.encode()),
            stream.encode(),
        )
        self._gathering: Batch | None = None
        self._on_its_way: Batch | None = None
        self._idle: asyncio.Future[None] | None = None
        self._connection: Connection | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    def add(self, event: bytes, visitor: str) -> asyncio.Future[None]:
        """Done once the event is durable, or counted as lost because neither Redis nor the disk would take it.

        `visitor` decides the shard.
        """
        batch = self._gathering
        if batch is None:
            batch = self._gathering = Batch(asyncio.get_running_loop().create_future())
            if self._idle and not self._idle.done():
                self._idle.set_result(None)
        batch.events.append(event)
        return batch.done

    async def start(self) -> None:
        with contextlib.suppress(OSError, TimeoutError):
            self._connection = await connect(self.redis_url)
        self._tasks = [asyncio.create_task(job()) for job in (self._ship_all, self._stay_connected)]

    async def stop(self) -> None:
        """Nothing gathers any more: bring out what is still here."""
        while batch := self._gathering or self._on_its_way:
            await batch.done
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._connection:
            self._connection.abort()

    async def _ship_all(self) -> None:
        while True:
            if self._gathering is None:
                self._idle = asyncio.get_running_loop().create_future()
                await self._idle
            batch, self._gathering = self._gathering, None
            if batch is None:
                continue
            self._on_its_way = batch
            try:
                await self._ship(batch.events)
            except Exception:
                log.exception("A batch of %d events was lost", len(batch.events))
                self.spool.lost += len(batch.events)
            batch.done.set_result(None)
            self._on_its_way = None

    async def _ship(self, events: list[bytes]) -> None:
        refused = await self._to_redis(events)
        self.stored += len(events) - len(refused)
        if refused:
            with contextlib.suppress(spool.Full):  # counted there
                await self.spool.append(refused)
                self.spooled += len(refused)

    async def _to_redis(self, events: list[bytes]) -> list[bytes]:
        """Those that Redis did not acknowledge."""
        connection = self._connection
        if connection is None:
            return events
        try:
            replies = await connection.send([self._entry(event) for event in events], PATIENCE)
        except (OSError, TimeoutError):
            self._connection = None
            return events
        refused = [event for event, reply in zip(events, replies, strict=True) if isinstance(reply, hiredis.ReplyError)]
        if refused:  # full, read-only, or loading: let it come to itself
            self._connection = None
            connection.abort()
        return refused

    def _entry(self, event: bytes) -> bytes:
        return b"%s%d\r\n%s\r\n" % (self._head, len(event), event)

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
        """Bring what is in spool files into the stream, over a connection of its own."""
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
        for events in spool.batches(file, DRAIN_BATCH):
            replies = await connection.send([self._entry(event) for event in events], PATIENCE * 10)
            for reply in replies:
                if isinstance(reply, hiredis.ReplyError):
                    raise OSError(str(reply))
