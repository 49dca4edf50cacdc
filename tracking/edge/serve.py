"""The edge: its workers, and the sockets that they share with the edge that comes after this one.

    python -m tracking.edge.serve        BIND (127.0.0.1), TRACKING_PORT (8001), EDGE_WORKERS (1)

A roll: start the new one, wait until it is ready, tell the old one to go (SIGTERM). No connection is refused or reset.
A worker that dies is replaced; its visitors wait in the queue of its socket meanwhile.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
from multiprocessing.connection import wait
from multiprocessing.context import ForkProcess
from typing import Final

import uvloop

from tracking.edge import config, listeners, logs
from tracking.edge.application import Application
from tracking.edge.connection import Connection, House

log = logging.getLogger("tracking.edge")

LEAVE: Final = signal.SIGUSR1
LEAVING_TAKES: Final = 1.0
"""Seconds from turning new visitors away until connections are closed: time for the requests of those let in last, and
for the others to hear `Connection: close`."""
STOP_PATIENCE: Final = 4.0  # seconds for the answers that are on their way
KILL_PATIENCE: Final = 6.0  # seconds until a worker that does not end is killed
TOO_SOON: Final = 1.0  # seconds: a worker that lived no longer is not replaced before that


class Worker:
    """A process that serves one of the sockets."""

    def __init__(self, own: socket.socket, sockets: list[socket.socket]) -> None:
        self.own, self.sockets = own, sockets
        self.started_at = time.monotonic()
        self.process: ForkProcess = multiprocessing.get_context("fork").Process(target=self._run)
        self.process.start()

    def _run(self) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's goes to all; who started us tells us
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        for each in self.sockets:
            if each is not self.own:
                each.close()
        uvloop.run(work(self.own))

    def replaced(self) -> "Worker":
        time.sleep(max(0.0, self.started_at + TOO_SOON - time.monotonic()))
        return Worker(self.own, self.sockets)


async def work(own: socket.socket) -> None:
    """Serve visitors until told to go, or until the process that started this one is gone."""
    settings = config.read()
    logs.configure(settings.log_level)
    application = Application(settings)
    await application.start()
    loop = asyncio.get_running_loop()
    house, told = House(application), asyncio.Event()
    server = await loop.create_server(lambda: Connection(house), sock=own, backlog=listeners.BACKLOG)

    def turn_away() -> None:
        """Another edge serves on: let nobody new in, and send those who are here there with their next request."""
        house.is_leaving = True
        server.close()

    loop.add_signal_handler(signal.SIGTERM, told.set)
    loop.add_signal_handler(LEAVE, turn_away)
    if parent := multiprocessing.parent_process():
        loop.add_reader(parent.sentinel, told.set)
    await told.wait()
    if parent:
        loop.remove_reader(parent.sentinel)
    server.close()
    await house.leave(STOP_PATIENCE)
    await application.stop()


class Master:
    """Keeps the workers alive, and hands the sockets to the edge that comes next."""

    def __init__(self, sockets: list[socket.socket], handing: listeners.Handing) -> None:
        self.sockets, self.handing = sockets, handing
        self.told = threading.Event()
        self.workers = [Worker(own, sockets) for own in sockets]
        handing.start()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: self.told.set())

    def run(self) -> None:
        while not self.told.is_set():
            wait([worker.process.sentinel for worker in self.workers], timeout=0.2)
            for number, worker in enumerate(self.workers):
                if not self.told.is_set() and not worker.process.is_alive():
                    log.warning("A worker has ended with %s and is replaced", worker.process.exitcode)
                    self.workers[number] = worker.replaced()
        self._stop()

    def _stop(self) -> None:
        """When another serves the same sockets, leave them to it first, and only then hang up. Else nobody shall wait at
        a door that is not opened again."""
        if self.handing.done.is_set():
            for worker in self.workers:
                os.kill(worker.process.pid or 0, LEAVE)
            time.sleep(LEAVING_TAKES)
        for each in self.sockets:
            each.close()
        until = time.monotonic() + KILL_PATIENCE
        for worker in self.workers:
            worker.process.terminate()
        for worker in self.workers:
            worker.process.join(max(0.0, until - time.monotonic()))
            worker.process.kill()


def main() -> None:
    signal.signal(LEAVE, signal.SIG_IGN)  # until a worker listens for it
    host, port = os.environ.get("BIND") or "127.0.0.1", int(os.environ.get("TRACKING_PORT") or 8001)
    logs.configure(config.read().log_level)  # what is missing is said once, not by each worker
    try:
        sockets = listeners.take_over_or_open(host, port, int(os.environ.get("EDGE_WORKERS") or 1))
    except OSError as problem:
        sys.exit(f"The edge cannot listen at {host}, port {port}: {problem.strerror}.")
    Master(sockets, listeners.Handing(host, port, sockets)).run()


if __name__ == "__main__":
    main()
