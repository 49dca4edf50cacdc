"""Shoppers come for as long as it takes to kill something SOAK_KILLS (200) times, whatever and whenever: then every click,
conversion, refund, commission and balance is compared with their journals."""

import os
import random
import time
from collections import Counter

import pytest
from redis import Redis

from tests.faults import oracle
from tests.faults.broken import heal, kill_postgres, kill_redis
from tests.faults.shoppers import shopping
from tests.faults.simulation import Simulation, forget_connections, simulated
from tests.live import Processes
from tests.payouts.market import OpenMarket

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(0)]

KILLS = int(os.environ.get("SOAK_KILLS", "200"))


def test_it_adds_up_whatever_is_killed(
    open_market: OpenMarket, processes: Processes, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    killed: Counter[str] = Counter()
    with simulated(open_market, processes, redis) as day:
        day.running["second ingest"] = processes.start("ingest", VAR_DIR=str(processes.place))
        forget_connections()
        with shopping(day.crowd, clients=6, pause=0.02):
            for _ in range(KILLS):
                time.sleep(random.uniform(0.2, 4))
                killed[kill_something(day)] += 1
        day.crowd.finish(600)
        day.rest()
        with capsys.disabled():
            print(f"\nKilled {dict(killed)}\n{oracle.summary(day.crowd)}\n{day.market.books()}")
        oracle.check(day.crowd, day.market)


def kill_something(day: Simulation) -> str:
    name = random.choice([*day.running, "PostgreSQL", "Redis"])
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
