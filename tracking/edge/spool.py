"""Files that hold events or reports while Redis or PostgreSQL is away: one JSON object per line, fsynced before the
visitor or the caller is answered, read back when the service returns.

A file belongs to whoever holds its lock: its writer, then whoever drains it; the kernel frees the lock of a dead process,
so what a killed edge left is drained by the next one. A last line that was torn by the kill was never acknowledged.
"""

import asyncio
import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from io import FileIO
from itertools import count, islice
from pathlib import Path
from typing import IO, Final

import orjson

log = logging.getLogger("tracking.edge.spool")

MAX_FILE: Final = 16 * 1024 * 1024
type File = IO[bytes]
_numbers = count()


class Full(Exception):
    """The spool has reached its bound, or its disk is full; what was given is not kept."""


@dataclass
class Spool:
    """`kind` is "events" or "reports". Appends come one after the other; they are written by a thread."""

    directory: Path
    kind: str
    max_bytes: int
    lost: int = 0
    size: int = 0  # of all files of this kind, as of the last look and what was added since
    _file: FileIO | None = field(default=None, repr=False)
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock, repr=False)

    async def append(self, lines: list[bytes]) -> None:
        """Return once the lines are on the disk; raise Full, having counted the loss, when they cannot be."""
        async with self._turn:
            try:
                await asyncio.to_thread(self._append, lines)
            except (OSError, Full) as error:
                if not self.lost:
                    log.critical("The spool of %s is full: %s", self.kind, error)
                self.lost += len(lines)
                raise Full from error

    @property
    def has_open_file(self) -> bool:
        return self._file is not None

    async def rotate(self) -> None:
        """Close the present file, so that it may be drained."""
        async with self._turn:
            self._close()

    def takeable(self) -> list[Path]:
        """Files to drain, the oldest first."""
        self.size = sum(path.stat().st_size for path in self._paths())
        return [path for path in self._paths() if not (self._file and path == Path(self._file.name))]

    def _paths(self) -> list[Path]:
        return sorted(self.directory.glob(f"{self.kind}-*.jsonl"))

    def _append(self, lines: list[bytes]) -> None:
        data = b"\n".join(lines) + b"\n"
        if self.size + len(data) > self.max_bytes:
            self.takeable()
            if self.size + len(data) > self.max_bytes:
                raise Full(f"{self.max_bytes} bytes")
        file = self._file or self._open()
        place = file.tell()
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) :]
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):  # no half line before the next one
                file.truncate(place)
            self._close()
            raise
        self.size += len(data)
        if file.tell() > MAX_FILE:
            self._close()

    def _open(self) -> FileIO:
        self.directory.mkdir(parents=True, exist_ok=True)
        while True:
            name = f"{self.kind}-{time.time_ns() // 1_000_000:013}-{os.getpid()}-{next(_numbers)}.jsonl"
            file = FileIO(self.directory / name, "x", opener=_private)
            fcntl.flock(file, fcntl.LOCK_EX)
            if os.fstat(file.fileno()).st_nlink:  # nobody took the empty file between the two lines above
                break
            file.close()
        _sync_directory(self.directory)
        self._file = file
        return file

    def _close(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


@contextmanager
def taken(path: Path) -> Iterator[File | None]:
    """The file, to be drained by nobody else meanwhile; None when somebody has it. `finish` removes it."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        yield None
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield None
            return
        yield file if os.fstat(file.fileno()).st_nlink else None


def batches(file: File, size: int) -> Iterator[list[bytes]]:
    """The whole lines, in portions."""
    found = _lines(file)
    while portion := list(islice(found, size)):
        yield portion


def _lines(file: File) -> Iterator[bytes]:
    for line in file:
        text = line.rstrip(b"\n")
        try:
            orjson.loads(text)
        except ValueError:
            # torn by a kill or a full disk, so never acknowledged
            log.warning("A damaged line in the spool file %s was skipped", Path(file.name).name)
            continue
        yield text


def finish(path: Path) -> None:
    """All of the file has reached its place."""
    path.unlink(missing_ok=True)
    _sync_directory(path.parent)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
