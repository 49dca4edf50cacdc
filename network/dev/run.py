"""`make run`: the whole network on this machine, until Ctrl-C."""

import asyncio
import fcntl
import json
import os
import signal
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import IO

from network import process, services
from network.dev import content
from network.dev.steps import timed
from network.dev.supervisor import Failed, Program, Supervisor, end_orphans, tell
from network.embedded import processes
from network.embedded.valkey import is_free

ROLES = {"network": "Network staff", "opm": "Agency (OPM)", "advertiser": "Advertiser", "publisher": "Publisher"}


def main() -> None:
    began = time.monotonic()
    var_dir = Path(os.environ.get("VAR_DIR") or process.ROOT / "var").resolve()
    processes.end_with_make()
    try:
        lock = take(var_dir)
        if orphans := end_orphans(var_dir):
            print(f"  ✓ Ended {orphans} processes that a killed run had left")
        services.stop(var_dir)
        check_ports()
        asyncio.run(supervise(var_dir, began))
        lock.close()
    except (Failed, RuntimeError) as problem:
        sys.exit(f"\n{problem}")


def take(var_dir: Path) -> IO[str]:
    """The lock of this folder. The kernel frees it with us, so that a killed run blocks nobody."""
    var_dir.mkdir(parents=True, exist_ok=True)
    file = (var_dir / "run.lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        with file:
            file.seek(0)
            raise Failed(f"Peyvand already runs in this folder (process {file.read().strip()}).") from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def check_ports() -> None:
    for variable, default in (("PORT", "8000"), ("TRACKING_PORT", "8001")):
        port = os.environ.get(variable) or default
        if not port.isdecimal() or not 0 < int(port) < 65536:
            raise Failed(f"{variable} is {port!r}, but a port is a number from 1 to 65535.")
        if not is_free(int(port)):
            raise Failed(
                f"Port {port} is in use: stop the program that holds it, or choose another one, "
                f"for example: make run {variable}={int(port) % 64000 + 100}"
            )


async def supervise(var_dir: Path, began: float) -> None:
    """Raises Failed with the sentence about what went wrong, if something did."""
    supervisor = Supervisor(var_dir)
    listen(supervisor)
    watch = asyncio.create_task(watch_make(supervisor))
    start = asyncio.create_task(start_all(supervisor, var_dir, began))
    stopped = asyncio.create_task(supervisor.stopping.wait())
    try:
        await asyncio.wait([start, stopped], return_when=asyncio.FIRST_COMPLETED)
        if not stopped.done():
            start.result()
        await stopped
    finally:
        start.cancel()
        watch.cancel()
        await asyncio.gather(start, watch, return_exceptions=True)
        tell("\nStopping …")
        await supervisor.stop()
        tell("Everything is stopped.")
    if supervisor.failure:
        raise Failed(supervisor.failure)


def listen(supervisor: Supervisor) -> None:
    """The first signal ends everything in order, the second at once."""

    def stop() -> None:
        if supervisor.stopping.is_set():
            supervisor.kill()
        supervisor.stopping.set()

    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(signum, stop)


async def watch_make(supervisor: Supervisor) -> None:
    """In a terminal Ctrl-C reaches make and us; whoever sends the signal to make alone means us, too."""
    while not supervisor.stopping.is_set():
        if processes.is_make_interrupted():
            supervisor.stopping.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(supervisor.stopping.wait(), 0.3)


async def start_all(supervisor: Supervisor, var_dir: Path, began: float) -> None:
    environment = environment_of(var_dir)
    with timed("PostgreSQL and Redis"):
        environment |= await start_services(supervisor, var_dir)
    if not await asyncio.to_thread(content.is_current, {**os.environ, **environment}):
        with timed("Database and demo"):
            prepare = [sys.executable, "-m", "network.dev.content"]
            await supervisor.run(Program("prepare", prepare, environment, cwd=process.ROOT))
    with timed("Processes"):
        programs = {
            name: Program(name, process.command(name, {**os.environ, **environment}), environment, cwd=process.ROOT)
            for name in ("web", "edge", "ingest", "worker", "beat")
        }
        for name in ("web", "edge"):
            programs[name].is_ready = partial(process.is_healthy, name, environment)
        for name in ("edge", "web", "ingest"):
            await supervisor.start(programs[name])
        await supervisor.ready(programs["edge"], programs["web"])
        for name in ("worker", "beat"):  # nobody waits for these; beside the others they would only slow them down
            await supervisor.start(programs[name])
    if not supervisor.stopping.is_set():
        tell(summary(var_dir, environment, time.monotonic() - began))


def environment_of(var_dir: Path) -> dict[str, str]:
    port, tracking_port = os.environ.get("PORT") or "8000", os.environ.get("TRACKING_PORT") or "8001"
    return {
        "VAR_DIR": str(var_dir),
        "PORT": port,
        "TRACKING_PORT": tracking_port,
        "SITE_URL": os.environ.get("SITE_URL") or f"http://127.0.0.1:{port}",
        "TRACKING_URL": os.environ.get("TRACKING_URL") or f"http://127.0.0.1:{tracking_port}",
        # Whoever tries things out here may be many visitors, by X-Forwarded-For.
        "TRUSTED_PROXIES": os.environ.get("TRUSTED_PROXIES") or "127.0.0.0/8",
    }


async def start_services(supervisor: Supervisor, var_dir: Path) -> dict[str, str]:
    """Start what the environment does not name already. Answers with the addresses of both."""
    postgres, valkey = services.servers(var_dir)
    given = services.Addresses(os.environ.get("DATABASE_URL", ""), os.environ.get("REDIS_URL", ""))
    wanted: list[services.Server] = [] if given.database_url else [postgres]
    wanted += [] if given.redis_url else [valkey]
    programs = []
    for server in wanted:
        await asyncio.to_thread(server.prepare)
        program = Program(
            server.name,
            server.command(),
            cwd=server.data,
            user=server.user,
            is_service=True,
            log=server.log,
            stop_signals=server.stop_signals,
            prepare=server.end_leftovers,
            is_ready=server.is_ready,
        )
        await supervisor.start(program)
        programs.append(program)
    await supervisor.ready(*programs)
    if not given.database_url:
        await asyncio.to_thread(postgres.ensure_database)
    found = services.Addresses(given.database_url or postgres.url(), given.redis_url or valkey.url())
    services.announce(var_dir, found)
    return {"DATABASE_URL": found.database_url, "REDIS_URL": found.redis_url}


def summary(var_dir: Path, environment: dict[str, str], seconds: float) -> str:
    lines = [
        "",
        f"  Peyvand is ready, after {seconds:.1f} s.",
        "",
        f"    Pages       {environment['SITE_URL']}",
        f"    Tracking    {environment['TRACKING_URL']}",
        f"    Mail        {var_dir / 'mail'}",
        "",
        *sign_in(var_dir),
        "",
        "  Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)


def sign_in(var_dir: Path) -> list[str]:
    if os.environ.get("DEMO") == "0":
        found = f"VAR_DIR={var_dir} {sys.executable} manage.py found --name … --email …"
        return ["    There is no demo network (DEMO=0). Found your own:", f"    {found}"]
    cast = json.loads((var_dir / "demo.json").read_text())["cast"]
    logins = [(title, cast[role]) for role, title in ROLES.items() if role in cast]
    return [
        "    Sign in as",
        *(f"    {title:<14}{who['email']:<34}{who['password']:<22}{who['organization']}" for title, who in logins),
    ]


if __name__ == "__main__":
    main()
