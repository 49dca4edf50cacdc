"""Entries of the stream → a batch that is ready to be stored."""

from collections.abc import Iterable
from typing import Final

import structlog

from tracking.ingest import shards
from tracking.ingest.events import Entry, Found, Poison, decode
from tracking.ingest.references import Claim, References
from tracking.ingest.rows import Rows, claim
from tracking.ingest.store import Batch, Letter, Result, Store

log = structlog.get_logger(__name__)

PORTION: Final = 500  # entries that are decoded at once

type Line = tuple[Entry, int, Found, Claim]


def take(events: Iterable[bytes]) -> Result:
    """Store events that come from elsewhere than the stream, in their order, each once. Dead letters are kept as usual."""
    entries = [Entry(str(number), event) for number, event in enumerate(events)]
    return Store().put(make(shards.rows(), entries))


def make(rows: Rows, entries: list[Entry]) -> Batch:
    """Asks PostgreSQL what the events name; raises its errors, and may be called again then."""
    batch = Batch()
    references = References()
    for start in range(0, len(entries), PORTION):
        lines = _decoded(entries[start : start + PORTION], batch)
        references.learn({claimed for _, _, _, claimed in lines})
        _make(rows, lines, references, batch)
    return batch


def _decoded(entries: list[Entry], batch: Batch) -> list[Line]:
    lines: list[Line] = []
    for entry in entries:
        for number, found in enumerate(decode(entry.events)):
            try:
                if isinstance(found, Poison):
                    raise found
                lines.append((entry, number, found, claim(found)))
            except Poison as poison:
                _bury(batch, entry, number, str(poison))
    return lines


def _make(rows: Rows, lines: list[Line], references: References, batch: Batch) -> None:
    clicks, impressions, make_row = batch.clicks, batch.impressions, rows.make
    for entry, number, found, claimed in lines:
        try:
            made = make_row(found, claimed, references, entry, number)
        except Poison as poison:
            _bury(batch, entry, number, str(poison))
        except Exception as error:
            log.exception("ingest.poison", entry=entry.id)
            _bury(batch, entry, number, type(error).__name__)
        else:
            (clicks if made.is_click else impressions).append(made)


def _bury(batch: Batch, entry: Entry, number: int, reason: str) -> None:
    log.error("ingest.buried", entry=entry.id, reason=reason)
    batch.letters.append(Letter(entry.id, entry.line(number), reason[:40]))
