"""The snapshot's copy on the disk, from which an edge starts while PostgreSQL is away: one line per row."""

import asyncio
import logging
import os
from io import BufferedWriter
from pathlib import Path
from typing import Final

import orjson

from tracking.snapshot import KINDS, Snapshot

log = logging.getLogger("tracking.edge.copies")

VERSION: Final = 2
PAUSE: Final = 0.001  # seconds between two portions of links, for the visitors


def read(path: Path) -> tuple[Snapshot, float] | None:
    """The snapshot and its Unix time; None when there is none that is of use."""
    try:
        with path.open("rb") as file:
            head = orjson.loads(file.readline())
            if head["version"] != VERSION:
                return None
            found = Snapshot()
            for line in file:
                kind, row = orjson.loads(line)
                if kind in KINDS:
                    KINDS[kind].take(found, row)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        log.exception("The copy of the snapshot on disk is of no use")
        return None
    return found, float(head["at"])


async def write(path: Path, snapshot: Snapshot, at: float) -> None:
    """Replace the copy in one step; it holds postback tokens, so only its owner may read it. Raises OSError."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        await _write(file, snapshot, at)
        await asyncio.to_thread(os.fsync, file.fileno())
    fresh.replace(path)


async def _write(file: BufferedWriter, snapshot: Snapshot, at: float) -> None:
    file.write(orjson.dumps({"version": VERSION, "at": at}) + b"\n")
    for name, kind in KINDS.items():
        if name == "link":
            for records in snapshot.links.records():
                file.write(b"".join(b'["link",%b]\n' % record for record in records))
                await asyncio.sleep(PAUSE)
        else:
            file.writelines(orjson.dumps([name, row]) + b"\n" for row in kind.rows(snapshot))
    file.flush()
