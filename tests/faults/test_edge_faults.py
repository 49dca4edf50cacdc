"""Short forms of the fault experiments that concern the edge: nothing acknowledged is lost, nothing is counted twice.

lost = acknowledged but not stored    twice = stored more than once    phantom = stored but never sent
"""

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import httpx
import psutil
import pytest
from redis import Redis

from tests.faults.broken import heal, kill_postgres, kill_redis
from tests.faults.visitors import Journal, clicks, conversions, load
from tests.live import Process, Processes, wait_until
from tests.tracking.edge.scene import LANDING, TOKEN, Scene
from tests.tracking.edge.wire import events

FAULT = float(os.environ.get("FAULT_SECONDS", "3"))


@pytest.fixture(autouse=True)
def healed(shop: Scene) -> Iterator[None]:
    """Before the scene's database is dropped."""
    yield
    heal()


@pytest.fixture
def started(processes: Processes, shop: Scene) -> Process:
    return processes.start("edge", DATABASE_URL=shop.database_url)


def more(*journals: Journal, count: int = 60) -> None:
    """Let so many further answers come."""
    for journal in journals:
        enough = len(journal.acknowledged) + count
        wait_until(partial(journal.has, enough), 20)


def ready(process: Process) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{process.url}/health/ready", timeout=10).json()
    return found


def check_drained(process: Process, *kinds: str, fault: float) -> None:
    """Within twice the time that the fault lasted."""
    wait_until(lambda: all(drained(process, kind) for kind in kinds), 2 * fault)


def drained(process: Process, kind: str) -> bool:
    return ready(process)[kind]["waiting_bytes"] == 0 and "away" not in {
        ready(process)[name] for name in ("redis", "postgresql")
    }


@contextmanager
def away(*kills: Callable[[], None]) -> Iterator[Callable[[], float]]:
    """Killed until the block ends; gives what tells for how many seconds that was."""
    began = time.monotonic()
    for kill in kills:
        kill()
    ended: list[float] = []
    yield lambda: ended[0] - began
    heal()
    ended.append(time.monotonic())


def check_clicks(journal: Journal, redis: Redis) -> None:
    """In the stream an event may stand twice, after an unknown outcome: by its id it is one."""
    stored = {event["n"]: int(event["subs"][0]) for event in events(redis)}
    lost = [number for number, nonce in journal.nonces.items() if nonce not in stored]
    phantom = [number for number in stored.values() if number > journal.sent]
    twice = [number for number, count in Counter(stored.values()).items() if count > 1]
    assert (len(lost), len(phantom), len(twice)) == (0, 0, 0)
    assert set(stored.values()) - set(journal.nonces) <= journal.unknown


def check_orders(journal: Journal, shop: Scene, prefix: str) -> None:
    rows = shop.execute(
        "SELECT fields->>'order_id' FROM tracking_postback WHERE accepted AND fields->>'order_id' LIKE %s",
        f"{prefix}-%",
    )
    stored = Counter(int(row[0].rpartition("-")[2]) for row in rows)
    assert set(journal.acknowledged) - set(stored) == set()
    assert set(stored) - set(journal.acknowledged) <= journal.unknown
    assert set(stored.values()) == {1}


def test_f8_redis_killed_redirects_go_on_and_no_click_is_lost(started: Process, redis: Redis) -> None:
    with load(clicks(started.url)) as journal:
        more(journal)
        with away(kill_redis) as fault:
            more(journal)
            time.sleep(FAULT)
            more(journal)
        check_drained(started, "events", fault=fault())
        more(journal)
    assert set(journal.statuses) == {302}
    assert journal.unknown == set()
    wait_until(lambda: drained(started, "events"), 10)
    found = ready(started)["events"]
    assert found["spooled"] > 0
    assert found["lost"] == 0
    check_clicks(journal, redis)
    assert len({event["n"] for event in events(redis)}) == len(journal.nonces)


def test_f9_postgresql_killed_redirects_go_on_and_conversions_are_spooled(
    started: Process, shop: Scene, redis: Redis
) -> None:
    with load(clicks(started.url), 4) as visits, load(conversions(started.url, shop, TOKEN, "f9"), 4) as orders:
        more(visits, orders)
        with away(kill_postgres) as fault:
            more(visits, orders)
            time.sleep(FAULT)
            more(visits, orders)
        check_drained(started, "reports", fault=fault())
        more(visits, orders)
    assert set(visits.statuses) == {302}
    assert set(orders.statuses) == {200, 202}
    assert visits.unknown == orders.unknown == set()
    wait_until(lambda: drained(started, "reports"), 10)
    check_clicks(visits, redis)
    check_orders(orders, shop, "f9")


def test_f9_a_report_spooled_twice_is_stored_once(started: Process, shop: Scene) -> None:
    """The caller repeats while PostgreSQL is away: both wait in the spool, and by the key they are one."""
    kill_postgres()
    fields = {"token": TOKEN, "goal": "sale", "amount": "10.00", "click_id": shop.click_id(), "order_id": "again"}
    answers = [httpx.get(f"{started.url}/postback", params=fields, timeout=10) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 202]
    assert {answer.json()["reason"] for answer in answers} == {"spooled"}
    heal()
    wait_until(lambda: drained(started, "reports"), 10)
    rows = shop.execute("SELECT accepted FROM tracking_postback WHERE fields->>'order_id' = 'again' ORDER BY 1 DESC")
    assert rows == [(True,), (False,), (False,)]
    assert httpx.get(f"{started.url}/postback", params=fields).json()["id"] == answers[0].json()["id"]


def test_f10_with_both_away_visitors_notice_nothing(started: Process, shop: Scene, redis: Redis) -> None:
    with load(clicks(started.url), 4) as visits, load(conversions(started.url, shop, TOKEN, "f10"), 4) as orders:
        more(visits, orders)
        with away(kill_postgres, kill_redis) as fault:
            more(visits, orders)
            time.sleep(FAULT)
        check_drained(started, "events", "reports", fault=fault())
        more(visits, orders)
    assert set(visits.statuses) == {302}
    assert set(orders.statuses) <= {200, 202}
    assert visits.unknown == orders.unknown == set()
    wait_until(lambda: drained(started, "events") and drained(started, "reports"), 15)
    check_clicks(visits, redis)
    check_orders(orders, shop, "f10")


def test_f1_killing_the_edge_loses_no_acknowledged_click(started: Process, shop: Scene, redis: Redis) -> None:
    for _ in range(3):
        with load(clicks(started.url)) as journal:
            more(journal)
            started.kill()
        check_clicks(journal, redis)
        redis.delete(*redis.keys("events:[0-9]*"))
        started.start()


def test_f1_what_a_killed_edge_had_spooled_is_drained_by_the_next(
    started: Process, processes: Processes, shop: Scene, redis: Redis
) -> None:
    kill_redis()
    kill_postgres()
    with (
        load(clicks(started.url), 2) as visits,
        load(conversions(started.url, shop, TOKEN, "left"), 2) as orders,
    ):
        more(visits, orders)
        started.kill()
    spool = processes.place / "spool"
    (torn,) = spool.glob("events-*.jsonl")
    with torn.open("ab") as file:
        file.write(b'{"t":"click","c":1,')  # as a power cut may leave it
    heal()
    started.start()
    wait_until(lambda: drained(started, "events") and drained(started, "reports"), 15)
    wait_until(lambda: not list(spool.glob("*.jsonl")), 5)
    check_clicks(visits, redis)
    check_orders(orders, shop, "left")


def test_f1_a_killed_worker_is_replaced(started: Process, shop: Scene, redis: Redis) -> None:
    """Within two seconds, counted in its processor time, as others use the machine. Who comes meanwhile waits, and is
    served: only what was on its way in the killed one fails."""
    clients = 4
    with load(clicks(started.url), clients) as journal:
        more(journal)
        (killed,) = workers(started)
        killed.send_signal(signal.SIGKILL)
        wait_until(lambda: any(each != killed for each in workers(started)), 10)
        more(journal)
        (fresh,) = workers(started)
        spent = fresh.cpu_times()
    assert spent.user + spent.system < 2
    assert len(journal.unknown) <= clients
    assert set(journal.statuses) == {302}
    check_clicks(journal, redis)


def workers(edge: Process) -> list[psutil.Process]:
    return [found for found in edge.family()[1:] if found.status() != psutil.STATUS_ZOMBIE]


def test_f14_a_full_spool_is_counted_and_redirects_go_on(processes: Processes, shop: Scene) -> None:
    edge = processes.start("edge", DATABASE_URL=shop.database_url, SPOOL_MAX_MB="0", REDIS_URL="redis://127.0.0.1:1/0")
    small = httpx.get(f"{edge.url}/c/shopLink1")
    assert small.headers["location"].startswith(LANDING)
    assert ready(edge)["events"]["lost"] == 1


def test_f14_what_no_disk_holds_is_counted_and_what_it_holds_is_not_lost(
    processes: Processes, shop: Scene, redis: Redis
) -> None:
    """A real full disk, in the middle of a line."""
    spool = processes.place / "spool"
    spool.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(spool)]
    if os.geteuid() or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("a small disk needs the right to mount one")
    try:
        edge = processes.start("edge", DATABASE_URL=shop.database_url)
        with load(clicks(edge.url), 2) as journal:
            more(journal)
            kill_redis()
            wait_until(lambda: ready(edge)["events"]["lost"] > 0, 60)
            more(journal)
            heal()
            wait_until(lambda: drained(edge, "events"), 60)
            more(journal)
        assert set(journal.statuses) == {302}
        assert journal.unknown == set()
        stored = {event["n"] for event in events(redis)}
        assert len(set(journal.nonces.values()) - stored) == ready(edge)["events"]["lost"]
    finally:
        processes.end()
        subprocess.run(["umount", str(spool)], check=True)


def test_f14_redis_that_refuses_to_write_is_as_one_that_is_away(started: Process, redis: Redis) -> None:
    """As with a full disk under its append-only file: it lives and answers with errors."""
    with load(clicks(started.url), 4) as journal:
        more(journal)
        redis.config_set("maxmemory", "1")
        more(journal)
        wait_until(lambda: ready(started)["events"]["spooled"] > 0, 10)
        redis.config_set("maxmemory", "0")
        more(journal)
        wait_until(lambda: drained(started, "events"), 20)
    assert set(journal.statuses) == {302}
    assert ready(started)["events"]["lost"] == 0
    check_clicks(journal, redis)


def test_f14_with_no_place_for_it_a_conversion_is_not_acknowledged(processes: Processes, shop: Scene) -> None:
    edge = processes.start("edge", DATABASE_URL=shop.database_url, SPOOL_MAX_MB="0")
    kill_postgres()
    fields = {"token": TOKEN, "goal": "sale", "amount": "10.00", "click_id": shop.click_id(), "order_id": "full"}
    answer = httpx.get(f"{edge.url}/postback", params=fields, timeout=10)
    assert (answer.status_code, answer.json()["reason"], answer.headers["retry-after"]) == (503, "overloaded", "5")


def test_f6_the_check_itself_reports_loss_when_redis_forgets(started: Process, redis: Redis) -> None:
    """The control of these tests: without its append-only file Redis loses what it acknowledged, and that is seen."""
    assert lost_by_a_kill(started, redis) == 0
    redis.config_set("appendonly", "no")
    assert lost_by_a_kill(started, redis) >= 60


def lost_by_a_kill(edge: Process, redis: Redis) -> int:
    with load(clicks(edge.url), 4) as journal:
        more(journal)
    kill_redis()
    heal()
    try:
        check_clicks(journal, redis)
    except AssertionError:
        stored = {event["n"] for event in events(redis)}
        return len(set(journal.nonces.values()) - stored)
    return 0
