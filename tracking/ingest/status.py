"""What waits in each shard, and who reads it."""

from contextlib import closing
from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from tracking.ingest import letters
from tracking.ingest.positions import names
from tracking.ingest.stream import Stream
from tracking.models import DeadLetter, StreamPosition


@dataclass(frozen=True, slots=True)
class ShardStatus:
    """`events` are about so many; the first of them came `seconds` ago. `holder` empty: nobody reads it."""

    stream: str
    holder: str
    position: str
    events: int
    seconds: float
    moved_at: datetime | None
    letters: int

    @property
    def whole_seconds(self) -> int:
        return round(self.seconds)

    def __str__(self) -> str:
        reader = self.holder or "nobody"
        return f"{self.stream}: {self.events} events wait, {self.seconds:.1f} s; read by {reader}; {self.letters} dead letters"


@dataclass(frozen=True, slots=True)
class Backlog:
    """`letters` by their reasons, most first; those of any stream."""

    shards: list[ShardStatus]
    letters: list[tuple[str, int]]

    @property
    def buried(self) -> int:
        return sum(number for _, number in self.letters)

    @property
    def is_unread(self) -> bool:
        """Events wait, and nobody reads them."""
        return any(shard.events and not shard.holder for shard in self.shards)


def backlog() -> Backlog:
    """Raises RedisError."""
    known = set(names())
    return Backlog([shard for shard in shards() if shard.events or shard.stream in known], letters.reasons())


def shards() -> list[ShardStatus]:
    """Raises RedisError."""
    now = timezone.now()
    found = []
    with closing(Stream.open()) as stream:
        for row in StreamPosition.objects.order_by("stream"):
            events, seconds = stream.waiting(row.stream, row.position)
            is_held = row.holder and row.held_until and row.held_until > now
            buried = DeadLetter.objects.filter(stream=row.stream).count()
            holder = row.holder if is_held else ""
            found.append(ShardStatus(row.stream, holder, row.position, events, seconds, row.moved_at, buried))
    return found
