"""Odd requests to all endpoints over the wire: none is answered with 5xx, none leaves an error in the log."""

from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.live import Process
from tests.tracking.edge.scene import TOKEN, Scene
from tests.tracking.edge.wire import exchange

PATHS = [
    "/c/shopLink1",
    "/c/deepLink1",
    "/i/textLink1.gif",
    "/postback",
    "/pixel.gif",
    "/v1/conversions",
    "/tag.js",
    "/x",
]
NAMES = [
    "click_id",
    "order_id",
    "goal",
    "amount",
    "currency",
    "coupon",
    "status",
    "timestamp",
    "refund_id",
    "url",
    "sub1",
]
NAMES += [
    "source",
    "consent",
    "creative",
    "items",
    "test",
    "campaign",
    "via",
    "ip",
    "reason",
    "customer",
    "a[]",
    "txid",
]
ODD = [
    "",
    "0",
    "-1",
    "1e9",
    "NaN",
    "null",
    "{click_id}",
    "v1.",
    "shop00000001",
    "refund",
    "\u202e",
    "\x00",
    "\U0001f600",
    "%",
]
ODD += [
    "9" * 40,
    "infinity",
    "2026-02-30",
    "https://shop.example/x",
    "https:\\\\evil",
    "true",
    "[]",
    '{"a":1}',
    "\r\nX: y",
]
VALUES = st.one_of(st.sampled_from(ODD), st.text(max_size=12))
QUERY = st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=8)
RAW = st.text("abc%&=;+?/\\{}[]()$!*'~^|`0123456789.:@", max_size=40)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)),
    max_leaves=10,
)


def query_of(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name)}={quote(value.encode('utf-8', 'surrogatepass'))}" for name, value in pairs)


@pytest.mark.timeout(300)
@settings(max_examples=600, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(PATHS),
    method=st.sampled_from(["GET", "GET", "GET", "POST", "HEAD", "OPTIONS", "PUT"]),
    pairs=QUERY,
    raw=RAW,
    body=st.one_of(st.binary(max_size=60), JSON.map(lambda value: repr(value).encode("utf-8", "replace"))),
    json=st.booleans(),
    named=st.booleans(),
)
def test_no_request_is_too_odd(
    tracking: Process,
    shop: Scene,
    path: str,
    method: str,
    pairs: list[tuple[str, str]],
    raw: str,
    body: bytes,
    json: bool,  # noqa: FBT001
    named: bool,  # noqa: FBT001
) -> None:
    given = [("token", TOKEN), ("click_id", shop.click_id())] if named else []
    target = f"{path}?{query_of([*given, *pairs])}&{raw}"
    lines = [f"{method} {target} HTTP/1.1", f"Host: {urlsplit(tracking.url).netloc}", f"Authorization: Bearer {TOKEN}"]
    if method in {"POST", "PUT"}:
        lines.append(f"Content-Type: application/{'json' if json else 'x-www-form-urlencoded'}")
        lines.append(f"Content-Length: {len(body)}")
    try:
        status, headers, _ = exchange(
            tracking.url, "\r\n".join([*lines, "", ""]).encode() + (body if method in {"POST", "PUT"} else b"")
        )
    except (TimeoutError, ConnectionError):
        pytest.fail(f"no answer to {target}")
    assert 200 <= status < 500
    assert "x" not in headers
    assert "exception" not in tracking.output
