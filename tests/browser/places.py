"""The two other parties of a journey, each on a port of its own: a publisher's site and an advertiser's small shop.

The shop runs under a strict Content-Security-Policy with tag.js, keeps the click id that the tag puts into its order
form, and reports sales server to server, as the integration page tells it to.
"""

import html
import json
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

type Answer = tuple[str, dict[str, str]]
"""A page's HTML and its further headers."""


class Place:
    """A web site of one's own: `pages` by path; a callable page gets the query or the posted form."""

    def __init__(self) -> None:
        self.pages: dict[str, str | Callable[[dict[str, str]], str]] = {}
        self.headers: dict[str, str] = {}
        self.visited: list[str] = []
        place = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                place.visited.append(self.path)
                self.answer(urllib.parse.urlsplit(self.path).query)

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def answer(self, fields: str) -> None:
                page = place.pages.get(urllib.parse.urlsplit(self.path).path)
                if page is None:
                    self.send_error(404)
                    return
                text = page if isinstance(page, str) else page(dict(urllib.parse.parse_qsl(fields)))
                self.send_response(200)
                for name, value in {"Content-Type": "text/html; charset=utf-8", **place.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@contextmanager
def opened() -> Iterator[Place]:
    place = Place()
    thread = threading.Thread(target=place.server.serve_forever, daemon=True)
    thread.start()
    try:
        yield place
    finally:
        place.server.shutdown()
        place.server.server_close()


class Shop:
    """Sells one thing. `tracking` is the network's edge; the token is given when the campaign exists."""

    def __init__(self, place: Place, tracking: str) -> None:
        self.place, self.tracking, self.token = place, tracking, ""
        self.orders: list[dict[str, str]] = []
        self.answers: list[dict[str, object]] = []
        place.headers["Content-Security-Policy"] = (
            f"default-src 'none'; script-src {tracking}; connect-src {tracking}; img-src {tracking}; form-action 'self'"
        )
        place.pages = {"/": self.front, "/order": self.order}

    def front(self, query: dict[str, str]) -> str:
        return f"""<!doctype html><html lang="en"><title>A small shop</title>
            <script src="{self.tracking}/tag.js" async></script>
            <h1>A tent for two</h1><p>100.00 dollars</p>
            <form method="post" action="/order">
              <input type="hidden" name="click_id" data-peyvand-click-id>
              <button>Buy</button>
            </form></html>"""

    def order(self, form: dict[str, str]) -> str:
        """Takes the order and tells the network, as a shop's server does."""
        order_id = str(1001 + len(self.orders))
        self.orders.append({"order_id": order_id, **form})
        self.report(order_id=order_id, click_id=form.get("click_id", ""), goal="sale", amount="100.00", currency="USD")
        return f"<!doctype html><title>Thanks</title><h1>Thank you</h1><p id=order>{html.escape(order_id)}</p>"

    def report(self, **fields: str) -> None:
        body = urllib.parse.urlencode({**fields, "token": self.token}).encode()
        with urllib.request.urlopen(f"{self.tracking}/postback", body, timeout=10) as answer:
            self.answers.append(json.load(answer))
