"""An open loop: clicks and reports leave when they are due, whether or not the last ones were answered, so that waiting
is part of what is measured. Runs in a process of its own: `python -m tests.bench.pace`, JSON in and out.

Every report names the click id of a redirect that was answered before; addresses and user agents are those of a crowd.
"""

import heapq
import json
import select
import socket
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from random import Random
from urllib.parse import urlsplit

AGENTS = tuple(
    f"Mozilla/5.0 (iPhone; CPU iPhone OS {major}_{minor} like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    f" Version/{major}.{minor} Mobile/15E148 Safari/604.1"
    for major in range(15, 19)
    for minor in range(7)
)
CONNECTIONS = 64


@dataclass(frozen=True)
class Plan:
    url: str
    codes: list[str]
    token: str
    clicks_per_second: float
    conversions_per_second: float
    seconds: float


@dataclass
class Result:
    """Seconds are counted from when a request was due. `orders`: amounts in cents by order, acknowledged ones."""

    clicks: int = 0
    orders: dict[str, int] = field(default_factory=dict)
    p50_ms: float = 0
    p99_ms: float = 0
    worst_ms: float = 0
    report_p99_ms: float = 0
    unexpected: list[str] = field(default_factory=list)


class Crowd:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.host = urlsplit(plan.url).netloc
        self.dice = Random("pace")
        self.click_ids: deque[str] = deque(maxlen=20_000)
        self.result = Result()
        self.delays: list[float] = []
        self.report_delays: list[float] = []

    def click(self, number: int) -> bytes:
        dice = self.dice
        code = self.plan.codes[dice.randrange(len(self.plan.codes))]
        address = f"{dice.randrange(1, 224)}.{dice.randrange(256)}.{dice.randrange(256)}.{dice.randrange(1, 255)}"
        return (
            f"GET /c/{code}?sub1=site{number % 200} HTTP/1.1\r\nHost: {self.host}\r\nX-Forwarded-For: {address}\r\n"
            f"User-Agent: {AGENTS[dice.randrange(len(AGENTS))]}\r\nAccept-Language: fa-IR,fa;q=0.9\r\n"
            f"Sec-Fetch-Dest: document\r\nSec-Fetch-Mode: navigate\r\n\r\n"
        ).encode()

    def report(self, order: str, cents: int, click_id: str) -> bytes:
        query = f"token={self.plan.token}&click_id={click_id}&goal=sale&order_id={order}&amount={cents / 100:.2f}"
        return f"GET /postback?{query} HTTP/1.1\r\nHost: {self.host}\r\n\r\n".encode()

    def take(self, order: str, cents: int, answer: bytes, delay: float) -> None:
        if order:
            self.report_delays.append(delay)
            if answer.startswith(b"HTTP/1.1 200"):
                self.result.orders[order] = cents
                return
        else:
            self.delays.append(delay)
            before, found, rest = answer.partition(b"pvd_cid=")
            if found and before.startswith(b"HTTP/1.1 302"):
                self.result.clicks += 1
                self.click_ids.append(rest[:70].decode())
                return
        if len(self.result.unexpected) < 5:
            self.result.unexpected.append(answer[:200].decode("latin-1"))


type Due = tuple[float, int, str, int]
"""When, which number, the order ("" for a click), its amount in cents."""


def schedule(plan: Plan, dice: Random, began: float) -> list[Due]:
    clicks = int(plan.clicks_per_second * plan.seconds)
    orders = int(plan.conversions_per_second * plan.seconds)
    due: list[Due] = [(began + number / plan.clicks_per_second, number, "", 0) for number in range(clicks)]
    due += [
        (began + 1 + number / plan.conversions_per_second, number, f"paced-{number}", dice.randrange(101, 90_000))
        for number in range(orders)
    ]
    heapq.heapify(due)
    return due


def run(plan: Plan) -> Result:
    crowd = Crowd(plan)
    poll = select.epoll()
    idle: deque[socket.socket] = deque()  # in turn, or those at the bottom would be closed for their silence
    parts = urlsplit(plan.url)
    busy: dict[int, tuple[socket.socket, Due, bytes]] = {}
    for _ in range(CONNECTIONS):
        connection = socket.create_connection((parts.hostname or "", parts.port or 80))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        poll.register(connection.fileno(), select.EPOLLIN)
        idle.append(connection)
    due = schedule(plan, crowd.dice, time.perf_counter() + 0.2)
    while due or busy:
        now = time.perf_counter()
        while due and idle and due[0][0] <= now:
            item = heapq.heappop(due)
            _, number, order, cents = item
            if order and not crowd.click_ids:
                continue
            connection = idle.popleft()
            request = crowd.report(order, cents, crowd.click_ids.popleft()) if order else crowd.click(number)
            busy[connection.fileno()] = (connection, item, b"")
            connection.send(request)
        wait = max(0.0, due[0][0] - time.perf_counter()) if due and idle else 1.0
        for number, _ in poll.poll(wait):
            connection, item, received = busy[number]
            received += connection.recv(65_536)
            if not is_whole(received):
                busy[number] = (connection, item, received)
                continue
            del busy[number]
            idle.append(connection)
            crowd.take(item[2], item[3], received, time.perf_counter() - item[0])
    return summed(crowd)


def is_whole(data: bytes) -> bool:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return not data
    start = data.find(b"content-length: ", 0, end)
    return start < 0 or len(data) >= end + 4 + int(data[start + 16 : data.find(b"\r\n", start)])


def summed(crowd: Crowd) -> Result:
    result = crowd.result
    delays, reports = sorted(crowd.delays), sorted(crowd.report_delays)
    result.p50_ms, result.p99_ms = (delays[int(len(delays) * share)] * 1000 for share in (0.5, 0.99))
    result.worst_ms = delays[-1] * 1000
    result.report_p99_ms = reports[int(len(reports) * 0.99)] * 1000 if reports else 0
    return result


if __name__ == "__main__":
    json.dump(asdict(run(Plan(**json.load(sys.stdin)))), sys.stdout)
