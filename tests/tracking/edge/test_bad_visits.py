"""Every row of the field's list of bad input that concerns clicks and impressions."""

import time
from urllib.parse import quote

import httpx
import pytest
from redis import Redis

from tests.live import Process
from tests.tracking.edge.scene import LANDING, NETWORK_FALLBACK
from tests.tracking.edge.wire import events, exchange, get


@pytest.mark.parametrize(
    ("query", "sub1", "flags"),
    [
        pytest.param(b"sub1=", "fromlink", [], id="B5 empty is absent"),
        pytest.param(b"sub1=a&sub1=b", "a", ["duplicate_parameter"], id="B6 the first wins, flagged"),
        pytest.param(b"sub1[]=1&sub1=x", "x", [], id="B7 brackets are literal"),
        pytest.param(b"sub1={%22a%22:1}", '{"a":1}', [], id="B7 JSON is literal"),
        pytest.param(b"sub1=x&unknown=1", "x", [], id="B8 unknown ignored"),
        pytest.param(
            b"&".join(b"p%d=1" % n for n in range(101)) + b"&sub1=x", "fromlink", [], id="B9 the 102nd ignored"
        ),
        pytest.param(b"sub1=a%00b%01c%7f", "abc", [], id="B13 controls stripped"),
        pytest.param(b"sub1=a%ff%feb", "a\ufffd\ufffdb", [], id="B14 invalid UTF-8 replaced"),
        pytest.param(b"sub1=%zz%", "%zz%", [], id="B16 bad percent literal"),
        pytest.param(b"sub1=a%0d%0aLocation:%20x", "aLocation: x", [], id="B17 CR LF"),
        pytest.param(b"sub1=a%e2%80%aeb", "a\u202eb", [], id="B17 bidi kept"),
        pytest.param(b"sub1=%2526", "%26", [], id="B18 decoded once"),
        pytest.param("sub1=e\u0301\U0001f600".encode(), "\u00e9\U0001f600", [], id="B19 NFC, 4 bytes"),
        pytest.param(b"sub1=a;sub2=b", "a;sub2=b", [], id="B20 semicolon literal"),
        pytest.param(b"sub1={sub1}", "{sub1}", ["macro_not_replaced"], id="B21 macro flagged"),
        pytest.param(b"sub1=${}", "${}", ["macro_not_replaced"], id="B21 dollar"),
        pytest.param(b"sub1={{7*7}}", "{{7*7}}", [], id="B21 template literal"),
        pytest.param(b"sub1=%25s", "%s", ["macro_not_replaced"], id="B21 percent s"),
        pytest.param(b"sub1=' OR 1=1--", "' OR 1=1--", [], id="B48 SQL"),
        pytest.param(b"sub1=a+b", "a b", [], id="plus is a blank"),
    ],
)
def test_it_redirects_and_keeps_the_label(
    client: httpx.Client, tracking: Process, redis: Redis, query: bytes, sub1: str, flags: list[str]
) -> None:
    status, headers, _ = get(tracking.url, b"/c/shopLink1?" + query.replace(b" ", b"%20"))
    assert status == 302
    assert headers["location"].startswith(f"{LANDING}?pvd_cid=v1.")
    (event,) = events(redis)
    assert (event["subs"][0], event.get("flags", [])) == (sub1, flags)


def test_b10_a_long_label_is_cut_between_characters(client: httpx.Client, redis: Redis) -> None:
    client.get("/c/shopLink1?sub1=" + "x" * 255 + quote("é" * 10))
    client.get("/c/shopLink1?sub1=" + quote("پ" * 700))
    first, second = events(redis)
    assert (first["subs"], first.get("flags")) == (["x" * 255], ["truncated"])
    assert second["subs"] == ["پ" * 128]


@pytest.mark.parametrize("size", [9 * 1024, 70 * 1024])
@pytest.mark.parametrize("path", [b"/c/shopLink1", b"/i/shopLink1.gif", b"/postback", b"/pixel.gif"])
def test_b11_a_long_address_is_414(tracking: Process, path: bytes, size: int) -> None:
    assert get(tracking.url, path + b"?sub1=" + b"x" * size)[0] == 414


def test_b17_nothing_in_an_address_becomes_a_header(tracking: Process) -> None:
    evil = b"%0d%0aSet-Cookie:%20a=b%0d%0a%0d%0a%3Cscript%3E"
    for path in (b"/c/shopLink1?url=", b"/c/shopLink1?sub1=", b"/c/unknown?x="):
        _, headers, _ = get(tracking.url, path + evil)
        assert "set-cookie" not in headers
        assert "\n" not in headers["location"]


@pytest.mark.parametrize("forwarded", [b"1.1.1.1, 2.2.2.2", b"::ffff:1.2.3.4", b"garbage", b"\xff\xfe", b""])
def test_b33_nobody_but_a_trusted_proxy_says_who_the_visitor_is(
    tracking: Process, redis: Redis, forwarded: bytes
) -> None:
    assert get(tracking.url, b"/c/shopLink1", b"X-Forwarded-For: " + forwarded)[0] == 302
    assert events(redis)[0]["ip"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("header", "key", "stored"),
    [
        (b"User-Agent: " + b"x" * 10_000, "ua", "x" * 512),
        (b"User-Agent: a\xff\xfeb", "ua", "a\ufffd\ufffdb"),
        (b"User-Agent:", "ua", ""),
        (b"Referer: javascript:alert(1)", "ref", "javascript:alert(1)"),
        (b"Referer: android-app://com.example/", "ref", "android-app://com.example/"),
        (b"Referer: https://b/" + b"y" * 8_000, "ref", "https://b/" + "y" * 502),
    ],
)
def test_b34_headers_are_stored_cut(tracking: Process, redis: Redis, header: bytes, key: str, stored: str) -> None:
    assert get(tracking.url, b"/c/shopLink1", header)[0] == 302
    assert events(redis)[0].get(key, "") == stored


def test_b34_a_missing_user_agent_is_known_as_missing(tracking: Process, redis: Redis) -> None:
    get(tracking.url, b"/c/shopLink1")
    get(tracking.url, b"/c/shopLink1?consent=denied")
    assert [event.keys() & {"ua", "consent"} for event in events(redis)] == [set(), {"consent"}]


def test_b35_huge_headers_are_431(tracking: Process) -> None:
    assert get(tracking.url, b"/c/shopLink1", b"Cookie: " + b"a" * 17_000)[0] == 431
    assert get(tracking.url, b"/c/shopLink1", *[b"X-%d: a" % n for n in range(150)])[0] == 431
    assert get(tracking.url, b"/c/shopLink1", b"Cookie: =;;=\xff; a")[0] == 302


@pytest.mark.parametrize(
    ("host", "status"),
    [
        (b"evil.example", 400),
        (b"", 400),
        (b"127.0.0.1", 302),
        (b"127.0.0.1:1234", 302),
        (b"LOCALHOST", 302),
        (b"localhost.", 302),
        (b"localhost:80:80", 400),
        (b"localhost:abc", 400),
        (b"10.0.0.1", 400),
        (b"[::1]:8001", 302),
        (b"127.0.0.1@evil.example", 400),
    ],
)
def test_b36_only_known_hosts_are_served(tracking: Process, host: bytes, status: int) -> None:
    assert get(tracking.url, b"/c/shopLink1", b"Host: " + host)[0] == status


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "OPTIONS"])
@pytest.mark.parametrize("path", ["/c/shopLink1", "/i/shopLink1.gif"])
def test_b37_other_methods_are_405(client: httpx.Client, redis: Redis, path: str, method: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert events(redis) == []


def test_b38_preflights_get_a_strict_list(client: httpx.Client) -> None:
    tag = client.options("/pixel.gif", headers={"origin": "https://shop.example"})
    assert (tag.status_code, tag.headers["access-control-allow-methods"]) == (204, "GET")
    assert "access-control-allow-credentials" not in tag.headers
    server = client.options("/v1/conversions", headers={"origin": "https://evil.example"})
    assert server.status_code == 204
    assert "access-control-allow-origin" not in server.headers


def test_b39_conditional_and_partial_requests_are_full_ones(client: httpx.Client, redis: Redis) -> None:
    headers = {"range": "bytes=0-1", "if-modified-since": "Sat, 21 Nov 2026 00:00:00 GMT", "if-none-match": "*"}
    assert client.get("/c/shopLink1", headers=headers).status_code == 302
    answer = client.get("/i/shopLink1.gif", headers=headers)
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert len(events(redis)) == 2


@pytest.mark.parametrize(
    "path",
    [
        *[
            b"/c/../admin",
            b"//c//",
            b"/c/%2e%2e/admin",
            b"/C/shopLink1",
            b"/c/shopLink1/",
            b"/c/shopLink1;jsessionid=1",
        ],
        *[b"/c/", b"/c", b"/", b"/i/shopLink1", b"/i/shopLink1.GIF", b"/postback/", b"/v1/conversions/", b"/admin"],
        *[b"/c/" + b"a" * 65, b"/c/%00", b"/goto/x", b"/c/shop%4cink1"],
    ],
)
def test_b47_odd_paths_are_404(tracking: Process, path: bytes) -> None:
    status, headers, body = get(tracking.url, path)
    assert status == 404
    assert "location" not in headers
    assert path not in body or len(path) < 3


@pytest.mark.parametrize(
    "address",
    [
        *[
            "https://evil.example/",
            "//evil.example/",
            "https:/\\evil.example",
            "https:/evil.example",
            "/\\evil.example",
        ],
        *["https://shop.example@evil.example/", "https://shop.example.evil.example/", "%2f%2fevil.example"],
        *[
            "https://sh\u043ep.example/",
            "ht\ttps://shop.example/",
            "https://shop.example\n.evil/",
            "javascript:alert(1)",
        ],
        *["data:text/html,x", "ftp://shop.example/", "http://shop.example/", "https://shop.example:abc/", "https://"],
        *["https://evilshop.example/", "https://www.shop.example/", "https://shop.example%00.evil/", "shop.example/x"],
        "https://shop.example/" + "x" * 7_000,
    ],
)
def test_b49_a_deep_link_elsewhere_leads_to_the_landing_page(client: httpx.Client, address: str) -> None:
    answer = client.get("/c/shopLink1", params={"url": address})
    assert answer.headers["location"].startswith(f"{LANDING}?pvd_cid=v1.")


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        ("https://shop.example/p", "https://shop.example/p?pvd_cid=", ""),
        ("https://shop.example/p?a=1&b=%20x", "https://shop.example/p?a=1&b=%20x&pvd_cid=", ""),
        ("https://shop.example/p#top", "https://shop.example/p?pvd_cid=", "#top"),
        ("https://shop.example/p?a#b?c", "https://shop.example/p?a&pvd_cid=", "#b?c"),
        ("https://shop.example/p?pvd_cid=old&a=1", "https://shop.example/p?a=1&pvd_cid=", ""),
        ("https://shop.example/p?pvd%5Fcid=old", "https://shop.example/p?pvd_cid=", ""),
        ("https://DEALS.shop.example/", "https://deals.shop.example/?pvd_cid=", ""),
        ("https://shop.example/کفش", "https://shop.example/%DA%A9%D9%81%D8%B4?pvd_cid=", ""),
    ],
)
def test_b50_the_click_id_goes_into_the_query_of_a_deep_link(
    client: httpx.Client, address: str, before: str, after: str
) -> None:
    location = client.get("/c/shopLink1", params={"url": address}).headers["location"]
    assert location.startswith(before + "v1.")
    assert location.endswith(after)
    assert len(location) == len(before) + 70 + len(after)


def test_b50_a_location_fits_into_8_kilobytes(client: httpx.Client) -> None:
    answer = client.get("/c/shopLink1", params={"url": "https://shop.example/" + "x" * 1_900})
    assert 1_900 < len(answer.headers["location"]) < 8_192


def test_b55_a_hot_linked_gif_is_a_gif_each_time(client: httpx.Client, redis: Redis) -> None:
    for number in range(50):
        assert client.get(f"/i/shopLink1.gif?{number}").status_code == 200
    assert len({event["n"] for event in events(redis)}) == 50


def test_b1_an_unknown_code_goes_to_the_fallback(client: httpx.Client) -> None:
    for code in ("zzzzzzzzz", "a", "x" * 64, "-_-"):
        assert client.get(f"/c/{code}").headers["location"] == NETWORK_FALLBACK


def test_b12_a_body_on_a_click_is_not_read(tracking: Process) -> None:
    began = time.monotonic()
    data = b"GET /c/shopLink1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n"
    assert exchange(tracking.url, data)[0] == 302
    assert time.monotonic() - began < 2
