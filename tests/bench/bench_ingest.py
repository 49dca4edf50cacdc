"""Events from the stream to stored, enriched and counted clicks, each once; beside a plain COPY of the same rows.

INGEST_EVENTS (default 300,000) and INGEST_ROUNDS (3) set the size.
"""

import os
import random
import signal
import time
from collections.abc import Iterator
from itertools import batched
from pathlib import Path
from statistics import median

import orjson
import psutil
import psycopg
import pytest
from django.db.models import Sum
from django.utils import timezone
from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]
from redis import Redis

from publishers.models import TrackingLink
from tests import services
from tests.live import Process, Processes, wait_until
from tests.tracking import stage
from tests.tracking.edge import addresses
from tracking import partitions
from tracking.models import Click, DailyCount, StreamPosition

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(1800)]

EVENTS = int(os.environ.get("INGEST_EVENTS", "300000"))
ROUNDS = int(os.environ.get("INGEST_ROUNDS", "3"))
IN_ENTRY = 16  # events of one entry: what an edge gathers while its last batch is on its way, at some thousand a second
AGENT = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS {}_{} like Mac OS X) AppleWebKit/605.1.{} (KHTML, like Gecko)"
    " Version/17.0 Mobile/15E148 Safari/604.1"
)


def events(link: TrackingLink, number: int, seed: int) -> Iterator[bytes]:
    """Clicks of as many visitors, with 500 user agents, on one link within the last minutes."""
    dice = random.Random(seed)
    agents = [AGENT.format(dice.randint(12, 18), dice.randint(0, 6), count) for count in range(500)]
    began = stage.ms(timezone.now()) - number // 10
    head = {"t": "click", "c": link.partnership.campaign_id, "p": link.partnership_id, "l": link.pk, "ch": "website"}
    for count in range(number):
        yield orjson.dumps(
            {
                **head,
                "at": began + count // 10,
                "n": dice.getrandbits(64) - 2**63,
                "subs": ["newsletter", f"placement{dice.randint(1, 50)}"],
                "src": f"site{dice.randint(1, 30)}",
                "ip": f"{dice.randint(16, 95)}.{dice.randint(0, 255)}.{dice.randint(0, 255)}.{dice.randint(1, 254)}",
                "ua": dice.choice(agents),
                "ref": f"https://blog.example/review/{dice.randint(1, 2000)}",
                "lang": "fa-IR,fa;q=0.9,en;q=0.8",
                "consent": "granted",
            }
        )


def cities(path: Path) -> str:
    """Where the addresses of `events` are: 1,280 networks."""
    writer = MMDBWriter(ip_version=4, database_type="GeoIP2-City")
    for number in range(1_280):
        network = IPSet([f"{16 + number // 16}.{number % 16 * 16}.0.0/12"])
        found = addresses.place("IR" if number % 2 else "DE", f"{number % 30}", f"City {number % 300}", "Cellular")
        writer.insert_network(network, found)
    writer.to_db_file(str(path))
    return str(path)


def fill(redis: Redis, link: TrackingLink, number: int, seed: int) -> None:
    for count, entries in enumerate(batched(batched(events(link, number, seed), IN_ENTRY), 500)):
        with redis.pipeline(transaction=False) as pipe:
            for place, lines in enumerate(entries):
                pipe.xadd(f"{stage.STREAM}:{(count + place) % 2}", {b"e": b"\n".join(lines)})
            pipe.execute()


def stored() -> int:
    time.sleep(0.02)
    return StreamPosition.objects.aggregate(all=Sum("events"))["all"] or 0


def ingested_per_second(redis: Redis, link: TrackingLink, running: list[Process], seed: int) -> float:
    """With these processes, which hold the shards already and are stopped while the stream is filled."""
    families = [member for process in running for member in process.family()]
    signal_all(families, signal.SIGSTOP)
    fill(redis, link, EVENTS, seed)
    target = stored() + EVENTS
    began = time.perf_counter()
    signal_all(families, signal.SIGCONT)
    wait_until(lambda: stored() == target, within=300)
    return EVENTS / (time.perf_counter() - began)


def signal_all(members: list[psutil.Process], number: signal.Signals) -> None:
    for member in members:
        member.send_signal(number)


def copied_per_second() -> float:
    """All stored clicks once more, as text, into the same table after it was emptied."""
    with psycopg.connect(services.postgres.url(services.DATABASE)) as bare, bare.cursor() as cursor:
        with cursor.copy("COPY (SELECT * FROM tracking_click) TO STDOUT") as copy:
            rows = b"".join(bytes(part) for part in copy)
        number = rows.count(b"\n")
        cursor.execute("TRUNCATE tracking_click")
        bare.commit()
        began = time.perf_counter()
        with cursor.copy("COPY tracking_click FROM STDIN") as copy:
            for start in range(0, len(rows), 1 << 20):
                copy.write(rows[start : start + (1 << 20)])
        bare.commit()
        took = time.perf_counter() - began
        cursor.execute("TRUNCATE tracking_click")
        return number / took


def holders() -> list[str]:
    time.sleep(0.1)
    return sorted(StreamPosition.objects.filter(stream__contains=":").values_list("holder", flat=True))


def measure(
    redis: Redis, link: TrackingLink, processes: Processes, number: int, geoip: str
) -> tuple[list[float], list[float]]:
    running = [processes.start("ingest", GEOIP_PATH=geoip) for _ in range(number)]
    wait_until(lambda: "" not in holders() and len(set(holders())) == number, within=30)
    ours, plain = [], []
    for round_ in range(ROUNDS):
        ours.append(ingested_per_second(redis, link, running, number * 100 + round_))
        assert Click.objects.count() == EVENTS
        plain.append(copied_per_second())
    for process in running:
        process.stop()
    return ours, plain


def test_ingest_against_a_plain_copy(
    link: TrackingLink, processes: Processes, redis: Redis, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    partitions.ensure()
    geoip = cities(tmp_path / "city.mmdb")
    one, plain = measure(redis, link, processes, 1, geoip)
    two, more = measure(redis, link, processes, 2, geoip)
    counted = DailyCount.objects.aggregate(valid=Sum("clicks"), invalid=Sum("invalid_clicks"))
    assert counted["valid"] + counted["invalid"] == EVENTS * ROUNDS * 2
    copied = median([*plain, *more])
    with capsys.disabled():
        print(
            f"\nIngest, one process    {median(one):10,.0f} clicks/s: read, judged, enriched, stored once, counted"
            f"\nIngest, two processes  {median(two):10,.0f} clicks/s"
            f"\nPlain text COPY        {copied:10,.0f} rows/s into the same table: partitions, key, index of times"
            f"\nRatio, one process     {median(one) / copied:10.2f}"
            f"\nRatio, two processes   {median(two) / copied:10.2f}, that is {median(two) / median(one):.2f} × one"
        )
