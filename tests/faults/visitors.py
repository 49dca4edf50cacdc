"""Load with a journal: what was sent and what was acknowledged, to be compared with what is stored."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from tests.tracking.edge.scene import KEYS, Scene
from tracking.edge.clickid import read


@dataclass
class Journal:
    """By number of the request. `unknown`: sent, and the connection broke before the answer."""

    sent: int = 0
    acknowledged: dict[int, int] = field(default_factory=dict)  # number → status
    nonces: dict[int, int] = field(default_factory=dict)  # of acknowledged clicks
    unknown: set[int] = field(default_factory=set)
    answered_at: dict[int, float] = field(default_factory=dict)  # clicks, by the monotonic clock
    delays: list[float] = field(default_factory=list)  # seconds until each answer
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> int:
        with self.lock:
            self.sent += 1
            return self.sent

    def has(self, count: int) -> bool:
        return len(self.acknowledged) >= count

    @property
    def p99(self) -> float:
        """Seconds within which 99 of 100 answers came."""
        return sorted(self.delays)[len(self.delays) * 99 // 100]

    @property
    def statuses(self) -> dict[int, int]:
        counts: dict[int, int] = {}
        for status in self.acknowledged.values():
            counts[status] = counts.get(status, 0) + 1
        return counts


@contextmanager
def load(visit: Callable[[httpx.Client, Journal], None], clients: int = 8, pause: float = 0.004) -> Iterator[Journal]:
    """Clients that visit one after the other until the block ends."""
    journal, over = Journal(), threading.Event()

    def run() -> None:
        with httpx.Client(timeout=10) as client:
            while not over.is_set():
                visit(client, journal)
                time.sleep(pause)

    threads = [threading.Thread(target=run, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield journal
    finally:
        over.set()
        for thread in threads:
            thread.join(15)


def clicks(url: str, code: str = "shopLink1") -> Callable[[httpx.Client, Journal], None]:
    def visit(client: httpx.Client, journal: Journal) -> None:
        number = journal.next()
        began = time.monotonic()
        try:
            answer = client.get(f"{url}/c/{code}?sub1={number}")
        except httpx.HTTPError:
            journal.unknown.add(number)
            return
        journal.answered_at[number] = time.monotonic()
        journal.delays.append(journal.answered_at[number] - began)
        journal.acknowledged[number] = answer.status_code
        journal.nonces[number] = read(KEYS, answer.headers["location"].partition("pvd_cid=")[2]).signed_nonce

    return visit


def conversions(
    url: str, shop: Scene, token: str, prefix: str, link: str = "link"
) -> Callable[[httpx.Client, Journal], None]:
    def visit(client: httpx.Client, journal: Journal) -> None:
        number = journal.next()
        fields = {"token": token, "goal": "sale", "amount": "10.00", "click_id": shop.click_id(link)}
        began = time.monotonic()
        try:
            answer = client.get(f"{url}/postback", params=fields | {"order_id": f"{prefix}-{number}"})
        except httpx.HTTPError:
            journal.unknown.add(number)
            return
        journal.delays.append(time.monotonic() - began)
        journal.acknowledged[number] = answer.status_code

    return visit
