"""Odd requests to every tracking endpoint, many on one connection, and what must hold after all of them."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

from hypothesis import strategies as st

from tests.live import Process, wait_until
from tests.tracking.edge.scene import TOKEN, Scene
from tracking.edge.profiles import PROFILES

KEYS = {"keitaro": "WbYr2C", "partnerize": "10Abc", "tapfiliate": "7", "binom": "7", "voluum": "wvoluum-1"}
GROWTH = 50 * 1024 * 1024
IN_ONE = 25  # requests of one example

CLICKS = ["/c/shopLink1", "/c/deepLink1", "/c/unknown", "/c/a/../b", "/c/3000/12/4000", "/aff_c", "/click", "/clk", "/"]
CLICKS += ["/cread.php", "/awclick.php", "/click-1-2", "/go/offers", "/@pia", "/@pia/spring", "/b/shopLink1"]
CLICKS += ["/go/piasoffers", "/@piasblog", "/@piasblog/spring", "/%40piasblog", "/b/shopLink1.js", "/deeplink", "/link"]
CLICKS += [
    "/28KL6/2CTPL/",
    "/WbYr2C",
    "/click/camref:10Abc/pubref:x/destination:https://shop.example/p",
    "/fs-bin/click",
]
CLICKS += [
    "/c/3000/12/4001",
    "/click-7-8",
    "/pclick.php",
    "/scripts/click.php",
    "/click/camref:",
    "/click/camref:10Abc/%zz:/:",
]
IMAGES = ["/i/textLink1.gif", "/pixel.gif", "/o/shopLink1.gif", "/v/shopLink1.gif", "/aff_l", "/sread.img"]
REPORTS = ["/postback", "/postback", "/postback", "/aff_lsr", "/aff_goal", "/p.ashx", "/sread.php", "/click.php"]
REPORTS += ["/track/conv", "/track/conv-change", "/1.7/pb/con/c/", "/keitarokey1/postback"]
REPORTS += ["/u", "/ep", "/scripts/sale.php", "/Advertisers/IR1/Conversions", "/conversion/campaign:10abc/clickref:x"]
REPORTS += [
    "/conversion/tracking_mode:pixel/[value:1/quantity:x]",
    "/conversion/campaign:10abc/[value:2][[]/value:%zz]",
    "/conversion/",
]
IMAGES += ["/aff_i", "/i/3000/12/4001", "/cshow.php", "/fs-bin/show"]
OTHERS = ["/favicon.ico", "/u/textLink1", "/land"]
OTHERS += [
    "/v1/conversions",
    "/v1/conversions",
    "/tag.js",
    "/robots.txt",
    "/health/live",
    "/u/shopLink1",
    "/x",
    "//c//",
]
PATHS = [*CLICKS, *IMAGES, *REPORTS, *OTHERS]

NAMES = ["click_id", "order_id", "goal", "amount", "currency", "coupon", "status", "timestamp", "refund_id", "url"]
NAMES += ["sub1", "source", "consent", "creative", "items", "test", "campaign", "via", "ip", "reason", "customer"]
NAMES += [
    "customer_id",
    "ch",
    "publisher",
    "disable_postback",
    "a[]",
    "txid",
    "cid",
    "transaction_id",
    "adv_sub",
    "nid",
]
NAMES += [
    "offer_id",
    "aff_id",
    "oid",
    "o",
    "a",
    "c",
    "parts",
    "ITEM1",
    "QTY1",
    "CJEVENT",
    "OrderId",
    "event3",
    "cnv_id",
]
NAMES += [
    "pid",
    "id",
    "mid",
    "murl",
    "amtlist",
    "qlist",
    "skulist",
    "ord",
    "CID",
    "TYPE",
    "METHOD",
    "a_aid",
    "a_bid",
    "key",
    "ref",
]
NAMES += ["offerid", "awinmid", "awinaffid", "affid", "clickref", "aid", "host", "List-Unsubscribe"]
NAMES += ["security_token", "sum", "payout", "email", "tt", "merchant", "recipient", "aff_sub9", "gclid"]
ODD = ["", "0", "-1", "1e9", "NaN", "null", "{click_id}", "v1.", "shop00000001", "refund", "\u202e", "\x00", "%"]
ODD += ["\U0001f600", "9" * 40, "infinity", "2026-02-30", "https://shop.example/x", "https:\\\\evil", "true", "[]"]
ODD += [
    '{"a":1}',
    "\r\nX: y",
    "\ud800",
    "sale",
    "lead",
    "1001",
    "19.99",
    "A:1|B:2",
    '[{"sku":"a","price":"1"}]',
    "é" * 300,
]
ODD += ["7", "1002", "12.34", "250|1|x", "wForeign1", "fuzz.example", "S2S"]
"""The first two are ids that were imported, and the last but two a click of another system."""
VALUES = st.one_of(st.sampled_from(ODD), st.sampled_from(ODD), st.text(max_size=8))
QUERY = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=6)
RAW = st.one_of(st.just(""), st.text("abc%&=;+?/\\{}[]()$!*'~^|`0123456789.:@", max_size=20))
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(ODD)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=4)),
    max_leaves=6,
)
BODY = st.one_of(st.binary(max_size=30), JSON.map(lambda value: repr(value).encode("utf-8", "replace")))
METHODS = ["GET", "GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "PUT"]
ONE = st.tuples(st.sampled_from(PATHS), st.sampled_from(METHODS), QUERY, RAW, BODY, st.booleans(), st.booleans())
MANY = st.lists(ONE, min_size=IN_ONE, max_size=IN_ONE)

type Odd = tuple[str, str, list[tuple[str, str]], str, bytes, bool, bool]


class Talk:
    """One connection after another to an edge."""

    def __init__(self, edge: Process, shop: Scene) -> None:
        parts = urlsplit(edge.url)
        self.address, self.host = (parts.hostname or "", parts.port or 80), parts.netloc
        self.named = [("token", TOKEN), ("click_id", shop.click_id())]
        self.socket: socket.socket | None = None
        self.rest = b""
        self.said = 0

    def say(self, odd: Odd) -> tuple[int, dict[str, str]]:
        data, has_body = self._written(odd), odd[1] != "HEAD"
        for attempt in (1, 2):
            try:
                if self.socket is None:
                    self.socket, self.rest = socket.create_connection(self.address, timeout=15), b""
                self.socket.sendall(data)
                status, headers = self._heard(has_body=has_body)
                break
            except (ConnectionError, EOFError):  # the server had closed the connection
                self.close()
                if attempt == 2:
                    raise
        if headers.get("connection") == "close":
            self.close()
        self.said += 1
        return status, headers

    def close(self) -> None:
        if self.socket:
            self.socket.close()
        self.socket = None

    def _written(self, odd: Odd) -> bytes:
        path, method, pairs, raw, body, is_json, is_named = odd
        given = [*(self.named if is_named else []), *pairs]
        query = "&".join(f"{quote(name)}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in given)
        lines = [f"{method} {path}?{query}&{raw} HTTP/1.1", f"Host: {self.host}", f"Authorization: Bearer {TOKEN}"]
        if method not in {"POST", "PUT"}:
            return "\r\n".join([*lines, "", ""]).encode()
        kind = "json" if is_json else "x-www-form-urlencoded"
        lines += [f"Content-Type: application/{kind}", f"Content-Length: {len(body)}"]
        return "\r\n".join([*lines, "", ""]).encode() + body

    def _heard(self, *, has_body: bool) -> tuple[int, dict[str, str]]:
        assert self.socket
        while b"\r\n\r\n" not in self.rest:
            self._more()
        head, _, self.rest = self.rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        length = int(headers.get("content-length", "0")) if has_body else 0
        while len(self.rest) < length:
            self._more()
        self.rest = self.rest[length:]
        return int(first.split()[1]), headers

    def _more(self) -> None:
        assert self.socket
        chunk = self.socket.recv(65536)
        if not chunk:
            raise EOFError
        self.rest += chunk


IMPORTED = """INSERT INTO tracking_foreignid
    (account, system, kind, foreign_id, campaign_id, publisher_id, creative_id, link_id, accepts_unsigned, allowed_ips,
     created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, true, '{}', now()) ON CONFLICT DO NOTHING"""


def bring_in(shop: Scene) -> None:
    """Of each system offer 1001 and affiliate 7; of some a second account with the same numbers, and links by a key."""
    ids = shop.ids
    for system in PROFILES:
        for account in ("", "fuzz.example") if system in {"tune", "everflow", "cake"} else ("",):
            for kind, number, publisher, creative, link in (
                ("campaign", "1001", None, None, None),
                ("publisher", "7", ids["pia"], None, None),
                ("creative", "12", None, ids["creative"], None),
                ("link", "shop00000001|7", None, None, ids["link"]),
                ("link", KEYS.get(system, "1001|7"), None, None, ids["link"]),
            ):
                campaign = None if kind == "publisher" else ids["campaign"]
                shop.execute(IMPORTED, account, system, kind, number, campaign, publisher, creative, link)
    shop.execute(IMPORTED, "", "tune", "campaign", "1002", ids["other_campaign"], None, None, None)
    shop.execute(
        "INSERT INTO tracking_foreignclick (campaign_id, system, foreign_id, click_id) VALUES (%s, 'tune', 'wForeign1', %s)"
        " ON CONFLICT DO NOTHING",
        *(ids["campaign"], shop.click_id(nonce=77)),
    )


@contextmanager
def talking(edge: Process, shop: Scene) -> Iterator[Talk]:
    """Afterwards: no error in the log, no memory that stayed, no invalid text in tables or stream."""
    talk = Talk(edge, shop)
    bring_in(shop)
    wait_until(lambda: talk.say(("/WbYr2C", "GET", [], "", b"", False, False))[0] == 302, 10)
    for _ in range(3):  # what is made once is made
        talk.say(("/postback", "GET", [], "", b"", False, True))
    before = memory(edge)
    try:
        yield talk
    finally:
        talk.close()
        shop.execute("DELETE FROM tracking_foreignid")
    assert memory(edge) - before < GROWTH
    assert '"exception"' not in edge.output
    invalid = "fields::text ~ '\\\\u00[01][0-9a-f]' OR answer::text ~ '\\\\u00[01][0-9a-f]'"
    assert shop.execute(f"SELECT raw FROM tracking_postback WHERE {invalid}") == []  # noqa: S608  ours
    assert shop.execute("SELECT order_id FROM tracking_orderkey WHERE order_id ~ '[\\x01-\\x09\\x0b-\\x1f]'") == []


def memory(edge: Process) -> int:
    return int(sum([member.memory_info().rss for member in edge.family()]))
