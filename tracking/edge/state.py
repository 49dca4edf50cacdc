"""What one edge process holds: its configuration, the snapshot, the way out for events and for reports, its counters."""

import asyncio
import contextlib
import time
from collections import Counter

from tracking.edge.buffer import Buffer
from tracking.edge.callers import Origins
from tracking.edge.caps import Caps
from tracking.edge.config import Config
from tracking.edge.follower import Follower
from tracking.edge.inbox import Inbox
from tracking.edge.leavers import Leavers
from tracking.edge.limits import PerMinute, PerSecond
from tracking.edge.spool import Spool
from tracking.places import Places
from tracking.snapshot import Snapshot


class Edge:
    def __init__(self, config: Config) -> None:
        self.config = config
        self.started_at = time.time()
        self.counters: Counter[str] = Counter()
        self.follower = Follower(config.database_url, config.spool_dir / "snapshot.json")
        self.origins = Origins(config.trusted_proxies)
        self.places = Places(config.geoip_path)
        spooled_events = Spool(config.spool_dir, "events", config.spool_max_bytes)
        self.buffer = Buffer(config.redis_url, config.stream, config.stream_shards, spooled_events)
        self.caps = Caps(config.database_url, config.redis_url, config.stream)
        spooled = Spool(config.spool_dir, "reports", config.spool_max_bytes)
        self.inbox = Inbox(config.database_url, spooled, config.logged_per_minute)
        leaving = Spool(config.spool_dir, "unsubscribes", config.spool_max_bytes)
        self.leavers = Leavers(config.database_url, leaving)
        self.rates = PerSecond(config.reports_per_second)
        self.complaints = PerMinute(5)  # lines in the log about strangers
        self._following: asyncio.Task[None] | None = None

    @property
    def snapshot(self) -> Snapshot | None:
        return self.follower.snapshot

    async def start(self) -> None:
        self.config.spool_dir.mkdir(parents=True, exist_ok=True)
        await self.follower.start()
        await self.buffer.start()
        self.inbox.start()
        self.caps.start()
        self.leavers.start()
        self._following = asyncio.create_task(self.follower.run())

    async def stop(self) -> None:
        if self._following:
            self._following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._following
        await self.follower.stop()
        await self.buffer.stop()
        await self.inbox.stop()
        await self.caps.stop()
        await self.leavers.stop()
