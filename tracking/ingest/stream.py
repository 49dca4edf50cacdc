"""The event stream in Redis and its consumer group. Delivery is at least once; exactly once is PostgreSQL's work."""

import os
import secrets
import socket
from dataclasses import dataclass
from typing import Any, Final, Self

from django.conf import settings
from redis import Redis
from redis.exceptions import ResponseError

GROUP: Final = "ingest"
FIELD: Final = b"e"
BATCH: Final = 5_000
CLAIM_AFTER_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Entry:
    id: bytes
    event: bytes | None


class Stream:
    """One consumer's hold on the stream. What it read and did not acknowledge is pending and delivered again, to itself
    by `pending`, to another by `claim` when it was silent for too long."""

    def __init__(self, redis: "Redis", name: str, claim_after_ms: int = CLAIM_AFTER_MS) -> None:
        self.redis = redis
        self.name = name
        self.consumer = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.claim_after_ms = claim_after_ms

    @classmethod
    def open(cls, claim_after_ms: int = CLAIM_AFTER_MS) -> Self:
        redis = Redis.from_url(settings.REDIS_URL, socket_timeout=10, socket_connect_timeout=5)
        return cls(redis, settings.STREAM, claim_after_ms)

    @property
    def graveyard(self) -> str:
        return f"{self.name}:dead"

    def join(self) -> None:
        """Make stream and group where they are missing; Redis may have come back empty."""
        try:
            self.redis.xgroup_create(self.name, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if not str(error).startswith("BUSYGROUP"):
                raise

    def add(self, events: list[bytes]) -> None:
        with self.redis.pipeline() as pipe:
            for event in events:
                pipe.xadd(self.name, {FIELD: event})
            pipe.execute()

    def fresh(self, block_ms: int, count: int = BATCH) -> list[Entry]:
        return self._read(b">", block_ms, count)

    def pending(self, count: int = BATCH) -> list[Entry]:
        """Own entries that were read before and not acknowledged, oldest first."""
        return self._read(b"0", None, count)

    def _read(self, after: bytes, block_ms: int | None, count: int) -> list[Entry]:
        found: Any = self.redis.xreadgroup(GROUP, self.consumer, {self.name: after}, count=count, block=block_ms)
        return _entries(found[0][1]) if found else []

    def claim(self, count: int = BATCH) -> list[Entry]:
        """Take over what others read and left lying; also those whose entry was deleted, so that they end."""
        found: Any = self.redis.xautoclaim(
            self.name, GROUP, self.consumer, self.claim_after_ms, start_id="0", count=count
        )
        return _entries(found[1])

    def acknowledge(self, entries: list[Entry]) -> None:
        if not entries:
            return
        ids = [entry.id for entry in entries]
        with self.redis.pipeline() as pipe:
            pipe.xack(self.name, GROUP, *ids)
            pipe.xdel(self.name, *ids)
            pipe.execute()

    def bury(self, entry: Entry, reason: str) -> None:
        """Move one entry to the dead letters, with the reason. They are never trimmed: each was an acknowledged event."""
        with self.redis.pipeline() as pipe:
            letter: Any = {FIELD: entry.event or b"", b"reason": reason, b"id": entry.id}
            pipe.xadd(self.graveyard, letter)
            pipe.xack(self.name, GROUP, entry.id)
            pipe.xdel(self.name, entry.id)
            pipe.execute()

    def revive(self) -> int:
        """Put all dead letters back into the stream, after what made them fail was repaired. Their number."""
        revived = 0
        while letters := _entries(self.redis.xrange(self.graveyard, count=500)):
            with self.redis.pipeline() as pipe:
                for letter in letters:
                    pipe.xadd(self.name, {FIELD: letter.event or b""})
                pipe.xdel(self.graveyard, *(letter.id for letter in letters))
                pipe.execute()
            revived += len(letters)
        return revived

    def backlog(self) -> int:
        """Entries not yet in PostgreSQL: they are deleted when they are."""
        return int(self.redis.xlen(self.name))

    def leave(self) -> None:
        """Take the name out of the group, unless that would lose what is pending."""
        held: Any = self.redis.xpending_range(self.name, GROUP, "-", "+", 1, consumername=self.consumer)
        if not held:
            self.redis.xgroup_delconsumer(self.name, GROUP, self.consumer)

    def dismiss_silent(self, silent_ms: int = 3_600_000) -> None:
        """Forget consumers that died long ago and whose entries others have taken over."""
        consumers: Any = self.redis.xinfo_consumers(self.name, GROUP)
        for consumer in consumers:
            if not consumer["pending"] and consumer["idle"] > silent_ms:
                self.redis.xgroup_delconsumer(self.name, GROUP, consumer["name"])


def _entries(found: Any) -> list[Entry]:
    return [Entry(key, (fields or {}).get(FIELD)) for key, fields in found]
