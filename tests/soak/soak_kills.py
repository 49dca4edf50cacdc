"""Visitors click and buy for SOAK_MINUTES (3) while something is killed every few seconds: then every sum is compared."""

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

import httpx
import pytest
from django.db import connection
from django.db.models import Sum
from redis import Redis

from payouts import proof
from payouts.models import Commission
from tests.faults.broken import heal, kill_postgres, kill_redis
from tests.live import Process, Processes, wait_until
from tests.payouts.market import MICRO, Market, OpenMarket
from tests.tracking.stage import PHONE, STREAM
from tracking.models import Click, Conversion, DailyCount, Postback

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(0)]

SECONDS = float(os.environ.get("SOAK_MINUTES", "3")) * 60


@dataclass
class Journal:
    """What was answered, and of which no answer came: those may or may not have happened."""

    clicks: int = 0
    unknown_clicks: int = 0
    orders: dict[str, int] = field(default_factory=dict)
    unknown_orders: dict[str, int] = field(default_factory=dict)
    kills: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    over: threading.Event = field(default_factory=threading.Event)


def visit(client: httpx.Client, market: Market, edge: Process, journal: Journal, number: int) -> None:
    try:
        answer = client.get(f"{edge.url}/c/{market.link.code}?sub1=soak")
    except httpx.HTTPError:
        with journal.lock:
            journal.unknown_clicks += 1
        return
    assert answer.status_code == 302
    with journal.lock:
        journal.clicks += 1
    if number % 10 == 0:
        buy(client, market, edge, journal, answer.headers["location"].partition("pvd_cid=")[2], number)


def buy(client: httpx.Client, market: Market, edge: Process, journal: Journal, click_id: str, number: int) -> None:
    """The shop reports, and reports again, as shops do."""
    order, cents = f"{threading.get_ident()}-{number}", random.randrange(100, 90_000)
    fields = {"click_id": click_id, "goal": "sale", "order_id": order, "amount": f"{cents / 100:.2f}"}
    fields["token"] = market.campaign.postback_token
    for _ in range(random.choice([1, 2, 3])):
        try:
            status = client.get(f"{edge.url}/postback", params=fields).status_code
        except httpx.HTTPError:
            status = 0
        with journal.lock:
            if status in {200, 202}:
                journal.orders[order] = cents
            elif order not in journal.orders:
                journal.unknown_orders[order] = cents


@contextmanager
def visitors(market: Market, edge: Process, count: int = 6) -> Iterator[Journal]:
    journal = Journal()

    def come() -> None:
        number = 0
        with httpx.Client(timeout=15, headers={"User-Agent": PHONE}) as client:
            while not journal.over.is_set():
                number += 1
                visit(client, market, edge, journal, number)
                time.sleep(0.01)

    threads = [threading.Thread(target=come) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield journal
    finally:
        journal.over.set()
        for thread in threads:
            thread.join()


def kill_something(running: list[Process], journal: Journal) -> None:
    victims = {str(number): process for number, process in enumerate(running)}
    name = random.choice([*victims, "postgres", "redis"])
    if victim := victims.get(name):
        victim.restart()
    else:
        (kill_postgres if name == "postgres" else kill_redis)()
        time.sleep(random.uniform(0, 2))
        heal()
    journal.kills.append(victim.name if victim else name)


def test_it_adds_up_whatever_is_killed(
    open_market: OpenMarket, processes: Processes, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    market = open_market({"click": (MICRO, 0), "sale": (0, 800)}, funds=10**12)  # a cent per click, 8% of a sale
    running = [processes.start(name) for name in ("edge", "ingest", "ingest", "worker", "beat")]
    end = time.monotonic() + SECONDS
    with visitors(market, running[0]) as journal:
        while time.monotonic() < end:
            time.sleep(random.uniform(2, 6))
            kill_something(running, journal)
    connection.close()
    wait_until(lambda: left(redis) == (0, 0), 180)
    wait_until(settled, 120)
    found = report(market, journal)
    with capsys.disabled():
        print(f"\n{found}")
    compare(market, journal)


def left(redis: Redis) -> tuple[int, int]:
    """Events in the stream, accepted reports in the inbox."""
    time.sleep(1)
    return redis.xlen(STREAM), Postback.objects.filter(accepted=True, processed_at=None).count()


def settled() -> bool:
    time.sleep(1)
    unsettled_day = DailyCount.objects.filter(needs_settling=True).exists()
    sold = Conversion.objects.filter(attribution__isnull=False).count()
    return not unsettled_day and Commission.objects.filter(goal__code="sale").count() == sold


def compare(market: Market, journal: Journal) -> None:
    stored = Click.objects.count()
    assert journal.clicks <= stored <= journal.clicks + journal.unknown_clicks
    counted = DailyCount.objects.aggregate(paid=Sum("clicks"), unpaid=Sum("invalid_clicks"))
    assert counted["paid"] + counted["unpaid"] == stored

    sales = {order: cents or 0 for order, cents in Conversion.objects.values_list("order_id", "amount")}
    assert journal.orders.items() <= sales.items()
    assert sales.keys() - journal.orders.keys() <= journal.unknown_orders.keys()

    assert proof.verify() == []
    for_sales = sum(int((Decimal(cents) * 8 / 100).quantize(Decimal(1), ROUND_HALF_EVEN)) for cents in sales.values())
    books = market.books()
    assert books["pending"] + books.get("held", 0) == counted["paid"] + for_sales


def report(market: Market, journal: Journal) -> str:
    return (
        f"{journal.clicks:,} clicks and {len(journal.orders):,} sales answered, "
        f"{journal.unknown_clicks + len(journal.unknown_orders):,} requests broken off\n"
        f"{Click.objects.count():,} clicks and {Conversion.objects.count():,} sales stored\n"
        f"Killed: {', '.join(journal.kills)}\n{market.books()}"
    )
