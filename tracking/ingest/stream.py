"""The shards of the event stream in Redis: read from a position on, and trimmed behind it.

A stream's ids grow with the clock, but another Redis, or one that came back without its memory, may begin anew: `epoch`
is a random name beside each stream, which tells one life of it from the next.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Any, Final, Self

import orjson
from django.conf import settings
from redis import Redis
from redis.exceptions import ResponseError

from tracking.edge.buffer import visitor_of
from tracking.ingest.events import Entry

FIELD: Final = b"e"
PATIENCE: Final = 10.0  # seconds for an answer


class Stream:
    """Reading goes over one connection and past the client's own conversion, which would cost as much as all the rest."""

    def __init__(self, redis: "Redis") -> None:
        self.redis = redis
        self._connection: Any = None

    @classmethod
    def open(cls) -> Self:
        made = Redis.from_url(settings.REDIS_URL, socket_timeout=PATIENCE, socket_connect_timeout=5, protocol=2)
        return cls(made)

    def read(self, positions: Mapping[str, str], count: int, block_ms: int | None = None) -> dict[str, list[Entry]]:
        """At most `count` entries of each stream behind its position."""
        wait = () if block_ms is None else ("BLOCK", block_ms)
        found = self._ask("XREAD", "COUNT", count, *wait, "STREAMS", *positions.keys(), *positions.values())
        return {name.decode(): _entries(entries) for name, entries in found or ()}

    def _ask(self, *command: object) -> Any:
        connection = self._connection
        if connection is None:
            connection = self._connection = self.redis.connection_pool.get_connection()
        try:
            connection.send_command(*command)
            return connection.read_response()
        except BaseException as error:
            if not isinstance(error, ResponseError):
                connection.disconnect()
            raise

    def epochs(self, names: list[str]) -> list[str]:
        """The name of each stream's present life; it gets one if it has none."""
        keys = [f"{name}:epoch" for name in names]
        found = self._ask("MGET", *keys)
        for place, key in enumerate(keys):
            if found[place] is None:
                self._ask("SET", key, secrets.token_hex(8), "NX")
                found[place] = self._ask("GET", key)
        return [(epoch or b"").decode() for epoch in found]

    def is_behind(self, name: str, position: str) -> bool:
        """Whether the stream never had an entry at this position: it came back without its memory."""
        try:
            found: Any = self._ask("XINFO", "STREAM", name)
        except ResponseError:
            return False  # there is none: nothing was ever written in this life
        last = found[found.index(b"last-generated-id") + 1].decode()
        return _parts(last) < _parts(position)

    def trim(self, name: str, position: str, *, exactly: bool) -> None:
        """Forget what is stored. Redis is faster with a rest of some hundred."""
        milliseconds, number = _parts(position)
        self.redis.xtrim(name, minid=f"{milliseconds}-{number + 1}", approximate=not exactly)

    def add(self, events: Iterable[bytes]) -> None:
        """Bring events in as an edge does; each is an entry of its own."""
        with self.redis.pipeline(transaction=False) as pipe:
            for event in events:
                pipe.xadd(shard_of(event), {FIELD: event})
            pipe.execute()

    def waiting(self, name: str, position: str) -> tuple[int, float]:
        """About how many events are behind the position, and how many seconds ago the first of them came."""
        sample: Any = self.redis.xrange(name, f"({position}", "+", count=500)
        if not sample:
            return 0, 0.0
        events = sum(fields.get(FIELD, b"").count(b"\n") + 1 for _, fields in sample)
        if len(sample) == 500:
            events = round(events / len(sample) * int(self.redis.xlen(name)))
        now: Any = self.redis.time()
        return events, max(0.0, now[0] + now[1] / 1e6 - _parts(sample[0][0].decode())[0] / 1000)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.disconnect()
        self.redis.close()


def shard_of(event: bytes) -> str:
    """As the edge decides it. What is no event is poison in any of them."""
    try:
        visitor = visitor_of(event)
    except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
        visitor = 0
    return f"{settings.STREAM}:{visitor % settings.STREAM_SHARDS}"


def _entries(found: list[Any]) -> list[Entry]:
    """A reader of the raw answer: [[id, [field, value, …]], …]."""
    return [Entry(key.decode(), b"\n".join(fields[1::2]) if fields else b"") for key, fields in found]


def _parts(position: str) -> tuple[int, int]:
    milliseconds, _, number = position.partition("-")
    return int(milliseconds), int(number or 0)
