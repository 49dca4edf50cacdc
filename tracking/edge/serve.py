"""The edge's server: granian, whose listening sockets an edge that starts takes over from the one that is there.

    python -m tracking.edge.serve        BIND (127.0.0.1), TRACKING_PORT (8001), EDGE_WORKERS (1)

A roll: start the new one, wait until it is ready, tell the old one to go (SIGTERM). No connection is refused or reset.
"""

import multiprocessing
import os
import signal
import socket
import sys
import time
from typing import Any, Final

from granian._granian import SocketHolder
from granian.constants import HTTPModes, Interfaces, Loops
from granian.log import LogLevels
from granian.server.mp import MPServer, WorkerProcess

from tracking.edge import listeners

LEAVE: Final = signal.SIGUSR1
LEAVING_TAKES: Final = 1.0
"""Seconds from turning new visitors away until connections are closed: time for the requests of those let in last, and
for the others to hear `Connection: close`."""


class Server(MPServer):
    """`sockets`: one for each worker."""

    def __init__(self, sockets: list[socket.socket], handing: listeners.Handing, **options: Any) -> None:
        super().__init__(**options)
        self.sockets, self.handing = sockets, handing

    def _init_shared_socket(self) -> None:
        self._ssp = self._sso = None

    def _spawn_worker(self, idx: int, target: Any, callback_loader: Any, socket_loader: Any = None) -> WorkerProcess:
        own = self.sockets[idx]
        self._shd: Any = SocketHolder(own.fileno(), False, listeners.BACKLOG)  # type: ignore[call-arg]  # its stub lags

        def load() -> Any:
            listeners.serve_at(own, self.sockets)
            return callback_loader()

        return super()._spawn_worker(idx, target, load)

    def _spawn_workers(self, spawn_target: Any, target_loader: Any) -> None:
        super()._spawn_workers(spawn_target, target_loader)  # type: ignore[no-untyped-call]
        self.handing.start()

    def _stop_workers(self) -> None:
        """When another serves the same sockets, leave them to it first, and only then hang up. Else nobody shall wait at
        a door that is not opened again."""
        if self.handing.done.is_set():
            for worker in self.wrks:
                os.kill(worker.inner.pid, LEAVE)
            time.sleep(LEAVING_TAKES)
        for each in self.sockets:
            each.close()
        super()._stop_workers()  # type: ignore[no-untyped-call]


def main() -> None:
    multiprocessing.set_start_method("fork")  # workers inherit their sockets
    signal.signal(LEAVE, signal.SIG_IGN)  # until a worker listens for it
    host, port = os.environ.get("BIND") or "127.0.0.1", int(os.environ.get("TRACKING_PORT") or 8001)
    workers = int(os.environ.get("EDGE_WORKERS") or 1)
    try:
        sockets = listeners.take_over_or_open(host, port, workers)
    except OSError as problem:
        sys.exit(f"The edge cannot listen at {host}, port {port}: {problem.strerror}.")
    handing = listeners.Handing(host, port, sockets)
    server = Server(
        sockets,
        handing,
        target="tracking.edge.asgi:application",
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        http=HTTPModes.auto,
        loop=Loops.uvloop,
        websockets=False,
        workers=workers,
        respawn_failed_workers=True,
        workers_kill_timeout=5,
        log_level=LogLevels.warning,
    )
    server.serve()


if __name__ == "__main__":
    main()
