"""Runs programs together: started in order, prefixed output, restarted when they die, ended in reverse order.

Each program leads a process group; what is left of the group when its leader is gone is killed, so that nothing
outlives it and holds its port. If the supervisor itself is killed, Linux ends the programs (see processes.py), and
the next start ends whatever still carries the mark of this folder in its environment.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from network.embedded import processes

MARK = "PEYVAND_SUPERVISED"  # in the environment of all programs: the state directory they belong to
COLOURS = (36, 32, 33, 35, 34, 96, 92, 93)


class Failed(Exception):
    """Nothing can go on; the message is the sentence to print."""


@dataclass
class Program:
    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    user: str | None = None
    is_service: bool = False  # others need it: it ends after them
    log: Path | None = None  # output goes there instead of to the terminal
    stop_signals: Sequence[signal.Signals] = (signal.SIGTERM,)
    patience: float = 12.0  # seconds after each of them
    prepare: Callable[[], None] | None = None  # before each start
    is_ready: Callable[[], bool] | None = None  # blocking, quick; asked until it is true
    ready_within: float = 60.0


@dataclass
class Running:
    program: Program
    process: asyncio.subprocess.Process
    started: float
    output: asyncio.Task[None] | None


class Supervisor:
    """One for a whole run. `restarts` quick deaths in a row, each within `quick` seconds, end everything."""

    def __init__(self, var_dir: Path, *, restarts: int = 3, quick: float = 10.0) -> None:
        self.mark = str(var_dir.resolve())
        self.restarts, self.quick = restarts, quick
        self.running: dict[str, Running] = {}
        self.watches: dict[str, asyncio.Task[None]] = {}
        self.stopping = asyncio.Event()
        self.failure: str | None = None
        self._colours: dict[str, int] = {}

    async def start(self, program: Program) -> None:
        """Start it and keep it running."""
        self.running[program.name] = await self._spawn(program)
        watch = self.watches[program.name] = asyncio.create_task(self._watch(program))
        watch.add_done_callback(self._lost)

    async def run(self, program: Program) -> None:
        """Run it to its end. Raises Failed if that is not a success."""
        if self.stopping.is_set():
            return
        running = self.running[program.name] = await self._spawn(program)
        await self._end_of(running)
        del self.running[program.name]
        if running.process.returncode and not self.stopping.is_set():
            raise Failed(f"{program.name} failed; its last lines above say why.")

    async def ready(self, *programs: Program) -> None:
        """Wait until all of them are. Returns early when everything stops."""
        for program in programs:
            deadline = time.monotonic() + program.ready_within
            while program.is_ready and not await asyncio.to_thread(program.is_ready):
                if self.stopping.is_set():
                    return
                if time.monotonic() > deadline:
                    raise Failed(f"{program.name} was not ready after {program.ready_within:.0f} s.")
                await asyncio.sleep(0.05)

    async def stop(self) -> None:
        """End all programs, each with its own children: first what uses services, all at once, then the services."""
        self.stopping.set()
        for watch in self.watches.values():
            watch.cancel()
        for is_service in (False, True):
            chosen = [running for running in self.running.values() if running.program.is_service == is_service]
            await asyncio.gather(*map(self._end, chosen))
        self.running.clear()

    def kill(self) -> None:
        """At once, for the impatient."""
        for running in self.running.values():
            _kill_group(running.process.pid)

    def say(self, name: str, line: str) -> None:
        colour = self._colours.setdefault(name, COLOURS[len(self._colours) % len(COLOURS)])
        prefix = f"{name:<8}│"
        if sys.stdout.isatty() and "NO_COLOR" not in os.environ:
            prefix = f"\033[{colour}m{prefix}\033[0m"
        tell(f"{prefix} {line}")

    async def _spawn(self, program: Program) -> Running:
        if program.prepare:
            await asyncio.to_thread(program.prepare)
        sink, output = (program.log.open("ab"), None) if program.log else await self._terminal(program.name)
        with sink:
            process = await asyncio.create_subprocess_exec(
                *program.argv,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **program.env, MARK: self.mark},
                cwd=program.cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=sink,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=processes.end_with_parent(program.stop_signals[0]),
                user=program.user,
                group=program.user,
                extra_groups=[] if program.user else None,
            )
        return Running(program, process, time.monotonic(), output)

    async def _terminal(self, name: str) -> tuple[IO[bytes], asyncio.Task[None]]:
        """A pipe of our own: asyncio's would make wait() wait for every grandchild that inherited it."""
        reading, writing = os.pipe()
        stream = asyncio.StreamReader(limit=1 << 20)
        protocol = asyncio.StreamReaderProtocol(stream)
        await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, os.fdopen(reading, "rb"))
        return os.fdopen(writing, "wb"), asyncio.create_task(self._show(name, stream))

    async def _show(self, name: str, stream: asyncio.StreamReader) -> None:
        while True:
            try:
                line = await stream.readline()
            except ValueError:  # longer than the limit: the reader has dropped it
                line = b"(a line too long to show)"
            if not line:
                return
            self.say(name, line.decode(errors="replace").rstrip())

    async def _watch(self, program: Program) -> None:
        quick_deaths = 0
        while True:
            running = self.running[program.name]
            await self._end_of(running)
            lived = time.monotonic() - running.started
            quick_deaths = quick_deaths + 1 if lived < self.quick else 0
            how = _how_it_ended(running.process.returncode)
            if quick_deaths >= self.restarts:
                self.failure = (
                    f"{program.name} {how} right after its start, {quick_deaths} times in a row. Everything stops; "
                    + (f"its log is {program.log}." if program.log else "its last lines above say why.")
                )
                self.stopping.set()
                return
            self.say(program.name, f"── {how} after {lived:.0f} s; it is started again ──")
            await asyncio.sleep(0.2 * quick_deaths)
            self.running[program.name] = await self._spawn(program)

    async def _end_of(self, running: Running) -> None:
        await running.process.wait()
        await self._bury(running)

    async def _bury(self, running: Running) -> None:
        """Kill what is left of its group. Its last lines are shown unless somebody else holds its output open."""
        _kill_group(running.process.pid)
        await running.process.wait()
        if running.output:
            await asyncio.wait([running.output], timeout=1)
            running.output.cancel()

    async def _end(self, running: Running) -> None:
        for signum in running.program.stop_signals:
            if await self._ends(running, signum):
                break
        await self._bury(running)

    def _lost(self, watch: asyncio.Task[None]) -> None:
        """A watch itself failed, for example because a program cannot be started again."""
        if not watch.cancelled() and (problem := watch.exception()):
            self.failure = str(problem)
            self.stopping.set()

    async def _ends(self, running: Running, signum: signal.Signals) -> bool:
        with suppress(ProcessLookupError):
            running.process.send_signal(signum)
        with suppress(TimeoutError):
            await asyncio.wait_for(running.process.wait(), running.program.patience)
            return True
        return False


def tell(line: str) -> None:
    """Print, unless the terminal is gone: what was started must still be ended in order."""
    with suppress(OSError):
        print(line, flush=True)


def end_orphans(var_dir: Path, *, patience: float = 5.0) -> int:
    """End what a killed supervisor of this state directory left behind; returns how many there were."""
    mark, orphans = str(var_dir.resolve()), []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.pid != os.getpid() and process.environ().get(MARK) == mark and processes.is_alive(process):
                orphans.append(process)
    processes.end(orphans, signal.SIGTERM, patience=patience)
    return len(orphans)


def _kill_group(leader: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def _how_it_ended(code: int | None) -> str:
    if code is not None and code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with code {code}"
