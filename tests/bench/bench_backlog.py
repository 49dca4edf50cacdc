"""A long backlog drains at a steady pace and with flat memory.

BACKLOG_EVENTS: default 500,000; `make soak` takes 5,000,000, which need 3 GB in Redis and as much on the disk.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched

import psutil
import pytest
from django.utils import timezone
from redis import Redis

from publishers.models import TrackingLink
from tests.bench.bench_ingest import AGENT, IN_ENTRY, holders, signal_all, stored
from tests.live import Processes, wait_until
from tests.tracking import stage
from tracking import partitions
from tracking.models import Click

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(7200)]

EVENTS = int(os.environ.get("BACKLOG_EVENTS", "500000"))
ALLOWED = 1.1  # of the most that it had while the first third drained
REMEMBERED = 1_000_000  # visits that the process of two shards remembers at most: until then memory fills up
MOST = 700  # megabytes with all of them
EVENT = (
    b'{"t":"click","c":%d,"p":%d,"l":%d,"ch":"website","at":%d,"n":%d,"subs":["newsletter","placement%d"],"src":"site%d",'
    b'"ip":"%d.%d.%d.%d","ua":"%b","ref":"https://blog.example/review/%d","lang":"fa-IR,fa;q=0.9","consent":"granted"}'
)


def events(link: TrackingLink) -> Iterator[bytes]:
    """As `bench_ingest.events`, made ten times as fast."""
    dice = random.Random(17)
    agents = [AGENT.format(dice.randint(12, 18), dice.randint(0, 6), count).encode() for count in range(500)]
    ids = (link.partnership.campaign_id, link.partnership_id, link.pk)
    began = stage.ms(timezone.now()) - EVENTS // 10
    for count in range(EVENTS):
        bits = dice.getrandbits(63)
        ip = (16 + bits % 80, bits >> 8 & 255, bits >> 16 & 255, bits >> 24 & 255)
        agent = agents[(bits >> 32) % 500]
        yield EVENT % (*ids, began + count // 10, bits, bits % 50, bits % 30, *ip, agent, bits % 2_000)


@dataclass(frozen=True, slots=True)
class Sample:
    seconds: float
    done: int
    megabytes: float


def drain(family: list[psutil.Process], target: int) -> list[Sample]:
    samples, began = [Sample(0.0, 0, resident(family))], time.perf_counter()
    signal_all(family, signal.SIGCONT)
    while True:
        done = EVENTS - target + stored()
        samples.append(Sample(time.perf_counter() - began, done, resident(family)))
        if done == EVENTS:
            return samples
        time.sleep(0.2)


def resident(family: list[psutil.Process]) -> float:
    return sum(float(member.memory_info().rss) for member in family) / 2**20


def thirds(samples: list[Sample]) -> list[tuple[float, float]]:
    """Events per second and most megabytes in each."""
    found = []
    for third in range(3):
        low, high = EVENTS * third // 3, EVENTS * (third + 1) // 3
        before = max((one for one in samples if one.done <= low), key=lambda one: one.seconds)
        after = min((one for one in samples if one.done >= high), key=lambda one: one.seconds)
        within = [one.megabytes for one in samples if before.seconds <= one.seconds <= after.seconds]
        found.append(((after.done - before.done) / (after.seconds - before.seconds), max(within)))
    return found


def test_a_backlog_drains_with_flat_memory(
    link: TrackingLink, processes: Processes, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    partitions.ensure()
    running = processes.start("ingest")
    wait_until(lambda: bool(holders()) and "" not in holders(), within=60)
    family = running.family()
    signal_all(family, signal.SIGSTOP)
    for count, entries in enumerate(batched(batched(events(link), IN_ENTRY), 500)):
        with redis.pipeline(transaction=False) as pipe:
            for place, lines in enumerate(entries):
                pipe.xadd(f"{stage.STREAM}:{(count + place) % 2}", {b"e": b"\n".join(lines)})
            pipe.execute()
    waited = stage.waiting(redis)
    samples = drain(family, stored() + EVENTS)
    (first, early), (second, later), (third, last) = thirds(samples)
    with capsys.disabled():
        print(
            f"\nBacklog: {EVENTS:,} events in {waited:,} entries drained in {samples[-1].seconds:.0f} s"
            f"\nevents/s by thirds  {first:10,.0f} {second:10,.0f} {third:10,.0f}"
            f"\nmegabytes at most   {early:10,.0f} {later:10,.0f} {last:10,.0f}"
        )
    assert Click.objects.count() == EVENTS
    assert stage.waiting(redis) == 0
    assert max(early, later, last) < MOST
    if EVENTS > REMEMBERED * 3:
        assert max(later, last) < early * ALLOWED
