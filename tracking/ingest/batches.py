"""Entries of the stream → a batch that is ready to be stored."""

from collections.abc import Iterable
from typing import Any, Final

import structlog

from tracking.ingest import shards
from tracking.ingest.events import LAND, Entry, Found, Poison, decode
from tracking.ingest.references import Claim, References
from tracking.ingest.rows import Rows, claim
from tracking.ingest.stays import stayed
from tracking.ingest.store import Batch, Letter, Result, Store

log = structlog.get_logger(__name__)

PORTION: Final = 50  # entries that are decoded at once

type Line = tuple[Entry, int, Found, object]
"""The last: what the event says where it belongs, as it stands there."""


def take(events: Iterable[bytes]) -> Result:
    """Store events that come from elsewhere than the stream, in their order, each once. Dead letters are kept as usual."""
    entries = [Entry(str(number), event) for number, event in enumerate(events)]
    return Store().put(make(shards.rows(), entries))


def make(rows: Rows, entries: list[Entry]) -> Batch:
    """Asks PostgreSQL what the events name; raises its errors, and may be called again then."""
    batch = Batch()
    references = References()
    for start in range(0, len(entries), PORTION):
        lines = _decoded(entries[start : start + PORTION], references, batch)
        _make(rows, lines, references, batch)
    return batch


def _decoded(entries: list[Entry], references: References, batch: Batch) -> list[Line]:
    lines: list[Line] = []
    unknown: dict[object, Claim] = {}
    for entry in entries:
        for number, found in enumerate(decode(entry.events)):
            try:
                if isinstance(found, Poison):
                    raise found
                said = (found["c"], found["p"], found["l"], found.get("ch"))
                if said not in references.ways and said not in unknown:
                    unknown[said] = claim(found)
            except Poison as poison:
                _bury(batch, entry, number, str(poison))
            except (KeyError, TypeError, AttributeError):
                _bury(batch, entry, number, _what_is_wrong(found))
            else:
                lines.append((entry, number, found, said))
    if unknown:
        references.learn(unknown)
    return lines


def _what_is_wrong(found: Any) -> str:
    try:
        claim(found)
    except Poison as poison:
        return str(poison)
    return "not_an_event"


def _make(rows: Rows, lines: list[Line], references: References, batch: Batch) -> None:
    clicks, impressions, make_row, ways = batch.clicks, batch.impressions, rows.make, references.ways
    for entry, number, found, said in lines:
        try:
            way = ways.get(said)
            if way is None:
                raise references.missing(found["c"])
            if found.get("t") == LAND:
                batch.stays.append(stayed(found, way))
                continue
            made = make_row(found, way, entry, number)
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
