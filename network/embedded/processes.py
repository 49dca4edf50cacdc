"""Processes that leave nothing behind: started in a group of their own, and ended with the one that started them."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

_PR_SET_PDEATHSIG = 1


def end_with_parent(signum: signal.Signals) -> Callable[[], None] | None:
    """A `preexec_fn`: Linux sends `signum` to the new process when the present one dies, even by `kill -9`."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def bind() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(signum), 0, 0, 0)
        if os.getppid() != parent:  # it died between fork and prctl
            os._exit(1)

    return bind


def end_with_make() -> None:
    """Under make, end when make does: a killed `make run` shall not go on in the background."""
    if sys.platform == "linux" and "MAKELEVEL" in os.environ:
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def is_make_interrupted() -> bool:
    """Whether the make above us got a SIGINT that nobody else got: then it waits for us without a word.

    GNU make catches the signal until it has come, unless it was started with the signal ignored.
    """
    if sys.platform != "linux" or "MAKELEVEL" not in os.environ:
        return False
    with suppress(OSError):
        lines = Path(f"/proc/{os.getppid()}/status").read_text().splitlines()
        of_make = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
        heeded = int(of_make["SigCgt"], 16) | int(of_make["SigIgn"], 16)
        return of_make["Name"] in {"make", "gmake"} and not heeded >> signal.SIGINT - 1 & 1
    return False


def spawn(
    argv: Sequence[str],
    *,
    log: Path,
    user: str | None = None,
    cwd: Path | None = None,
    bound: signal.Signals | None = None,
) -> subprocess.Popen[bytes]:
    """Start a daemon whose output goes to `log`; `bound` names the signal it gets when this process dies."""
    with log.open("ab") as output:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            start_new_session=True,
            preexec_fn=end_with_parent(bound) if bound else None,  # noqa: PLW1509 - nothing but prctl in there
            user=user,
            group=user,
            extra_groups=[] if user else None,
        )


def working_in(directory: Path, name: str) -> list[psutil.Process]:
    """The running processes called `name…` whose working directory is `directory`.

    A server is known by where it works, never by a pid file: after a `kill -9` the number in such a file
    may belong to anybody.
    """
    found = []
    target = str(directory.resolve())
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.name().startswith(name) and process.cwd() == target and is_alive(process):
                found.append(process)
    return found


def leaders(running: list[psutil.Process]) -> list[psutil.Process]:
    """Those that none of the others started. One that ends in this moment is none any more."""
    pids, found = {process.pid for process in running}, []
    for process in running:
        with suppress(psutil.Error):
            if process.ppid() not in pids:
                found.append(process)
    return found


def is_alive(process: psutil.Process) -> bool:
    """Not a zombie either: an orphan may wait long for a lazy init to reap it."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def end(processes: Iterable[psutil.Process], *signals: signal.Signals, patience: float = 10.0) -> None:
    """Send the signals one after the other, each time waiting up to `patience` seconds; the last resort is SIGKILL."""
    alive = list(processes)
    for signum in (*signals, signal.SIGKILL):
        for process in alive:
            with suppress(psutil.Error):
                process.send_signal(signum)
        deadline = time.monotonic() + patience
        while alive and time.monotonic() < deadline:
            alive = [process for process in alive if is_alive(process)]
            time.sleep(0.01 if alive else 0)
        if not alive:
            return
