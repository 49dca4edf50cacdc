"""A publisher's receiver: a real HTTP server on this machine that answers as a test tells it to."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from pytest_django import Settings


@dataclass
class Heard:
    method: str
    path: str
    headers: dict[str, str]
    body: str
    at: float

    @property
    def query(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(urlsplit(self.path).query, keep_blank_values=True).items()}


type Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Receiver:
    url: str = ""
    heard: list[Heard] = field(default_factory=list)
    reply: Callable[[Heard], Reply] = lambda _: (200, {}, b"ok")
    most_at_once: int = 0
    at_once: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answers(self, status: int, body: bytes = b"", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.reply = lambda _: (status, named, body)

    def is_slow(self, seconds: float) -> None:
        def reply(_: Heard) -> Reply:
            time.sleep(seconds)
            return 200, {}, b"late"

        self.reply = reply


def serve(receiver: Receiver, host: str = "127.0.0.1") -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            length = int(self.headers.get("content-length") or 0)
            heard = Heard(
                self.command,
                self.path,
                {name.lower(): value for name, value in self.headers.items()},
                self.rfile.read(length).decode(),
                time.monotonic(),
            )
            with receiver.lock:
                receiver.heard.append(heard)
                receiver.at_once += 1
                receiver.most_at_once = max(receiver.most_at_once, receiver.at_once)
            try:
                status, headers, body = receiver.reply(heard)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            except OSError:
                self.close_connection = True  # the caller has gone
            finally:
                with receiver.lock:
                    receiver.at_once -= 1

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer((host, 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://{host}:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


type OpenReceiver = Callable[..., Receiver]


@pytest.fixture
def open_receiver(settings: Settings) -> Iterator[OpenReceiver]:
    """`open_receiver("127.0.0.2")`: each address of this machine is a host of its own."""
    settings.ALLOW_PRIVATE_DESTINATIONS = True
    servers: list[ThreadingHTTPServer] = []

    def build(host: str = "127.0.0.1") -> Receiver:
        receiver = Receiver()
        servers.append(serve(receiver, host))
        return receiver

    yield build
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def receiver(open_receiver: OpenReceiver) -> Receiver:
    return open_receiver()
