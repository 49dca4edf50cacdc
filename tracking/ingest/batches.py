"""One batch of the stream: decode, check, store, acknowledge. What is poisonous is found and buried; the rest goes on."""

from dataclasses import dataclass
from typing import Protocol

import structlog
from django.db import InterfaceError, InternalError, OperationalError, ProgrammingError

from tracking.ingest.events import Event, Poison, decode
from tracking.ingest.references import References
from tracking.ingest.rows import row
from tracking.ingest.store import Row, store
from tracking.ingest.stream import Entry

log = structlog.get_logger(__name__)

NOT_THE_EVENTS = (OperationalError, InterfaceError, ProgrammingError, InternalError)
"""PostgreSQL is away, or not migrated: no event is to blame."""


class Hold(Protocol):
    """Where entries come from and are ended: the stream, or a spool file."""

    def acknowledge(self, entries: list[Entry]) -> None: ...

    def bury(self, entry: Entry, reason: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Result:
    stored: int = 0
    repeated: int = 0
    buried: int = 0

    def __add__(self, other: "Result") -> "Result":
        return Result(self.stored + other.stored, self.repeated + other.repeated, self.buried + other.buried)


def take(hold: Hold, entries: list[Entry]) -> Result:
    """Everything in `entries` is stored or buried, and acknowledged, when this returns.

    Raises NOT_THE_EVENTS and Redis's errors. Nothing is lost by that: what is not acknowledged is delivered again, and
    what is already stored is recognised.
    """
    living: list[tuple[Entry, Event]] = []
    dead: list[tuple[Entry, str]] = []
    for entry in entries:
        if entry.event is None:  # deleted while it was pending
            hold.acknowledge([entry])
            continue
        try:
            living.append((entry, decode(entry.event)))
        except Poison as poison:
            dead.append((entry, str(poison)))
    result = _take(hold, living, dead)
    for entry, reason in dead:
        log.error("ingest.buried", entry=entry.id.decode(), reason=reason)
        hold.bury(entry, reason)
    return result + Result(buried=len(dead))


def _take(hold: Hold, living: list[tuple[Entry, Event]], dead: list[tuple[Entry, str]]) -> Result:
    """Store all at once; if that fails for another reason than an absent database, in halves, down to the one."""
    if not living:
        return Result()
    entries = [entry for entry, _ in living]
    try:
        good, bad = _sort(living)
        stored = store(good["click"], good["impression"])
    except NOT_THE_EVENTS:
        raise
    except Exception as error:
        if len(living) == 1:
            log.exception("ingest.poison", entry=entries[0].id.decode())
            dead.append((entries[0], type(error).__name__))
            return Result()
        middle = len(living) // 2
        return _take(hold, living[:middle], dead) + _take(hold, living[middle:], dead)
    dead.extend(bad)
    hopeless = {entry.id for entry, _ in bad}
    done = [entry for entry in entries if entry.id not in hopeless]
    hold.acknowledge(done)
    return Result(stored, len(done) - stored)


def _sort(living: list[tuple[Entry, Event]]) -> tuple[dict[str, list[Row]], list[tuple[Entry, str]]]:
    """Rows by table, and the entries that name what does not exist."""
    references = References([event for _, event in living])
    rows: dict[str, list[Row]] = {"click": [], "impression": []}
    bad: list[tuple[Entry, str]] = []
    for entry, event in living:
        try:
            references.check(event)
        except Poison as poison:
            bad.append((entry, str(poison)))
        else:
            rows[event.type].append(row(event, references))
    return rows, bad
