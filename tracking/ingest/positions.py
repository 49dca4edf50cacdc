"""Who reads which shard, and from where. A lease in PostgreSQL gives each shard to one process; that the position moves
only from where its reader thinks it is makes it safe even against one that overslept its lease.
"""

import os
import secrets
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import connection

LEASE: Final = 4.0  # seconds without a sign of life until another process takes the shard
START: Final = "0-0"


class Lost(Exception):
    """Somebody else has the shard, or had it meanwhile."""


@dataclass(slots=True)
class Held:
    """A shard that this process reads. `position`: everything up to it is in PostgreSQL."""

    stream: str
    position: str
    epoch: str


def names() -> list[str]:
    """The streams that edges write to, and the one that those of an earlier release wrote to."""
    return [settings.STREAM, *(f"{settings.STREAM}:{number}" for number in range(settings.STREAM_SHARDS))]


class Positions:
    """`holder` is this process. Whatever STREAM_SHARDS was before, a stream that is known is read to its end."""

    def __init__(self, holder: str = "", lease: float = LEASE) -> None:
        self.holder = holder or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self.lease = lease

    def prepare(self, streams: Iterable[str]) -> None:
        self._run(PREPARE, [list(streams)])

    def renew(self) -> dict[str, str]:
        """The shards that are still held, each with who asks for it."""
        return {str(stream): str(wanted_by) for stream, wanted_by in self._run(RENEW, [self.lease, self.holder])}

    def take(self) -> list[Held]:
        """Those that nobody reads."""
        values = [self.holder, self.lease, self._prefix, self.lease, self.holder]
        return [Held(str(name), str(position), str(epoch)) for name, position, epoch in self._run(TAKE, values)]

    def ask(self) -> None:
        """For one of those of a process that has at least two more."""
        self._run(ASK, {"me": self.holder, "prefix": self._prefix})

    def release(self, stream: str) -> None:
        self._run(RELEASE, [stream, self.holder])

    def move(self, held: Held, position: str, events: int) -> None:
        """In the transaction that stores what was read up to there. Raises Lost."""
        values = [position, events, self.lease, held.stream, self.holder, held.position, held.epoch]
        if not self._run(MOVE, values):
            raise Lost(held.stream)

    def restart(self, held: Held, epoch: str) -> None:
        """Read from the beginning: it is another Redis, or it lost its memory. What is known is recognised."""
        if not self._run(RESTART, [START, epoch, held.stream, self.holder]):
            raise Lost(held.stream)
        held.position, held.epoch = START, epoch

    def stands_at(self, held: Held) -> str:
        """Where it is, as far as this process still has it. Raises Lost."""
        found = self._run(LOOK, [held.stream, self.holder])
        if not found:
            raise Lost(held.stream)
        return str(found[0][0])

    @property
    def _prefix(self) -> str:
        return f"^{settings.STREAM}(:[0-9]+)?$"

    def _run(self, statement: str, values: object) -> list[tuple[object, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []


PREPARE: Final = """
INSERT INTO tracking_stream_position (stream, epoch, position, holder, wanted_by, events)
SELECT unnest(%s::text[]), '', '0-0', '', '', 0 ON CONFLICT DO NOTHING
"""
RENEW: Final = """
UPDATE tracking_stream_position SET held_until = clock_timestamp() + make_interval(secs => %s)
WHERE holder = %s RETURNING stream, wanted_by
"""
TAKE: Final = """
UPDATE tracking_stream_position
SET holder = %s, wanted_by = '', held_until = clock_timestamp() + make_interval(secs => %s)
WHERE stream IN (
    SELECT stream FROM tracking_stream_position
    WHERE stream ~ %s AND (holder = '' OR held_until < clock_timestamp())
        AND (wanted_by = '' OR held_until < clock_timestamp() - make_interval(secs => %s) OR wanted_by = %s)
    ORDER BY stream FOR UPDATE SKIP LOCKED
) RETURNING stream, position, epoch
"""
ASK: Final = """
UPDATE tracking_stream_position SET wanted_by = %(me)s
WHERE wanted_by = '' AND holder <> %(me)s AND stream = (
    SELECT max(stream) FROM tracking_stream_position WHERE stream ~ %(prefix)s AND holder <> ''
    GROUP BY holder
    HAVING count(*) >= 2 + (SELECT count(*) FROM tracking_stream_position WHERE holder = %(me)s)
        AND bool_and(wanted_by = '')
    ORDER BY count(*) DESC, holder LIMIT 1
)
"""
RELEASE: Final = """
UPDATE tracking_stream_position SET holder = '', held_until = clock_timestamp() WHERE stream = %s AND holder = %s
"""
MOVE: Final = """
UPDATE tracking_stream_position
SET position = %s, events = events + %s, moved_at = now(), held_until = clock_timestamp() + make_interval(secs => %s)
WHERE stream = %s AND holder = %s AND position = %s AND epoch = %s RETURNING stream
"""
RESTART: Final = """
UPDATE tracking_stream_position SET position = %s, epoch = %s WHERE stream = %s AND holder = %s RETURNING stream
"""
LOOK: Final = "SELECT position FROM tracking_stream_position WHERE stream = %s AND holder = %s"
