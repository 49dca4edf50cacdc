import os
from pathlib import Path

import httpx
import pytest
from redis import Redis

from network import process
from network.embedded.valkey import free_port
from publishers.models import TrackingLink
from tests.bench.load import requests_per_second
from tests.live import Process, Processes, wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def bare(processes: Processes, tmp_path: Path) -> Process:
    """Granian as for the edge, with an application that knows one answer."""
    port = str(free_port())
    argv = [*process.command("edge", {"TRACKING_PORT": port})[:-1], "tests.bench.bare:application"]
    server = Process("bare", argv, {**os.environ}, tmp_path / "bare.log", f"http://127.0.0.1:{port}")
    processes.started.append(server)
    server.start()
    return server


def test_clicks_against_a_bare_server(
    link: TrackingLink, bare: Process, processes: Processes, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    edge = processes.start("edge")
    url = f"{edge.url}/c/{link.code}?sub1=newsletter"
    wait_until(lambda: httpx.get(url).status_code == 302, within=20)
    before = redis.xlen("events")
    plain, plain_delay = requests_per_second(f"{bare.url}/")
    clicks, delay = requests_per_second(url)
    stored = redis.xlen("events") - before
    with capsys.disabled():
        print(
            f"\nClicks at the edge {clicks:9,.0f}/s, 99% within {delay:.1f} ms, each in the stream: {stored:,}"
            f"\nBare server        {plain:9,.0f}/s, 99% within {plain_delay:.1f} ms"
            f"\nRatio              {clicks / plain:9.2f}"
        )
    assert stored == round(clicks * 5)
