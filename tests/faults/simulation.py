"""A busy day: all processes but the pages, live, and a crowd at their door that keeps a journal of every request."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import httpx
import pytest
from django.db import connection
from redis import Redis

from tests.faults import oracle
from tests.faults.broken import heal
from tests.faults.shoppers import Crowd, shopping
from tests.live import Process, Processes
from tests.payouts.market import Market, OpenMarket
from tests.tracking.stage import waiting
from tracking.models import Conversion, DailyCount, DeadLetter, Postback
from tracking.quality import thresholds

IN_A_HURRY = {"sale_seconds": 0, "per_minute": 0, "spacing_percent": 0}
"""Shoppers who buy in the second after their click, like machines, and are none."""
NAMES = ("edge", "ingest", "worker", "beat")


@dataclass
class Simulation:
    """All but the pages, live, and the crowd at their door."""

    market: Market
    redis: Redis
    processes: Processes
    running: dict[str, Process]
    crowd: Crowd

    @contextmanager
    def busy(self) -> Iterator[None]:
        """The middle of a day: requests were answered before, and are after. Then everything comes to rest."""
        with shopping(self.crowd):
            self.more(60)
            yield
            self.more(90)
        self.crowd.finish()
        self.rest()

    def more(self, count: int) -> None:
        """Let so many further requests be acknowledged."""
        enough = self.crowd.acked + count
        self.until(lambda: self.crowd.acked >= enough)

    def rest(self, within: float = 180) -> None:
        for is_done in (self.is_drained, self.is_ingested, self.is_settled):
            self.until(is_done, within)
        assert not DeadLetter.objects.exists()

    def is_drained(self) -> bool:
        """Nothing waits in the edge's spool, nor in one that a killed edge left."""
        found = httpx.get(f"{self.running['edge'].url}/health/ready", timeout=20, trust_env=False).json()
        waiting = [found[kind]["waiting_bytes"] for kind in ("events", "reports")]
        left = [path for path in self.processes.place.glob("spool/*.jsonl") if path.stat().st_size]
        return waiting == [0, 0] and not left

    def is_ingested(self) -> bool:
        return waiting(self.redis) == 0 and not Postback.objects.filter(accepted=True, processed_at=None).exists()

    def is_settled(self) -> bool:
        waits = Conversion.objects.filter(needs_settling=True), DailyCount.objects.filter(needs_settling=True)
        return not any(each.exists() for each in waits)

    def until(self, true: Callable[[], bool], within: float = 180) -> None:
        deadline = time.monotonic() + within
        while not true():
            if time.monotonic() > deadline:
                logs = "\n".join(f"--- {name}\n{process.output[-1500:]}" for name, process in self.running.items())
                pytest.fail(f"not {true.__name__} within {within} s: {oracle.summary(self.crowd)}\n{logs}")
            time.sleep(0.05)

    def kill_and_restart(self, name: str, meanwhile: int = 0) -> None:
        self.running[name].kill()
        self.more(meanwhile)
        self.running[name].start()


@contextmanager
def simulated(
    open_market: OpenMarket, processes: Processes, redis: Redis, env: Mapping[str, Mapping[str, str]] | None = None
) -> Iterator[Simulation]:
    """`env`: by name of the process what else its environment holds."""
    env = {"edge": {}} | dict(env or {})
    env["edge"] = {"TRUSTED_PROXIES": "127.0.0.0/8"} | dict(env["edge"])
    market = open_market(oracle.RULES, funds=oracle.FUNDS)
    thresholds.change(market.campaign, IN_A_HURRY, by=market.ada.actor)
    running = {name: processes.start(name, VAR_DIR=str(processes.place), **env.get(name, {})) for name in NAMES}
    crowd = Crowd(running["edge"].url, market.link, market.campaign.postback_token)
    try:
        yield Simulation(market, redis, processes, running, crowd)
    finally:
        heal()


def at_work(redis: Redis) -> bool:
    """Events wait, while ingest has begun to store."""
    return waiting(redis) > 0


def forget_connections() -> None:
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]
