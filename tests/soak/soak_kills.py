"""Shoppers come for as long as it takes to kill something SOAK_KILLS (200) times, whatever and whenever; then what works in
the background as often, right after a commit; then PostgreSQL a quarter as often. Each time every click, conversion, refund,
commission and balance is compared with their journals."""

import os
import random
import time
from collections import Counter

import pytest
from redis import Redis

from tests.faults import oracle
from tests.faults.broken import heal, kill_postgres, kill_redis
from tests.faults.shoppers import shopping
from tests.faults.simulation import NAMES, Simulation, forget_connections, simulated
from tests.live import Processes
from tests.payouts.market import OpenMarket
from tracking.models import StreamPosition

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(0)]

KILLS = int(os.environ.get("SOAK_KILLS", "200"))
ANYTHING = (*NAMES, "second ingest", "PostgreSQL", "Redis")
BACKGROUND = ("ingest", "second ingest", "worker")


@pytest.mark.parametrize(
    ("names", "kills"),
    [(ANYTHING, KILLS), (BACKGROUND, KILLS), (("PostgreSQL",), KILLS // 4)],
    ids=["anything", "f3-background", "f5-postgresql"],
)
def test_it_adds_up_whatever_is_killed(
    open_market: OpenMarket,
    processes: Processes,
    redis: Redis,
    capsys: pytest.CaptureFixture[str],
    names: tuple[str, ...],
    kills: int,
) -> None:
    began = time.monotonic()
    killed: Counter[str] = Counter()
    with simulated(open_market, processes, redis) as day:
        day.running["second ingest"] = processes.start("ingest", VAR_DIR=str(processes.place))
        forget_connections()
        with shopping(day.crowd, clients=6, pause=0.1):
            for _ in range(kills):
                time.sleep(random.uniform(0.2, 3))
                if names == BACKGROUND:
                    after_a_commit()
                killed[kill_something(day, names)] += 1
                revive(day)
        revive(day)
        day.crowd.finish(1200)
        day.rest(1800)
        with capsys.disabled():
            took = f"in {time.monotonic() - began:.0f} s"
            print(f"\nKilled {dict(killed)} {took}\n{oracle.summary(day.crowd)}\n{day.market.books()}")
        oracle.check(day.crowd, day.market)


def revive(day: Simulation) -> None:
    """A process that PostgreSQL's death meets while it starts ends by itself; its supervisor starts it again."""
    for process in day.running.values():
        if process.popen and process.popen.poll() is not None:
            process.start()


def after_a_commit(within: float = 2.0) -> None:
    """The moment between rows that were committed and the stream that does not know it yet, as far as one can meet it."""
    position, deadline = moved(), time.monotonic() + within
    while moved() == position and time.monotonic() < deadline:
        time.sleep(0.002)


def moved() -> list[str]:
    return list(StreamPosition.objects.order_by("stream").values_list("position", flat=True))


def kill_something(day: Simulation, names: tuple[str, ...]) -> str:
    name = random.choice(names)
    if process := day.running.get(name):
        process.kill()
    else:
        (kill_postgres if name == "PostgreSQL" else kill_redis)()
    time.sleep(random.uniform(0, 2))
    if process:
        process.start()
    else:
        heal()
    return name
