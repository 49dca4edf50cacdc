"""The whole of `make run` once, but for what bootstrap does before it: start, be killed, start again, end."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from network import services
from network.dev.supervisor import end_orphans
from network.embedded import processes
from network.embedded.valkey import free_port
from tests.dev.test_supervisor import family, read_until, wait_for
from tests.services import ROOT

pytestmark = pytest.mark.timeout(400)
MADE_BY_MAKE = ("VAR_DIR", "DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE", "MAKELEVEL")


@pytest.fixture
def place() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="peyvand-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder).resolve()
        end_orphans(Path(folder))
        services.stop(Path(folder))


type Run = Callable[..., subprocess.Popen[str]]
READY = "Ctrl-C stops everything"


@pytest.fixture
def run(place: Path) -> Iterator[Run]:
    """Starts it on ports of its own, without the demo network, and returns when it says that it is ready."""
    own = {"VAR_DIR": str(place), "PORT": str(free_port()), "TRACKING_PORT": str(free_port()), "DEMO": "0"}
    environment = {name: value for name, value in os.environ.items() if name not in MADE_BY_MAKE} | own
    runs = []

    def start(*make: str, until: str = READY) -> subprocess.Popen[str]:
        command = [*make] if make else [sys.executable, "-m", "network.dev.run"]
        running = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        runs.append(running)
        shown = read_until(running, until)
        if until != READY:
            return running
        for address in (f"http://127.0.0.1:{own['PORT']}", f"http://127.0.0.1:{own['TRACKING_PORT']}"):
            assert address in shown
            assert httpx.get(f"{address}/health/ready").status_code == 200
        return running

    yield start
    for running in runs:
        running.kill()
        running.communicate()


def test_it_starts_again_after_a_kill_and_ends_without_a_trace(run: Run, place: Path) -> None:
    killed = run()
    assert len(family(place)) > 7
    killed.kill()
    killed.wait(5)

    began = time.monotonic()
    second = run()
    print(f"second start: {time.monotonic() - began:.1f} s")
    again = [sys.executable, "-m", "network.dev.run"]
    refused = subprocess.run(
        again, cwd=ROOT, env=os.environ | {"VAR_DIR": str(place)}, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert refused.stderr == f"\nPeyvand already runs in this folder (process {second.pid}).\n"

    second.send_signal(signal.SIGINT)
    output, _ = second.communicate(timeout=60)
    assert second.returncode == 0
    assert output.endswith("Everything is stopped.\n")
    wait_for(lambda: family(place) == [])
    assert not services.running(place)


@pytest.mark.skipif(
    not shutil.which("make") or sys.platform != "linux", reason="there is no make, or not Linux's /proc"
)
def test_nothing_stays_whoever_is_told_to_end(run: Run, place: Path) -> None:
    """The one above or the one below, by either signal, ready or still on the way there."""
    makefile = place / "Makefile"
    makefile.write_text(f"run:\n\t@{sys.executable} -m network.dev.run\n")
    make = ["make", "-f", str(makefile), "run"]
    for command, signum, until in (
        (make, signal.SIGINT, READY),
        (make, signal.SIGTERM, "Processes"),
        ([], signal.SIGTERM, READY),
        ([], signal.SIGINT, "Processes"),
    ):
        told = run(*command, until=until)
        told.send_signal(signum)
        told.communicate(timeout=90)
        wait_for(lambda: family(place) == [], 20)
        assert not services.running(place)
        assert runs_of(place) == []


def runs_of(place: Path) -> list[int]:
    """Whatever was started for this folder, marked as supervised or not."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get("VAR_DIR") == str(place) and processes.is_alive(process):
                found.append(process.pid)
    return found
