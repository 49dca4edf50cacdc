"""Real ingest processes, killed and starved while events and reports come in. Nothing is lost, nothing counts twice."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import orjson
import psycopg
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone
from redis import Redis

from advertisers.models import Campaign
from network import services as embedded
from publishers.models import Partnership, TrackingLink
from tests import services
from tests.tracking.conftest import campaign, link, partnership
from tests.tracking.stage import STREAM, click_id, event, report, send, waiting
from tracking.models import Click, Conversion, DailyCount, DeadLetter, Postback, StreamPosition

__all__ = ["Partnership", "campaign", "link", "partnership"]

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
type Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts one more ingest process; all end with the test. Their logs are in tmp_path."""
    running: list[subprocess.Popen[bytes]] = []

    def one() -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "network.settings", "LOG_FORMAT": "json"}
        log = (tmp_path / f"ingest-{len(running)}.log").open("wb")
        command = [sys.executable, "manage.py", "ingest", "--lease", "1.5", "--batch", "1000"]
        running.append(subprocess.Popen(command, cwd=services.ROOT, env=environment, stderr=log, stdout=log))
        return running[-1]

    yield one
    for process in running:
        process.kill()
        process.wait()


def until(true: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it takes too long"
        time.sleep(0.05)


def counted() -> int:
    return sum(DailyCount.objects.values_list("clicks", flat=True))


def drained(redis: Redis) -> bool:
    return waiting(redis) == 0


def test_it_loses_nothing_when_processes_are_killed_under_load(redis: Redis, link: TrackingLink, start: Start) -> None:
    send(redis, *(event(link, AT + timedelta(milliseconds=number)) for number in range(12_000)))
    victims = [start(), start()]
    for victim in victims:  # in the middle of something, one after the other
        before = counted()
        until(lambda before=before: counted() > before)  # type: ignore[misc]
        victim.kill()
        start()
    send(redis, b"{poison", *(event(link, AT + timedelta(seconds=30 + number)) for number in range(500)))

    until(lambda: drained(redis))

    assert (Click.objects.count(), counted()) == (12_500, 12_500)
    assert DeadLetter.objects.count() == 1


def test_it_shares_the_work_with_a_second_process(
    redis: Redis, link: TrackingLink, campaign: Campaign, start: Start
) -> None:
    start()
    start()
    until(lambda: len(holders()) == 2)
    postbacks = [report(campaign, f"A-{number}", click_id=click_id(link)) for number in range(60)]
    for number in range(20):
        shard = f"{STREAM}:{number % 2}"
        send(redis, *(event(link, AT + timedelta(seconds=number)) for _ in range(50)), shard=shard)
        time.sleep(0.02)

    until(lambda: drained(redis) and not Postback.objects.filter(processed_at=None).exists())

    assert (Click.objects.count(), counted()) == (1_000, 1_000)
    assert Conversion.objects.count() == len(postbacks)
    assert set(Postback.objects.values_list("outcome", flat=True)) == {"converted"}


def test_it_ends_when_asked_and_leaves_nothing_behind(redis: Redis, link: TrackingLink, start: Start) -> None:
    process = start()
    until(lambda: len(holders()) == 1)
    send(redis, *(event(link, AT) for _ in range(100)))
    process.send_signal(signal.SIGTERM)
    assert process.wait(15) == 0
    assert holders() == set()
    start()
    until(lambda: drained(redis))
    assert counted() == 100


def test_it_waits_for_postgresql(
    redis: Redis, link: TrackingLink, campaign: Campaign, start: Start, tmp_path: Path
) -> None:
    process = start()
    send(redis, event(link, AT))
    until(lambda: counted() == 1)
    report(campaign, "A-1", click_id=click_id(link))
    connection.close()
    connection.close_pool()  # type: ignore[attr-defined]

    services.postgres.end_leftovers()
    send(redis, *(event(link, AT) for _ in range(500)))
    time.sleep(1.5)
    embedded.start(Path(os.environ["VAR_DIR"]), bound=True)

    until(lambda: is_back() and drained(redis) and Conversion.objects.filter(order_id="A-1").exists())
    assert counted() == 501
    assert process.poll() is None
    assert "ingest.waiting" in (tmp_path / "ingest-0.log").read_text()
    assert not DeadLetter.objects.exists()


def test_it_waits_for_redis(redis: Redis, link: TrackingLink, start: Start, tmp_path: Path) -> None:
    process = start()
    send(redis, *(event(link, AT) for _ in range(50)))
    until(lambda: counted() == 50)

    services.valkey.end_leftovers()
    time.sleep(1.5)
    embedded.start(Path(os.environ["VAR_DIR"]), bound=True)
    assert services.valkey.url() == settings.REDIS_URL
    send(redis, *(event(link, AT) for _ in range(50)))

    until(lambda: counted() == 100)
    assert process.poll() is None
    assert "ingest.waiting" in (tmp_path / "ingest-0.log").read_text()


def test_it_brings_in_what_a_dead_edge_left(redis: Redis, link: TrackingLink, start: Start) -> None:
    settings.SPOOL_DIR.mkdir(parents=True, exist_ok=True)
    spool = settings.SPOOL_DIR / "events-0001763640000000-4242-0.jsonl"
    lines = [orjson.dumps(event(link, AT)) for _ in range(1_200)]
    spool.write_bytes(b"\n".join([*lines, lines[0]]) + b'\n{"t":"click","c":1,"torn')

    start()

    until(lambda: counted() == 1_200 and drained(redis))
    assert Click.objects.count() == 1_200
    assert not spool.exists()


def test_it_takes_a_report_within_a_second(campaign: Campaign, link: TrackingLink, redis: Redis, start: Start) -> None:
    start()
    until(lambda: len(holders()) == 1)
    waits = []
    for number in range(10):
        postback = report(campaign, f"A-{number}", click_id=click_id(link))
        until(lambda postback=postback: Postback.objects.get(pk=postback.pk).processed_at is not None)  # type: ignore[misc]
        waits.append((Postback.objects.get(pk=postback.pk).processed_at or timezone.now()) - postback.received_at)
    assert sorted(waits)[len(waits) // 2] < timedelta(seconds=1)


def test_f17_poison_delays_nobody_by_a_second(redis: Redis, link: TrackingLink, start: Start) -> None:
    """Unreadable, of nobody, refused by the database: each in the batch of a good event."""
    start()
    until(lambda: len(holders()) == 1)
    stranger = orjson.dumps(event(link, AT, c=999_999))
    refused = orjson.dumps(event(link, AT, src="poison"))
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE tracking_click ADD CHECK (source <> 'poison')")
    clean, beside = list[float](), list[float]()
    for _ in range(6):
        clean.append(seconds_until_counted(redis, link))
        beside.append(seconds_until_counted(redis, link, b"{poison", stranger, refused))
    assert median(beside) < median(clean) + 1
    until(lambda: DeadLetter.objects.count() == 18)
    assert Click.objects.count() == 12


def seconds_until_counted(redis: Redis, link: TrackingLink, *poison: bytes) -> float:
    before, began = counted(), time.monotonic()
    send(redis, *poison, event(link, AT + timedelta(milliseconds=before)), together=1)
    until(lambda: counted() > before)
    return time.monotonic() - began


def holders() -> set[str]:
    return set(StreamPosition.objects.exclude(holder="").values_list("holder", flat=True))


def is_back() -> bool:
    try:
        with psycopg.connect(settings.DATABASE_URL, connect_timeout=2):
            return True
    except psycopg.OperationalError:
        return False
