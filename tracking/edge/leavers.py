"""Unsubscribes on their way into the suppression list: on the disk first, in PostgreSQL half a second later."""

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Any, Final

import orjson
import psycopg
from psycopg import AsyncConnection

from tracking.edge.limits import PerMinute
from tracking.edge.spool import Spool, batches, finish, taken

log = logging.getLogger("tracking.edge.leavers")

EVERY: Final = 0.5  # seconds between looks at the spool
PAUSE: Final = 5.0
BY_CALLER: Final = 300  # a minute: a provider of mailboxes speaks for many, a person for one
BY_LINK: Final = 3000  # a minute: right after a large mailing
_INSERT: Final = """
    INSERT INTO advertisers_suppression (advertiser_id, sha256, md5, publisher_id, label, source, campaign_id)
    VALUES (%(advertiser)s, %(sha256)s, %(md5)s, %(publisher)s, %(label)s, 'unsubscribe', %(campaign)s)
    ON CONFLICT DO NOTHING"""


class Leavers:
    def __init__(self, database_url: str, spool: Spool) -> None:
        self.database_url, self.spool = database_url, spool
        self._by_caller, self._by_link = PerMinute(BY_CALLER), PerMinute(BY_LINK)
        self._task: asyncio.Task[None] | None = None

    def allows(self, address: str | None, link: int) -> bool:
        """Whether one more may leave; else whoever fills the list with made-up names waits for the next minute."""
        return self._by_caller.allows(address) and self._by_link.allows(link)

    def start(self) -> None:
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        with contextlib.suppress(OSError, psycopg.Error):
            await self._drain()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self._drain()
            except (OSError, psycopg.Error) as error:
                log.warning("Unsubscribes wait on the disk: %s", type(error).__name__)
                await asyncio.sleep(PAUSE)

    async def _drain(self) -> None:
        if self.spool.has_open_file:
            await self.spool.rotate()
        if not (paths := self.spool.takeable()):
            return
        connection = await AsyncConnection.connect(self.database_url, autocommit=True, connect_timeout=5)
        async with connection:
            for path in paths:
                await self._drain_file(connection, path)

    @staticmethod
    async def _drain_file(connection: AsyncConnection[Any], path: Path) -> None:
        with taken(path) as file:
            if file is None:
                return
            for lines in batches(file, 500):
                async with connection.cursor() as cursor:
                    await cursor.executemany(_INSERT, [orjson.loads(line) for line in lines])
            finish(path)
