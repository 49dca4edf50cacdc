"""Impatient shops: every order is reported four times, by sixteen clients at once, in every form there is."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import ROUND_HALF_EVEN, Decimal
from random import Random
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from payouts.models import Commission
from tests.faults.simulation import IN_A_HURRY
from tests.live import Processes
from tests.payouts.market import Market, OpenMarket
from tests.tracking.stage import PHONE
from tracking.models import Conversion, Postback
from tracking.quality import thresholds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

ORDERS, TIMES, CLIENTS, FUNDS = 1_000, 4, 16, 10**9
type Report = tuple[int, int]  # number of the order, form in which it is reported


def test_it_counts_a_thousand_orders_reported_four_times_each_once(
    open_market: OpenMarket, processes: Processes
) -> None:
    market = open_market({"sale": (0, 800)}, funds=FUNDS)  # 8%, and a network fee of 20% on it
    thresholds.change(market.campaign, IN_A_HURRY, by=market.ada.actor)
    edge, *_ = (processes.start(name, VAR_DIR=str(processes.place)) for name in ("edge", "ingest", "worker", "beat"))
    dice = Random("orders")
    amounts = [dice.randrange(100, 100_000) for _ in range(ORDERS)]

    answers = report_all(edge.url, market, amounts)

    assert Counter(status for _number, status, _id in answers) == {"accepted": 1_000, "duplicate": 3_000}
    assert len({(number, first) for number, _status, first in answers}) == ORDERS  # duplicates name the first report

    until(lambda: not Postback.objects.filter(accepted=True, processed_at=None).exists())
    until(lambda: not Conversion.objects.filter(needs_settling=True).exists())
    assert Conversion.objects.count() == Commission.objects.count() == ORDERS
    assert dict(Conversion.objects.values_list("order_id", "amount")) == {
        order(number): amount for number, amount in enumerate(amounts)
    }
    earned = [rounded(Decimal(amount) * 8 / 100) for amount in amounts]
    fees = [rounded(Decimal(amount) / 5) for amount in earned]
    assert market.books() == {
        "funds": FUNDS - sum(earned) - sum(fees),
        "pending": sum(earned),
        "fee pending": sum(fees),
        "cash": -FUNDS,
    }


def report_all(edge: str, market: Market, amounts: list[int]) -> list[tuple[int, str, str]]:
    """Each order's number with the status and the id that were answered, in any order."""
    reports = iter(shuffled([(number, form) for number in range(ORDERS) for form in range(TIMES)]))
    lock = threading.Lock()

    def client() -> list[tuple[int, str, str]]:
        answers = []
        with httpx.Client(timeout=60, headers={"User-Agent": PHONE}, trust_env=False) as http:
            location = http.get(f"{edge}/c/{market.link.code}").headers["location"]
            (click_id,) = parse_qs(urlsplit(location).query)["pvd_cid"]
            barrier.wait(60)
            while mine := take():
                number, form = mine
                answer = send(
                    http, edge, market, form, order(number), amounts[number], click_ids.setdefault(number, click_id)
                )
                answers.append((number, answer["status"], answer["id"]))
        return answers

    def take() -> Report | None:
        with lock:
            return next(reports, None)

    barrier, click_ids = threading.Barrier(CLIENTS), dict[int, str]()
    with ThreadPoolExecutor(CLIENTS) as pool:
        return [answer for client in [pool.submit(client) for _ in range(CLIENTS)] for answer in client.result()]


def send(
    http: httpx.Client, edge: str, market: Market, form: int, order_id: str, amount: int, click_id: str
) -> dict[str, str]:
    """As query, form, JSON with the amount as text, JSON with minor units: all say the same."""
    text = f"{amount // 100}.{amount % 100:02}"
    fields = {"token": market.campaign.postback_token, "goal": "sale", "order_id": order_id, "click_id": click_id}
    match form:
        case 0:
            answer = http.get(f"{edge}/postback", params=fields | {"amount": text})
        case 1:
            answer = http.post(f"{edge}/postback", data=fields | {"amount": text})
        case 2:
            answer = http.post(f"{edge}/v1/conversions", json=fields | {"amount": text})
        case _:
            answer = http.post(f"{edge}/v1/conversions", json=fields | {"amount": amount})
    assert answer.status_code == 200, answer.text
    found: dict[str, str] = answer.json()
    return found


def order(number: int) -> str:
    return f"order-{number}"


def shuffled(reports: list[Report]) -> list[Report]:
    return Random("reports").sample(reports, len(reports))


def rounded(exact: Decimal) -> int:
    return int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))


def until(true: Callable[[], bool], within: float = 300) -> None:
    deadline = time.monotonic() + within
    while not true():
        assert time.monotonic() < deadline, f"not within {within} s"
        time.sleep(0.1)
