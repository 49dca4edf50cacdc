"""Everything running at 3,000 clicks and 100 conversions a second (BENCH_CLICKS, BENCH_CONVERSIONS) for BENCH_MINUTES (1):
how far ingest falls behind, how long visitors wait, what each process takes of the machine, and whether every sum is exact
at the end."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from decimal import ROUND_HALF_EVEN, Decimal

import psutil
import pytest
from django.db import connection
from django.db.models import Sum

from payouts import proof
from payouts.models import Commission
from publishers import links
from tests import services
from tests.bench.pace import Plan, Result
from tests.faults.simulation import IN_A_HURRY
from tests.live import Process, Processes, wait_until
from tests.payouts.market import MICRO, OpenMarket
from tracking.ingest import status
from tracking.models import Click, Conversion, DailyCount, Postback
from tracking.quality import thresholds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(0)]

SECONDS = float(os.environ.get("BENCH_MINUTES", "1")) * 60
CLICKS = float(os.environ.get("BENCH_CLICKS", "3000"))  # a second
CONVERSIONS = float(os.environ.get("BENCH_CONVERSIONS", "100"))
BACKLOG, P99_MS = 2.0, 25.0  # seconds of events; what is promised on two cores
FUNDS = 10**12


def test_a_busy_day_keeps_up(open_market: OpenMarket, processes: Processes, capsys: pytest.CaptureFixture[str]) -> None:
    market = open_market({"click": (MICRO, 0), "sale": (0, 800)}, funds=FUNDS)  # a cent per click, 8% of a sale
    thresholds.change(market.campaign, IN_A_HURRY, by=market.ada.actor)
    codes = [links.grab(market.partnership, by=market.pia.actor).code for _ in range(50)]
    names = ("edge", "ingest", "worker", "beat", "web")
    running = {name: processes.start(name, TRUSTED_PROXIES="127.0.0.0/8") for name in names}
    edge = running["edge"]
    plan = Plan(edge.url, codes, market.campaign.postback_token, CLICKS, CONVERSIONS, SECONDS)
    before = spent(running)
    with watched() as behind:
        result = paced(plan)
    took = {name: seconds - before[name] for name, seconds in spent(running).items()}
    began = time.monotonic()
    wait_until(at_rest, 300)
    settled_after = time.monotonic() - began
    with capsys.disabled():
        print(
            f"\nBusy day    {result.clicks:,} clicks, {len(result.orders):,} conversions in {SECONDS:,.0f} s"
            f"\nRedirects   50% within {result.p50_ms:.1f} ms, 99% within {result.p99_ms:.1f} ms, all {result.worst_ms:.0f} ms"
            f"\nReports     99% within {result.report_p99_ms:.1f} ms"
            f"\nBacklog     at most {max(behind):.2f} s of events; all settled {settled_after:.1f} s after the end"
            f"\nProcessor   {', '.join(f'{name} {seconds / SECONDS:.0%}' for name, seconds in took.items())} of a core"
        )
    assert result.unexpected == []
    compare(result)
    assert proof.verify() == []
    assert result.p99_ms < P99_MS
    assert max(behind) < BACKLOG


def spent(running: dict[str, Process]) -> dict[str, float]:
    """Seconds of processor time until now, by process with its children; those of the load come from its own end."""
    families = {name: process.family() for name, process in running.items()}
    families |= {"PostgreSQL": services.postgres.processes(), "Redis": services.valkey.processes()}
    load = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {name: sum(map(of_one, family)) for name, family in families.items()} | {
        "load": load.ru_utime + load.ru_stime
    }


def of_one(process: psutil.Process) -> float:
    """With the children that have ended; those of PostgreSQL come and go."""
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0
    return float(times.user + times.system + times.children_user + times.children_system)


def paced(plan: Plan) -> Result:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.pace"],
        cwd=services.ROOT,
        input=json.dumps(asdict(plan)).encode(),
        capture_output=True,
        check=True,
    )
    return Result(**json.loads(done.stdout))


@contextmanager
def watched() -> Iterator[list[float]]:
    """For how many seconds the oldest waiting event waits, twice a second."""
    over, seen = threading.Event(), [0.0]

    def look() -> None:
        while not over.wait(0.5):
            seen.append(max((shard.seconds for shard in status.shards()), default=0.0))
        connection.close()

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def at_rest() -> bool:
    time.sleep(0.2)
    inbox = Postback.objects.filter(accepted=True, processed_at=None)
    unsettled = Conversion.objects.filter(needs_settling=True), DailyCount.objects.filter(needs_settling=True)
    return not any(shard.events for shard in status.shards()) and not any(each.exists() for each in (inbox, *unsettled))


def compare(result: Result) -> None:
    """Each acknowledged click and order once, and paid to the cent."""
    assert Click.objects.count() == result.clicks
    counted = DailyCount.objects.aggregate(valid=Sum("clicks"), invalid=Sum("invalid_clicks"))
    assert (counted["valid"] or 0) + (counted["invalid"] or 0) == result.clicks
    assert dict(Conversion.objects.values_list("order_id", "amount")) == result.orders
    earned = {
        order: int((Decimal(cents) * 8 / 100).quantize(Decimal(1), ROUND_HALF_EVEN))
        for order, cents in result.orders.items()
    }
    paid = Commission.objects.filter(goal__code="sale")
    assert dict(paid.values_list("conversion__order_id", "amount")) == earned
    for_clicks = Commission.objects.filter(goal__code="click").aggregate(total=Sum("amount"))["total"]
    assert for_clicks == counted["valid"]
