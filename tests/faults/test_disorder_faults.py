"""Messages many times over and in any order, floods, caches gone at the worst moment; short forms."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any

import httpx
import psycopg
import pytest
from redis import Redis

from tests.faults import oracle
from tests.faults.broken import heal
from tests.faults.shoppers import GOOD, Crowd, Shopper, State, Step, visitor
from tests.faults.simulation import simulated
from tests.faults.test_edge_faults import check_clicks, more
from tests.faults.visitors import Journal, clicks, load
from tests.live import Processes, wait_until
from tests.payouts.market import OpenMarket
from tests.tracking.edge.scene import Scene
from tests.tracking.edge.wire import events
from tests.tracking.stage import STREAM
from tracking.snapshot import CHANNEL

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


FORGOTTEN = 10  # times


@pytest.fixture(autouse=True)
def healed() -> Iterator[None]:
    yield
    heal()


def test_f2_all_edges_killed_at_once_lose_no_acknowledged_click(
    processes: Processes, shop: Scene, redis: Redis
) -> None:
    edges = [processes.start("edge", DATABASE_URL=shop.database_url) for _ in range(2)]
    with load(clicks(edges[0].url), 4) as first, load(clicks(edges[1].url), 4) as second:
        more(first, second)
        for edge in edges:
            edge.kill()
    with pytest.raises(httpx.ConnectError):  # so a load balancer's next look takes them out
        httpx.get(f"{edges[0].url}/health/ready")
    for edge in edges:
        edge.start()
    for journal in (first, second):
        assert set(journal.statuses) == {302}
    with load(clicks(edges[0].url), 2) as again:
        more(again, count=20)
    assert again.unknown == set()
    check_both(redis, first, second, again)


def check_both(redis: Redis, *journals: Journal) -> None:
    acknowledged = {nonce for journal in journals for nonce in journal.nonces.values()}
    assert acknowledged - {event["n"] for event in events(redis)} == set()


def test_f16_f29_what_comes_eight_times_and_shuffled_counts_once(
    open_market: OpenMarket, processes: Processes, redis: Redis
) -> None:
    """Events twice to eight times in the stream, reports as often over HTTP, refunds before their sales."""
    dice = Random("disorder")
    with simulated(open_market, processes, redis) as day:
        day.running["ingest"].stop()
        with visitor() as client:
            for _ in range(60):
                day.crowd.go_as_far_as("click", client, day.crowd.next())
        deliver_again(redis, dice)
        calls = [
            (each, step) for each in day.crowd.shoppers for step in each.steps[1:] for _ in range(dice.randint(2, 8))
        ]
        dice.shuffle(calls)
        with ThreadPoolExecutor(8) as pool:
            assert set(pool.map(lambda call: answered(day.crowd, *call), calls)) == {True}
        day.running["ingest"].start()
        day.rest()
        oracle.check(day.crowd, day.market)


def test_f29_what_an_advertiser_repeats_for_ten_minutes_is_one(
    open_market: OpenMarket, processes: Processes, redis: Redis
) -> None:
    """Ten minutes of once a second, in a hurry: each of six hundred is answered as the first was, nothing grows."""
    with simulated(open_market, processes, redis) as day:
        with visitor() as client:
            shopper = next(each for each in iter(day.crowd.next, None) if each.refunded)
            *_, sale = (step for step in shopper.steps if step.kind == "sale")
            day.crowd.go_as_far_as("click", client, shopper)
            for _ in range(300):
                assert answered(day.crowd, shopper, sale)
            day.crowd.go(client, shopper)
            for _ in range(300):
                assert answered(day.crowd, shopper, sale)
            for each in day.crowd.shoppers:
                day.crowd.go(client, each)
        day.rest()
        oracle.check(day.crowd, day.market)


def deliver_again(redis: Redis, dice: Random) -> None:
    """What waits in the stream comes once to seven times more, in another order."""
    for key in redis.scan_iter(f"{STREAM}*", _type="stream"):
        entries: Any = redis.xrange(key)
        copies = [fields for _id, fields in entries for _ in range(dice.randint(1, 7))]
        dice.shuffle(copies)
        for fields in copies:
            redis.xadd(key, fields)


def answered(crowd: Crowd, shopper: Shopper, step: Step) -> bool:
    with visitor() as client:
        status = crowd.send(client, shopper, step).status_code
    step.state = State.ACKED
    return status in GOOD[step.kind]


def test_f38_visitors_do_not_feel_it_when_everything_known_is_forgotten(
    processes: Processes, shop: Scene, redis: Redis
) -> None:
    edge = processes.start("edge", DATABASE_URL=shop.database_url)
    with load(clicks(edge.url)) as visits, psycopg.connect(shop.database_url, autocommit=True) as connection:
        more(visits)
        asked_before = transactions(connection)
        for _ in range(FORGOTTEN):
            connection.execute("INSERT INTO tracking_snapshot_change (kind, key) VALUES ('link', '*')")
            connection.execute("SELECT pg_notify(%s, '')", [CHANNEL])
            for copy in processes.place.glob("spool/snapshot*"):
                copy.unlink(missing_ok=True)
            redis.script_flush()
            more(visits, count=30)
            time.sleep(0.05)
        time.sleep(1.5)  # until PostgreSQL has counted
        asked = transactions(connection) - asked_before
    assert set(visits.statuses) == {302}
    assert visits.p99 < 0.2
    assert asked < FORGOTTEN * 10 < len(visits.acknowledged)  # one reading each time, not one for each visitor
    wait_until(lambda: edge.popen is not None and edge.popen.poll() is None, 1)
    check_clicks(visits, redis)


def transactions(connection: psycopg.Connection) -> int:
    """How many this database has seen."""
    found = connection.execute("SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()").fetchone()
    assert found
    return int(found[0])
