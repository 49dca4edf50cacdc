import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from network.dev.supervisor import MARK, end_orphans
from tests.services import ROOT

type Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a supervisor of toys and wait for the line that shows the last of them at work."""
    supervisors = []

    def starter(*toys: str, until: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-u", "-m", "tests.dev.toys", str(tmp_path), *toys]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        supervisors.append(process)
        read_until(process, until)
        return process

    yield starter
    for process in supervisors:
        process.kill()
        process.communicate()
    end_orphans(tmp_path, patience=0.2)


def read_until(process: subprocess.Popen[str], text: str) -> str:
    assert process.stdout
    seen = ""
    for line in process.stdout:
        seen += line
        if text in line:
            return seen
    raise AssertionError(f"ended without {text!r}:\n{seen}")


def family(var_dir: Path) -> list[psutil.Process]:
    """All living processes that carry the mark of this supervisor, wherever they hang in the tree."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get(MARK) == str(var_dir) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except psutil.Error:
            continue
    return found


def wait_for(condition: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_ends_everything_on_a_signal(start: Start, tmp_path: Path, signum: signal.Signals) -> None:
    supervisor = start("sleeper", until="asleep")
    assert len(family(tmp_path)) == 1
    supervisor.send_signal(signum)
    assert supervisor.wait(5) == 0
    assert family(tmp_path) == []


def test_it_ends_grandchildren_that_do_not_listen(start: Start, tmp_path: Path) -> None:
    supervisor = start("parent", until="parent of one")
    wait_for(lambda: len(family(tmp_path)) == 2)
    supervisor.send_signal(signal.SIGINT)
    assert supervisor.wait(5) == 0
    assert family(tmp_path) == []


def test_it_starts_a_killed_program_again_and_ends_its_children_before(start: Start, tmp_path: Path) -> None:
    supervisor = start("parent", until="parent of one")
    wait_for(lambda: len(family(tmp_path)) == 2)
    before = {process.pid for process in family(tmp_path)}
    leader = next(pid for pid in before if os.getpgid(pid) == pid)
    os.kill(leader, signal.SIGKILL)
    assert "parent  │ ── was ended by SIGKILL after 0 s; it is started again ──" in read_until(
        supervisor, "parent of one"
    )
    wait_for(lambda: len(family(tmp_path)) == 2)
    assert before.isdisjoint(process.pid for process in family(tmp_path))


def test_it_gives_up_on_a_program_that_dies_again_and_again(start: Start, tmp_path: Path) -> None:
    supervisor = start("sleeper", "crasher", until="all started")
    output, _ = supervisor.communicate(timeout=10)
    assert supervisor.returncode == 1
    assert output.endswith(
        "crasher ended with code 3 right after its start, 3 times in a row. "
        "Everything stops; its last lines above say why.\n"
    )
    assert family(tmp_path) == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process that its parent died")
def test_its_programs_end_with_it_when_it_is_killed(start: Start, tmp_path: Path) -> None:
    supervisor = start("sleeper", until="asleep")
    supervisor.kill()
    supervisor.wait(5)
    wait_for(lambda: family(tmp_path) == [])


def test_a_new_run_ends_what_a_killed_one_left(start: Start, tmp_path: Path) -> None:
    supervisor = start("parent", until="parent of one")
    wait_for(lambda: len(family(tmp_path)) == 2)
    supervisor.kill()
    supervisor.wait(5)
    assert end_orphans(tmp_path, patience=0.2) >= 1
    assert family(tmp_path) == []
