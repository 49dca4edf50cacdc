"""The loop over the event stream. It survives Redis and PostgreSQL going away, and ends between two batches."""

import time
from threading import Event as Flag
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, connection
from redis.exceptions import RedisError

from tracking.ingest import batches, leftovers
from tracking.ingest.stream import BATCH, Entry, Stream

log = structlog.get_logger(__name__)

BLOCK_MS: Final = 500
PACE: Final = 0.1  # seconds between the starts of two batches that are not full: fewer, larger transactions
CLAIM_EVERY: Final = 2.0
RESCUE_EVERY: Final = 30.0
REPORT_EVERY: Final = 5.0
BACKOFF: Final = (0.1, 0.2, 0.5, 1.0, 2.0)


class Worker:
    def __init__(self, stream: Stream, stop: Flag) -> None:
        self.stream = stream
        self.stop = stop
        self.failures = 0
        self.replay = True  # read own pending entries before new ones, after each failure
        self.next_claim = 0.0
        self.next_rescue = 0.0
        self.counted = batches.Result()
        self.since = time.monotonic()

    def run(self) -> None:
        """Until `stop`. Never raises for an absent service; a code error in one event buries that event."""
        while not self.stop.is_set():
            started = time.monotonic()
            try:
                entries = self.turn()
                self.report()
            except (RedisError, DatabaseError, InterfaceError) as error:
                self.back_off(error)
                continue
            self.failures = 0
            if 0 < len(entries) < BATCH:
                self.stop.wait(max(0.0, PACE - (time.monotonic() - started)))
        self.leave()

    def turn(self) -> list[Entry]:
        if self.replay:
            self.stream.join()
            entries = self.stream.pending()
            self.replay = bool(entries)
        if not self.replay:
            entries = self.abandoned() or self.stream.fresh(BLOCK_MS)
        if entries:
            self.counted += batches.take(self.stream, entries)
        return entries

    def abandoned(self) -> list[Entry]:
        now = time.monotonic()
        if now < self.next_claim:
            return []
        entries = self.stream.claim()
        if entries:
            log.info("ingest.claimed", entries=len(entries))
        else:
            self.next_claim = now + CLAIM_EVERY
            self.stream.dismiss_silent()
        if now >= self.next_rescue:
            self.next_rescue = now + RESCUE_EVERY
            leftovers.rescue(self.stream)
        return entries

    def back_off(self, error: Exception) -> None:
        pause = BACKOFF[min(self.failures, len(BACKOFF) - 1)]
        self.failures += 1
        self.replay = True
        log.warning("ingest.waiting", seconds=pause, failures=self.failures, error=f"{type(error).__name__}: {error}")
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
                backlog=self.stream.backlog(),
            )
            self.counted, self.since = batches.Result(), now

    def leave(self) -> None:
        try:
            self.stream.leave()
        except RedisError as error:
            log.warning("ingest.left_unannounced", error=str(error))
        connection.close()
