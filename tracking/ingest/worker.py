"""The loop over the event stream: take shards, read, make rows; a thread stores one batch while the next one is made.

It survives Redis and PostgreSQL going away, and ends between two batches.
"""

import gc
import sys
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from threading import Event as Flag
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, connection
from redis.exceptions import RedisError

from tracking.ingest import batches, leftovers
from tracking.ingest.events import Entry
from tracking.ingest.positions import Held, Lost, Positions, names
from tracking.ingest.shards import Shard
from tracking.ingest.store import Batch, Result, Store
from tracking.ingest.stream import Stream
from tracking.quality import warming

log = structlog.get_logger(__name__)

LIMIT: Final = 25_000  # events of a batch, about
PORTION: Final = 500  # entries of one read; an entry may have as many events
BLOCK_MS: Final = 500
PACE: Final = 0.1  # seconds between the starts of two batches that are not full: fewer, larger transactions
LOOK_EVERY: Final = 1.0  # seconds between two looks at the leases
CHECK_EVERY: Final = 5.0
RESCUE_EVERY: Final = 30.0
REPORT_EVERY: Final = 5.0
BACKOFF: Final = (0.1, 0.2, 0.5, 1.0, 2.0)
SWITCH: Final = 0.001  # seconds until the thread that makes rows lets the one that stores them go on


@dataclass(slots=True)
class Job:
    """A batch of a shard, which ends at `position`."""

    shard: Shard
    batch: Batch
    position: str
    is_full: bool
    attempted: bool = False


class Worker:
    def __init__(self, stream: Stream, stop: Flag, positions: Positions | None = None, limit: int = LIMIT) -> None:
        self.stream = stream
        self.stop = stop
        self.positions = positions or Positions()
        self.limit = limit
        self.store = Store()
        self.shards: dict[str, Shard] = {}
        self.jobs: deque[Job] = deque()  # made and not known to be stored; the first is with the storing thread
        self.storing: Future[Result] | None = None
        self.failures = 0
        self.next_look = self.next_check = self.next_rescue = 0.0
        self.counted = Result()
        self.since = time.monotonic()

    def run(self) -> None:
        """Until `stop`. Never raises for an absent service; a code error in one event makes a dead letter of it."""
        sys.setswitchinterval(SWITCH)
        # A batch is hundreds of thousands of objects without a cycle: looking for cycles took half of the time.
        gc.freeze()
        gc.set_threshold(200_000, 50, 100)
        with ThreadPoolExecutor(1, "store") as thread:
            self.thread = thread
            while not self.stop.is_set():
                started = time.monotonic()
                try:
                    is_full = self.turn()
                    self.report()
                except (RedisError, DatabaseError, InterfaceError) as error:
                    self.back_off(error)
                    continue
                self.failures = 0
                if not is_full:
                    self.stop.wait(max(0.0, PACE - (time.monotonic() - started)))
            self.leave()
            thread.submit(lambda: connection.close()).result()  # noqa: PLW0108  its own
        connection.close()

    def turn(self, block_ms: int = BLOCK_MS) -> bool:
        """One step; whether there is more at once."""
        while self.failures and self.jobs:  # first what could not be stored
            self.finish()
        self.look()
        found = self.read(block_ms)
        is_full = False
        for name, entries in found.items():
            is_full |= self.make(self.shards[name], entries)
        if not is_full:
            while self.jobs:
                self.finish()
        return is_full

    def read(self, block_ms: int) -> dict[str, list[Entry]]:
        if not self.shards:
            self.stop.wait(PACE)
            return {}
        now = time.monotonic()
        self.check(thoroughly=now >= self.next_check)
        if now >= self.next_check:
            self.next_check = now + CHECK_EVERY
        at = {name: shard.read_to for name, shard in self.shards.items()}
        found = self.stream.read(at, PORTION, None if self.jobs else block_ms)
        for name, entries in found.items():
            self.read_on(name, entries)
        return found

    def read_on(self, name: str, entries: list[Entry]) -> None:
        """Until they make a batch, or there are no more."""
        events = sum(entry.size for entry in entries)
        last = entries
        while len(last) == PORTION and events < self.limit:
            last = self.stream.read({name: last[-1].id}, PORTION).get(name, [])
            entries += last
            events += sum(entry.size for entry in last)

    def make(self, shard: Shard, entries: list[Entry]) -> bool:
        """Whether it was a full batch."""
        warming.refresh(shard.rows.arrival)
        batch = batches.make(shard.rows, entries)
        is_full = len(batch) >= self.limit // 2
        shard.read_to = entries[-1].id
        self.jobs.append(Job(shard, batch, shard.read_to, is_full))
        self.begin()
        while len(self.jobs) > 1:
            self.finish()
        return is_full

    # storing

    def begin(self) -> None:
        if self.storing is None and self.jobs:
            self.storing = self.thread.submit(self.put, self.jobs[0])

    def finish(self) -> None:
        """Wait for the batch that is being stored, and begin with the next. Raises what kept it; it is tried again."""
        self.begin()
        if self.storing is None:
            return
        job = self.jobs[0]
        try:
            self.counted += self.storing.result()
        except Lost:
            self.forget(job.shard.name)
        except BaseException:
            self.storing = None
            raise
        else:
            self.jobs.popleft()
        self.storing = None
        self.begin()

    def put(self, job: Job) -> Result:
        """In the storing thread. A commit whose answer was lost shows in the position."""
        held = job.shard.held
        try:
            if job.attempted and self.positions.stands_at(held) == job.position:
                result = Result()
            else:
                job.attempted = True
                result = self.store.put(
                    job.batch, held.stream, lambda events: self.positions.move(held, job.position, events)
                )
        except (DatabaseError, InterfaceError):
            connection.close()
            raise
        held.position = job.position
        self.trim(held, exactly=not job.is_full)
        return result

    def trim(self, held: Held, *, exactly: bool) -> None:
        try:
            self.stream.trim(held.stream, held.position, exactly=exactly)
        except RedisError as error:
            log.warning("ingest.not_trimmed", stream=held.stream, error=str(error))

    # shards

    def look(self) -> None:
        now = time.monotonic()
        if now < self.next_look:
            return
        kept = self.positions.renew()
        for name in self.shards.keys() - kept.keys():
            self.forget(name)
        for name, wanted_by in kept.items():
            if wanted_by not in {"", self.positions.holder} and len(kept) > 1:
                self.hand_over(name)
        self.take()
        if now >= self.next_rescue:
            leftovers.rescue(self.stream)
            self.next_rescue = now + RESCUE_EVERY
        self.next_look = now + LOOK_EVERY

    def take(self) -> None:
        self.positions.prepare(names())
        taken = self.positions.take()
        for held in taken:
            shard = Shard.of(held)
            self.shards[held.stream] = shard
            log.info("ingest.took", stream=held.stream, position=held.position)
        if taken:
            self.check(thoroughly=True)
            for held in taken:
                self.trim(held, exactly=True)
        else:
            self.positions.ask()

    def check(self, *, thoroughly: bool = False) -> None:
        """Start again where Redis began a new life, or came back without what was read."""
        found = self.stream.epochs(list(self.shards))
        for shard, epoch in zip(list(self.shards.values()), found, strict=True):
            held = shard.held
            if not held.epoch and epoch:
                self.restart(shard, epoch)
            elif epoch != held.epoch or (thoroughly and self.stream.is_behind(held.stream, shard.read_to)):
                log.warning("ingest.restarted", stream=held.stream, position=held.position, epoch=epoch)
                self.restart(shard, epoch)

    def restart(self, shard: Shard, epoch: str) -> None:
        while self.jobs:  # what was read before belongs to the other life
            self.finish()
        try:
            self.positions.restart(shard.held, epoch)
        except Lost:
            self.forget(shard.name)
        shard.read_to = shard.held.position

    def forget(self, name: str) -> None:
        """Another process has it, or will: what is not stored yet is its business."""
        log.info("ingest.lost", stream=name)
        self.shards.pop(name, None)
        if self.storing and self.jobs and self.jobs[0].shard.name == name and not self.storing.done():
            self.storing.exception()
        if self.jobs and self.jobs[0].shard.name == name:
            self.storing = None
        self.jobs = deque(job for job in self.jobs if job.shard.name != name)

    def hand_over(self, name: str) -> None:
        while self.jobs:
            self.finish()
        self.shards.pop(name, None)
        self.positions.release(name)
        log.info("ingest.handed_over", stream=name)

    # the rest

    def back_off(self, error: Exception) -> None:
        pause = BACKOFF[min(self.failures, len(BACKOFF) - 1)]
        self.failures += 1
        self.next_look = self.next_check = 0.0
        log.warning("ingest.waiting", seconds=pause, failures=self.failures, error=f"{type(error).__name__}: {error}")
        if not isinstance(error, RedisError):
            connection.close()
        self.stop.wait(pause)

    def report(self) -> None:
        now = time.monotonic()
        total = self.counted.stored + self.counted.repeated + self.counted.buried
        if not total:
            self.since = now
        elif now - self.since >= REPORT_EVERY:
            log.info(
                "ingest.progress",
                stored=self.counted.stored,
                repeated=self.counted.repeated,
                buried=self.counted.buried,
                per_second=round(total / (now - self.since)),
            )
            self.counted, self.since = Result(), now

    def leave(self) -> None:
        """Store what is made, and free the shards for others."""
        try:
            while self.jobs:
                self.finish()
            for name in self.shards:
                self.positions.release(name)
        except (RedisError, DatabaseError, InterfaceError) as error:
            log.warning("ingest.left_unannounced", error=str(error))
        self.stream.close()
