"""Spool files of edges that died while Redis was away and were never started again: their events go into the stream.

A living edge drains its own files; whoever holds a file's lock has it. Twice into the stream is once into PostgreSQL.
"""

from typing import Final

import structlog
from django.conf import settings

from tracking.edge import spool
from tracking.ingest.stream import Stream

log = structlog.get_logger(__name__)

PORTION: Final = 500


def rescue(stream: Stream) -> int:
    """The number of events brought into the stream, which are the portion of whoever reads their shard."""
    rescued = 0
    for path in sorted(settings.SPOOL_DIR.glob("events-*.jsonl")):
        with spool.taken(path) as file:
            if file is None:
                continue
            for lines in spool.batches(file, PORTION):
                stream.add(lines)
                rescued += len(lines)
            spool.finish(path)
    if rescued:
        log.info("ingest.rescued", events=rescued)
    return rescued
