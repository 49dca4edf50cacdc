"""Shoppers: they click, buy and send back over real HTTP while something is killed. Each keeps a journal of every request."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from typing import Final
from urllib.parse import parse_qs, urlsplit

import httpx

from publishers.models import TrackingLink
from tests.tracking.stage import PHONE
from tracking.keys import ClickId, read_click_id

GOOD: Final = {"click": {302}, "sale": {200, 202}, "refund": {200, 202}}
AT_ONCE: Final = 5  # who ask again
DISAPPOINTED: Final = 0.3  # seconds
AWAY: Final = (httpx.ConnectError, httpx.ConnectTimeout)
"""The request never left: failed, not unknown."""


class State(StrEnum):
    NEW = "new"
    SENT = "sent"
    ACKED = "acked"
    FAILED = "failed"
    UNKNOWN = "unknown"  # the connection broke before the answer: it may or may not have happened


@dataclass
class Step:
    """One request of a shopper. `broken`: how often it was sent and no answer came."""

    kind: str
    fields: dict[str, str] = field(default_factory=dict)
    state: State = State.NEW
    broken: int = 0


@dataclass
class Shopper:
    """What number so-and-so does, the same in every run: half of them only look. Amounts are in minor units."""

    number: int
    token: str
    steps: list[Step] = field(init=False)
    amount: int = field(init=False, default=0)
    refunded: int = field(init=False, default=0)
    click_id: str = ""
    clicks: list[ClickId] = field(default_factory=list)  # the acknowledged ones

    def __post_init__(self) -> None:
        dice = Random(f"shopper {self.number}")
        self.steps = [Step("click")]
        if dice.random() < 0.5:
            return
        self.amount = dice.randrange(101, 90_000)
        sale = {"goal": "sale", "order_id": self.order, "amount": major(self.amount)}
        bought = [Step("sale", sale) for _ in range(2 if dice.random() < 0.2 else 1)]
        returned: list[Step] = []
        if dice.random() < 0.3:
            self.refunded = dice.choice([self.amount, dice.randrange(1, self.amount)])
            refund = {"goal": "refund", "order_id": self.order, "refund_id": "r1", "amount": major(self.refunded)}
            returned = [Step("refund", refund) for _ in range(dice.choice([1, 2]))]
        refund_first = dice.random() < 0.1
        self.steps += [*returned, *bought] if refund_first else [*bought, *returned]

    @property
    def order(self) -> str:
        return f"order-{self.number}"

    def address(self, attempt: int) -> str:
        """Each comes from elsewhere, and tries again from elsewhere, or they would look like one who clicks all day."""
        return f"{11 + attempt % 200}.{self.number // 65_536}.{self.number // 256 % 256}.{self.number % 256}"

    @property
    def is_done(self) -> bool:
        return all(step.state == State.ACKED for step in self.steps)

    def was(self, kind: str, *states: State) -> bool:
        return any(step.kind == kind and step.state in states for step in self.steps)


@dataclass
class Crowd:
    """Everybody who came, and how many of their requests were acknowledged. `surprises` are answers nobody should get."""

    edge: str
    link: TrackingLink
    token: str
    shoppers: list[Shopper] = field(default_factory=list)
    acked: int = 0
    surprises: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def next(self) -> Shopper:
        with self.lock:
            self.shoppers.append(Shopper(len(self.shoppers), self.token))
            return self.shoppers[-1]

    def go(self, client: httpx.Client, shopper: Shopper) -> None:
        """Take the steps that are not acknowledged yet, one after the other, until one is not."""
        for step in shopper.steps:
            if step.state != State.ACKED:
                self._take(client, shopper, step)
            if step.state != State.ACKED:
                return

    def go_as_far_as(self, kind: str, client: httpx.Client, shopper: Shopper) -> None:
        """Take the steps of this kind only."""
        for step in shopper.steps:
            if step.kind == kind:
                self._take(client, shopper, step)

    def _take(self, client: httpx.Client, shopper: Shopper, step: Step) -> None:
        step.state = State.SENT
        try:
            answer = self.send(client, shopper, step)
        except AWAY:
            step.state = State.FAILED
            return
        except httpx.HTTPError:
            step.state, step.broken = State.UNKNOWN, step.broken + 1
            return
        if answer.status_code in {429, 503}:
            step.state = State.FAILED
            return
        shown = f"{step.kind} {answer.status_code} {answer.headers.get('location', answer.text)}"
        if answer.status_code not in GOOD[step.kind] or (step.kind == "click" and not self._note(shopper, answer)):
            self.surprises.append(shown)
        with self.lock:
            step.state = State.ACKED
            self.acked += 1

    def send(self, client: httpx.Client, shopper: Shopper, step: Step) -> httpx.Response:
        if step.kind == "click":
            own = {"X-Forwarded-For": shopper.address(step.broken)}
            return client.get(f"{self.edge}/c/{self.link.code}", params={"sub1": str(shopper.number)}, headers=own)
        fields = step.fields | {"token": self.token}
        if step.kind == "sale":
            fields["click_id"] = shopper.click_id
        return client.post(f"{self.edge}/postback", data=fields)

    @staticmethod
    def _note(shopper: Shopper, answer: httpx.Response) -> bool:
        found = parse_qs(urlsplit(answer.headers["location"]).query).get("pvd_cid", [])
        if found:
            shopper.click_id = found[0]
            shopper.clicks.append(read_click_id(found[0]))
        return bool(found)

    def finish(self, within: float = 120) -> None:
        """Retry whatever failed or is unknown until everybody has been answered everything."""
        deadline = time.monotonic() + within
        while left := [shopper for shopper in self.shoppers if not shopper.is_done]:
            assert time.monotonic() < deadline, f"{len(left)} are not answered: {left[:3]}"
            with ThreadPoolExecutor(AT_ONCE) as pool:
                list(pool.map(self._go_all, (left[number::AT_ONCE] for number in range(AT_ONCE))))

    def _go_all(self, shoppers: list[Shopper]) -> None:
        with visitor() as client:
            for shopper in shoppers:
                self.go(client, shopper)


@contextmanager
def shopping(crowd: Crowd, clients: int = 5, pause: float = 0.06) -> Iterator[None]:
    """They come until the block ends; who finds nobody there does not knock at once again."""
    over = threading.Event()

    def come() -> None:
        with visitor() as client:
            while not over.wait(pause):
                shopper = crowd.next()
                crowd.go(client, shopper)
                if not shopper.is_done:
                    over.wait(DISAPPOINTED)

    threads = [threading.Thread(target=come, daemon=True) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        over.set()
        for thread in threads:
            thread.join(60)


def visitor() -> httpx.Client:
    return httpx.Client(timeout=20, headers={"User-Agent": PHONE}, trust_env=False)


def major(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"
