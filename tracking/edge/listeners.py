"""The sockets that visitors knock at. They outlive the processes that serve them: an edge that starts takes them over from the
one that is there, so that no visitor waits in a queue that is thrown away when the old one goes.

One for each worker. Who serves a port hands copies of its sockets to whoever of the same user asks for them, at an abstract
socket named after the port (Linux only; elsewhere each edge opens its own).
"""

import os
import socket
import struct
import sys
import threading
import time
from typing import Final

BACKLOG: Final = 1024
MOST: Final = 64  # sockets handed over
PATIENCE: Final = 5.0  # seconds for the answer of the one that is there
CREDENTIALS: Final = struct.Struct("3i")  # process, user, group


def take_over_or_open(host: str, port: int, count: int) -> list[socket.socket]:
    """`count` listening sockets: those of the edge that serves this port, and new ones beside them."""
    found = _asked_for(host, port)
    for spare in found[count:]:
        spare.close()
    found = found[:count]
    return found + [_opened(host, port) for _ in range(count - len(found))]


def _opened(host: str, port: int) -> socket.socket:
    is_v6 = ":" in host
    family = socket.AF_INET6 if is_v6 else socket.AF_INET
    made = socket.create_server((host, port), family=family, backlog=BACKLOG, reuse_port=True, dualstack_ipv6=is_v6)
    made.setblocking(False)
    return made


def _name(host: str, port: int) -> str:
    return f"\0peyvand-edge-{host}-{port}"


def _asked_for(host: str, port: int) -> list[socket.socket]:
    if sys.platform != "linux":
        return []
    with socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(PATIENCE)
        try:
            asking.connect(_name(host, port))
            if _user(asking) != os.geteuid():
                return []
            _, numbers, _, _ = socket.recv_fds(asking, 1, MOST)
        except OSError:  # nobody is there, or in this moment no longer
            return []
    return [socket.socket(fileno=number) for number in numbers]


def _user(peer: socket.socket) -> int:
    found = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    return int(CREDENTIALS.unpack(found)[1])


class Handing(threading.Thread):
    """Gives the sockets to who comes next. `done` is set once somebody has them."""

    def __init__(self, host: str, port: int, sockets: list[socket.socket]) -> None:
        super().__init__(daemon=True)
        self.name_of_ours = _name(host, port)
        self.sockets = sockets
        self.done = threading.Event()

    def run(self) -> None:
        if sys.platform != "linux":
            return
        with socket.socket(socket.AF_UNIX) as door:
            while True:
                try:
                    door.bind(self.name_of_ours)
                    break
                except OSError:  # the one before us still holds it
                    time.sleep(0.1)
            door.listen()
            while True:
                visitor, _ = door.accept()
                with visitor:
                    self._hand(visitor)

    def _hand(self, visitor: socket.socket) -> None:
        if _user(visitor) != os.geteuid():
            return
        try:
            socket.send_fds(visitor, [b"+"], [each.fileno() for each in self.sockets])
        except OSError:  # gone already
            return
        self.done.set()
