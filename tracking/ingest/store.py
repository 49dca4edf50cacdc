"""One batch, one database transaction: rows by COPY, their counts, dead letters, and the position in the stream.

The rows go straight into the tables. If one of them is there already, or PostgreSQL refuses one, they go through a
temporary table instead: what is new is stored and counted, what is refused becomes a dead letter.

Rows go in by time and nonce, and clicks before impressions, in every process: two that store the same events at once wait
for each other and never deadlock.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import batched
from operator import itemgetter
from typing import Final, NamedTuple

import structlog
from django.db import (
    DatabaseError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    connection,
    transaction,
)

from tracking.ingest import packing, rollups, stays
from tracking.ingest.rows import CLICK_COLUMNS, IMPRESSION_COLUMNS, Made
from tracking.ingest.stays import Stayed
from tracking.models import DeadLetter

log = structlog.get_logger(__name__)

NOT_THE_EVENTS: Final = (OperationalError, InterfaceError, ProgrammingError, InternalError)
"""PostgreSQL is away, or not migrated: no event is to blame."""
PORTION: Final = 500  # rows of one write: some hundred kilobytes
BY_ROW: Final = itemgetter(1)  # which begins with time and nonce, as unsigned numbers


class Letter(NamedTuple):
    """An event that is not stored, where it was, and why."""

    entry: str
    event: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class Result:
    stored: int = 0
    repeated: int = 0
    buried: int = 0

    def __add__(self, other: "Result") -> "Result":
        return Result(self.stored + other.stored, self.repeated + other.repeated, self.buried + other.buried)


@dataclass(slots=True)
class Batch:
    """Events that are ready to be stored together."""

    clicks: list[Made] = field(default_factory=list)
    impressions: list[Made] = field(default_factory=list)
    stays: list[Stayed] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.clicks) + len(self.impressions) + len(self.stays) + len(self.letters)


class Store:
    """Of one process. Remembers what the rollups know, and whether repeated events are about."""

    def __init__(self) -> None:
        self.values = rollups.Values()
        self._repeats = False

    def put(self, batch: Batch, stream: str = "", move: Callable[[int], None] | None = None) -> Result:
        """`move` moves the position, as the last thing before the commit; it may raise to undo all.

        Raises NOT_THE_EVENTS; whether the transaction was committed is not known then.
        """
        if not self._repeats:
            with suppress(Refused):
                return self._in_one(batch, stream, move, self._copy)
        result = self._in_one(batch, stream, move, self._merge)
        self._repeats = result.repeated > len(batch) // 50
        return result

    def _in_one(
        self,
        batch: Batch,
        stream: str,
        move: Callable[[int], None] | None,
        write: "Callable[[Batch], Written]",
    ) -> Result:
        with transaction.atomic():
            written = write(batch)
            learned = rollups.add(written.made, self.values)
            stays.add(batch.stays)
            letters = [*batch.letters, *written.refused]
            DeadLetter.objects.bulk_create(
                DeadLetter(stream=stream, entry=letter.entry, event=letter.event, reason=letter.reason)
                for letter in letters
            )
            stored = len(written.made) + len(batch.stays)
            if move:
                move(stored)
        self.values.remember(learned)
        return Result(stored, len(batch) - stored - len(letters), len(letters))

    def _copy(self, batch: Batch) -> "Written":
        """All of them are new and good, or an error."""
        for table, made in (CLICKS, batch.clicks), (IMPRESSIONS, batch.impressions):
            if made:
                made.sort(key=BY_ROW)
                try:
                    _write(table.copy, made)
                except NOT_THE_EVENTS:
                    raise
                except DatabaseError as error:
                    raise Refused from error
        return Written([*batch.clicks, *batch.impressions], [])

    def _merge(self, batch: Batch) -> "Written":
        with connection.cursor() as cursor:
            cursor.execute(PREPARE)
        written = Written([], [])
        for table, made in (CLICKS, batch.clicks), (IMPRESSIONS, batch.impressions):
            unique = {one.key: one for one in reversed(made)}  # the first of those that are equal
            _merge(table, list(unique.values()), written)
        return written


class Refused(Exception):
    """One of the rows is not to PostgreSQL's liking, or was there before."""


class Written(NamedTuple):
    made: list[Made]
    refused: list[Letter]


class Table(NamedTuple):
    copy: str
    copy_aside: str
    clear: str
    insert: str

    @classmethod
    def of(cls, name: str, columns: Sequence[str]) -> "Table":
        names = ", ".join(columns)
        return cls(
            f"COPY tracking_{name} ({names}) FROM STDIN (FORMAT binary)",
            f"COPY incoming_{name} ({names}) FROM STDIN (FORMAT binary)",
            f"DELETE FROM incoming_{name}",  # noqa: S608  names from this package
            f"INSERT INTO tracking_{name} ({names}) SELECT {names} FROM incoming_{name}"  # noqa: S608
            " ORDER BY at, nonce < 0, nonce, campaign_id ON CONFLICT DO NOTHING"
            " RETURNING campaign_id, (extract(epoch FROM at) * 1000)::bigint, nonce",
        )


CLICKS: Final = Table.of("click", CLICK_COLUMNS)
IMPRESSIONS: Final = Table.of("impression", IMPRESSION_COLUMNS)

PREPARE: Final = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_click (LIKE tracking_click) ON COMMIT DELETE ROWS;
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_impression (LIKE tracking_impression) ON COMMIT DELETE ROWS;
"""


def _merge(table: Table, made: list[Made], written: Written) -> None:
    """All at once; if PostgreSQL refuses that, in halves, down to the one that it refuses."""
    if not made:
        return
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(table.clear)
            _write(table.copy_aside, made)
            cursor.execute(table.insert)
            fresh = set(cursor.fetchall())
    except NOT_THE_EVENTS:
        raise
    except DatabaseError as error:
        if len(made) > 1:
            middle = len(made) // 2
            _merge(table, made[:middle], written)
            _merge(table, made[middle:], written)
            return
        log.exception("ingest.poison")
        written.refused.append(Letter(made[0].entry.id, made[0].entry.line(made[0].line), type(error).__name__))
        return
    written.made.extend(one for one in made if one.key in fresh)


def _write(statement: str, made: Sequence[Made]) -> None:
    """psycopg's own errors would look like a fault of the rows even when the connection broke."""
    with connection.cursor() as cursor, connection.wrap_database_errors, cursor.copy(statement) as copy:
        copy.write(packing.HEADER)
        for portion in batched(made, PORTION):
            copy.write(b"".join([one.row for one in portion]))
        copy.write(packing.TRAILER)
