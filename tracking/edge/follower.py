"""Keeps the snapshot fresh: all of it at each (re)connection, then every change as it is committed.

A notification only wakes it up; what changed is read from `tracking_snapshot_change`, also every few seconds without
one. So a lost notification, or a pooler that swallows them, costs seconds and not a wrong redirect.
"""

import asyncio
import contextlib
import logging
import os
import time
from pathlib import Path
from typing import Any

import orjson
import psycopg
from psycopg import AsyncConnection

from tracking import snapshot as snapshots
from tracking.snapshot import CHANNEL, KINDS, Snapshot

log = logging.getLogger("tracking.edge.follower")

POLL = 3.0  # seconds between looks without a notification
DEBOUNCE = 0.03
RETRY = 0.5
PATIENCE = 30.0  # for one look or load
COPY_EVERY = 15.0  # seconds between copies to the disk, if there were changes
KEEP_CHANGES = "1 day"
BATCH = 2000

LOOK = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text,
       ARRAY(SELECT jsonb_build_array(id, kind, key) FROM tracking_snapshot_change WHERE xid >= %s::xid8 ORDER BY id)
"""


class Follower:
    def __init__(self, database_url: str, copy: Path) -> None:
        self.database_url = database_url
        self.copy = copy
        self.snapshot: Snapshot | None = None
        self.source = "none"
        self.checked_at = 0.0  # Unix time at which the snapshot was last known to be the database's
        self._seen = "0"  # transactions below this id are all in the snapshot
        self._applied: set[int] = set()
        self._dirty = False
        self._copied_at = 0.0

    async def start(self) -> None:
        """Have a snapshot, from the database or else from the disk, as far as there is one."""
        await asyncio.to_thread(self._read_copy)
        with contextlib.suppress(OSError, psycopg.Error, TimeoutError):
            async with asyncio.timeout(10), await self._connect() as connection:
                await self._load_all(connection)

    async def run(self) -> None:
        complained = False
        while True:
            try:
                async with await self._connect() as connection:
                    await self._follow(connection)
            except (OSError, psycopg.Error, TimeoutError) as error:
                if not complained:
                    log.warning("The snapshot is not followed: %s", type(error).__name__)
                complained = not isinstance(error, TimeoutError)
            except Exception:
                log.exception("The snapshot is not followed")
            await asyncio.sleep(RETRY)

    async def write_copy(self) -> None:
        if self.snapshot and self._dirty:
            self._dirty, self._copied_at = False, time.monotonic()
            try:
                await asyncio.to_thread(self._write_copy, self.snapshot, self.checked_at)
            except OSError:
                log.exception("The snapshot could not be kept on disk")

    async def _connect(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(
            self.database_url, autocommit=True, connect_timeout=5, application_name="peyvand edge snapshot"
        )

    async def _follow(self, connection: AsyncConnection[Any]) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        async with asyncio.timeout(PATIENCE * 10):
            await self._load_all(connection)
        await self._forget_old_changes(connection)
        while True:
            async for _ in connection.notifies(timeout=POLL, stop_after=1):
                await asyncio.sleep(DEBOUNCE)
            async with asyncio.timeout(PATIENCE):
                await self._look(connection)
            if time.monotonic() - self._copied_at > COPY_EVERY:
                await self.write_copy()

    async def _load_all(self, connection: AsyncConnection[Any]) -> None:
        began = time.time()
        seen, _ = await self._changes(connection, since=None)
        fresh = Snapshot()
        for kind in KINDS:
            await _load(connection, fresh, kind)
        self.snapshot, self.source = fresh, "database"
        self._seen, self._applied = seen, set()
        self.checked_at, self._dirty = began, True

    async def _look(self, connection: AsyncConnection[Any]) -> None:
        began = time.time()
        seen, changes = await self._changes(connection, since=self._seen)
        keys: dict[str, set[str]] = {}
        for number, kind, key in changes:
            if number not in self._applied:
                keys.setdefault(kind, set()).add(key)
        for kind, changed in keys.items():
            await self._reload(connection, kind, changed)
        self._seen, self._applied = seen, {number for number, _, _ in changes}
        self.checked_at, self._dirty = began, self._dirty or bool(keys)

    async def _reload(self, connection: AsyncConnection[Any], kind: str, keys: set[str]) -> None:
        if self.snapshot is None or "*" in keys:
            await self._load_all(connection)
            return
        cursor = await connection.execute(KINDS[kind].sql, {"keys": sorted(keys)})
        rows = await cursor.fetchall()
        snapshots.forget(self.snapshot, kind, keys)  # no await between the two: no redirect sees the gap
        snapshots.apply(self.snapshot, kind, rows)

    async def _changes(self, connection: AsyncConnection[Any], since: str | None) -> tuple[str, list[Any]]:
        cursor = await connection.execute(LOOK, [since or str(2**63)])
        row = await cursor.fetchone()
        assert row  # noqa: S101  a SELECT without FROM has one row
        return row[0], row[1]

    async def _forget_old_changes(self, connection: AsyncConnection[Any]) -> None:
        await connection.execute("DELETE FROM tracking_snapshot_change WHERE at < now() - %s::interval", [KEEP_CHANGES])
        await connection.execute("DELETE FROM tracking_idempotent_answer WHERE at < now() - interval '30 days'")

    def _read_copy(self) -> None:
        try:
            found = orjson.loads(self.copy.read_bytes())
            snapshot = Snapshot()
            for kind in KINDS:
                snapshots.apply(snapshot, kind, found["rows"].get(kind, ()))
            self.snapshot, self.source, self.checked_at = snapshot, "disk", found["at"]
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            log.exception("The copy of the snapshot on disk is of no use")

    def _write_copy(self, snapshot: Snapshot, at: float) -> None:
        """Replace the copy in one step; it holds postback tokens, so only its owner may read it."""
        fresh = self.copy.with_name(f"{self.copy.name}.{os.getpid()}")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
            file.write(
                orjson.dumps({"at": at, "rows": {name: list(kind.rows(snapshot)) for name, kind in KINDS.items()}})
            )
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self.copy)


async def _load(connection: AsyncConnection[Any], into: Snapshot, kind: str) -> None:
    """In portions, so that redirects go on between them."""
    async with connection.transaction(), connection.cursor(f"load_{kind}") as cursor:
        await cursor.execute(KINDS[kind].sql, {"keys": None})
        while rows := await cursor.fetchmany(BATCH):
            snapshots.apply(into, kind, rows)
            await asyncio.sleep(0)
