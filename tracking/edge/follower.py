"""Keeps the snapshot fresh: all of it at each (re)connection, then every change as it is committed.

A notification only wakes it up; what changed is read from `tracking_snapshot_change`, also every few seconds without
one. So a lost notification, or a pooler that swallows them, costs seconds and not a wrong redirect.

Links are many: they are read anew in place, over a connection of their own, while changes of everything are followed.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psycopg
from psycopg import AsyncConnection

from tracking import snapshot as snapshots
from tracking.edge import copies
from tracking.snapshot import CHANNEL, KINDS, Snapshot

log = logging.getLogger("tracking.edge.follower")

POLL = 3.0  # seconds between looks without a notification
DEBOUNCE = 0.03
RETRY = 0.5
PATIENCE = 30.0  # for one look or load
RECENT = 60.0  # seconds after a load in which a new connection needs no other
COPY_EVERY = 15.0  # seconds between copies to the disk, if there were changes
COPY_SHARE = 30  # a copy that takes long is made more rarely: at most this part of the time
KEEP_CHANGES = "1 day"
BATCH = 250
LINK = "link"

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
        self._loaded_at = float("-inf")
        self._links: asyncio.Task[None] | None = None  # reads all links anew
        self._changed_links: set[str] = set()  # meanwhile
        self._dirty = False
        self._next_copy = 0.0

    async def start(self) -> None:
        """Have a snapshot, from the database or else from the disk, as far as there is one."""
        if found := await asyncio.to_thread(copies.read, self.copy):
            self.snapshot, self.checked_at = found
            self.source = "disk"
        with contextlib.suppress(OSError, psycopg.Error, TimeoutError):
            async with asyncio.timeout(10), await self._connect() as connection:
                await self._load(connection)
            if self.snapshot and self._links and not self.snapshot.links:
                await asyncio.wait([self._links], timeout=PATIENCE)

    @property
    def is_whole(self) -> bool:
        """Whether all links were read since the last (re)connection."""
        return self._links is not None and self._links.done()

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

    async def stop(self) -> None:
        if self._links:
            self._links.cancel()
            await asyncio.wait([self._links])
        await self.write_copy()

    async def write_copy(self) -> None:
        is_whole = self._links is None or (self._links.done() and not self._links.cancelled())
        if self.snapshot and self._dirty and is_whole:
            began = time.monotonic()
            self._dirty = False
            try:
                await copies.write(self.copy, self.snapshot, self.checked_at)
            except OSError:
                log.exception("The snapshot could not be kept on disk")
            ended = time.monotonic()
            self._next_copy = ended + max(COPY_EVERY, COPY_SHARE * (ended - began))

    async def _connect(self) -> AsyncConnection[Any]:
        return await AsyncConnection.connect(
            self.database_url, autocommit=True, connect_timeout=5, application_name="peyvand edge snapshot"
        )

    async def _follow(self, connection: AsyncConnection[Any]) -> None:
        await connection.execute(f"LISTEN {CHANNEL}")
        if time.monotonic() - self._loaded_at > RECENT:
            async with asyncio.timeout(PATIENCE * 10):
                await self._load(connection)
        await self._forget_old_changes(connection)
        while True:
            async with asyncio.timeout(PATIENCE):
                await self._look(connection)
            if self._links and self._links.done() and (failure := self._links.exception()):
                self._loaded_at = float("-inf")
                raise failure
            if time.monotonic() > self._next_copy:
                await self.write_copy()
            async for _ in connection.notifies(timeout=POLL, stop_after=1):
                await asyncio.sleep(DEBOUNCE)

    async def _load(self, connection: AsyncConnection[Any]) -> None:
        """All anew; the links follow."""
        began = time.time()
        seen, _ = await self._changes(connection, since=None)
        fresh = Snapshot(links=self.snapshot.links) if self.snapshot else Snapshot()
        for kind in KINDS:
            if kind != LINK:
                async for rows in _portions(connection, kind):
                    snapshots.apply(fresh, kind, rows)
        self.snapshot, self.source = fresh, "database"
        self._seen, self._applied = seen, set()
        self.checked_at, self._dirty, self._loaded_at = began, True, time.monotonic()
        self._begin_links(fresh)

    def _begin_links(self, snapshot: Snapshot) -> None:
        if self._links:
            self._links.cancel()
        self._changed_links = set()
        self._links = asyncio.create_task(self._load_links(snapshot, self._changed_links))

    async def _load_links(self, snapshot: Snapshot, changed: set[str]) -> None:
        """In place; what changes meanwhile is newer than what is read here."""
        links = snapshot.links
        links.begin_reload()
        async with await self._connect() as connection:
            async for rows in _portions(connection, LINK):
                snapshots.apply(snapshot, LINK, [row for row in rows if row[1] not in changed])
        for number, code in enumerate(links.end_reload()):
            snapshot.derived.pop(code, None)
            if number % BATCH == 0:
                await asyncio.sleep(0)

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
        snapshot = self.snapshot
        if kind not in KINDS or snapshot is None:
            return
        if "*" in keys and kind == LINK:
            self._begin_links(snapshot)
        elif "*" in keys:
            await self._load(connection)
        else:
            cursor = await connection.execute(KINDS[kind].sql, {"keys": sorted(keys)})
            rows = await cursor.fetchall()
            snapshots.forget(snapshot, kind, keys)  # no await between the two: no redirect sees the gap
            snapshots.apply(snapshot, kind, rows)
            if kind == LINK:
                self._changed_links |= keys

    async def _changes(self, connection: AsyncConnection[Any], since: str | None) -> tuple[str, list[Any]]:
        cursor = await connection.execute(LOOK, [since or str(2**63)])
        row = await cursor.fetchone()
        assert row  # noqa: S101  a SELECT without FROM has one row
        return row[0], row[1]

    async def _forget_old_changes(self, connection: AsyncConnection[Any]) -> None:
        await connection.execute("DELETE FROM tracking_snapshot_change WHERE at < now() - %s::interval", [KEEP_CHANGES])
        await connection.execute("DELETE FROM tracking_idempotent_answer WHERE at < now() - interval '30 days'")


async def _portions(connection: AsyncConnection[Any], kind: str) -> AsyncIterator[list[Any]]:
    """All rows of a kind, so that redirects go on between them."""
    async with connection.transaction(), connection.cursor(f"load_{kind}") as cursor:
        await cursor.execute(KINDS[kind].sql, {"keys": None})
        while rows := await cursor.fetchmany(BATCH):
            yield rows
            await asyncio.sleep(0)
