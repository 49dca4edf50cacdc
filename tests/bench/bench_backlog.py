"""A long backlog drains at a steady pace and with flat memory. BACKLOG_EVENTS: default 1,000,000; 5,000,000 need 3 GB."""

import os
import signal
import time

import psutil
import pytest
from redis import Redis

from publishers.models import TrackingLink
from tests.bench.bench_ingest import fill, holders, signal_all, stored
from tests.live import Processes, wait_until
from tracking import partitions
from tracking.models import StreamPosition

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(3600)]

EVENTS = int(os.environ.get("BACKLOG_EVENTS", "1000000"))
ALLOWED = 1.25  # of what it had after the first fifth


def resident(family: list[psutil.Process]) -> float:
    return sum(member.memory_info().rss for member in family) / 2**20


def test_a_backlog_drains_with_flat_memory(
    link: TrackingLink, processes: Processes, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    partitions.ensure()
    running = processes.start("ingest")
    wait_until(lambda: "" not in holders() and bool(holders()), within=30)
    family = running.family()
    signal_all(family, signal.SIGSTOP)
    for part in range(0, EVENTS, 250_000):
        fill(redis, link, min(250_000, EVENTS - part), part)
    target, samples, began = stored() + EVENTS, [], time.perf_counter()
    signal_all(family, signal.SIGCONT)
    while (done := EVENTS - target + stored()) < EVENTS:
        samples.append((done, resident(family)))
        time.sleep(0.2)
        assert time.perf_counter() - began < 1800
    took = time.perf_counter() - began
    early = max(size for done, size in samples if done <= EVENTS / 5)
    late = max(size for _, size in samples)
    with capsys.disabled():
        print(
            f"\nBacklog of {EVENTS:,} events: {EVENTS / took:,.0f}/s;"
            f" memory {early:.0f} MB after a fifth, {late:.0f} MB at most"
        )
    assert StreamPosition.objects.exclude(position="0-0").exists()
    assert late < early * ALLOWED
