"""Properties of everything that reads what strangers send."""

import time
from collections.abc import Callable
from contextlib import suppress
from decimal import Decimal
from ipaddress import ip_network
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.currencies import EXPONENTS
from tracking.edge import callers, inputs
from tracking.edge.amounts import read_amount
from tracking.edge.http import Request
from tracking.edge.intake import masked
from tracking.edge.moments import read_moment
from tracking.edge.naming import in_our_names
from tracking.edge.parse import MAX_SUB, cut, has_controls, lenient, visitor_parameters
from tracking.edge.redirects import ascii_url, deep_link, with_click_id
from tracking.edge.refusals import Rejection
from tracking.snapshot import Campaign

CLICK_ID = "v1." + "A" * 67


def campaign(landing_url: str = "https://shop.example/", hosts: tuple[str, ...] = ("shop.example",)) -> Campaign:
    return Campaign(
        1, "c", 1, "active", "USD", "UTC", landing_url, "", frozenset(hosts), "pvd_cid", "token", 30, {}, ()
    )


def reads_or_rejects(read: Callable[..., Any], *arguments: object) -> None:
    with suppress(Rejection):
        read(*arguments)


@given(st.binary(max_size=400))
def test_any_query_of_a_visitor_is_read(query: bytes) -> None:
    found, _ = visitor_parameters(query)
    assert all(found.values())
    assert all(
        not has_controls(value) for name, value in found.items() if name not in {"url", "deep_link", "ued", "murl"}
    )
    for value in found.values():
        assert len(cut(value, MAX_SUB).encode()) <= MAX_SUB


@given(st.text(st.sampled_from("ab1=&;{}.-_~"), max_size=80))
def test_a_plain_query_is_read_as_any_other(query: str) -> None:
    """It has a way of its own, without decoding."""
    encoded = "".join(letter if letter in "=&" else f"%{ord(letter):02x}" for letter in query)
    assert visitor_parameters(query.encode()) == visitor_parameters(encoded.encode())


@given(st.text(max_size=60))
def test_text_comes_through_a_query_in_normal_form(text: str) -> None:
    try:
        encoded = quote(text).encode()
    except UnicodeEncodeError:
        return
    assert lenient(encoded) == lenient(quote(lenient(encoded)).encode())


@given(st.binary(max_size=400))
def test_any_query_of_a_caller_is_read_or_refused(query: bytes) -> None:
    reads_or_rejects(lambda given: in_our_names(inputs.named(given)), query)


@given(st.dictionaries(st.sampled_from(sorted(inputs.OURS)), st.text(min_size=1, max_size=20), max_size=8))
def test_a_query_says_what_was_put_into_it(fields: dict[str, str]) -> None:
    try:
        query = "&".join(f"{name}={quote(value)}" for name, value in fields.items()).encode()
    except UnicodeEncodeError:
        return
    try:
        found, _ = in_our_names(inputs.named(query))
    except Rejection as rejection:
        refused = rejection.code
        assert refused == "invalid_characters"
        return
    fields.pop("ip", None)
    found.pop("ip", None)
    assert set(found) == set(fields)


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=10)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=10), inner, max_size=4)),
    max_leaves=12,
)


@given(st.binary(max_size=300))
def test_any_body_is_json_or_refused(body: bytes) -> None:
    reads_or_rejects(inputs.from_json, body)


@given(st.dictionaries(st.one_of(st.sampled_from(sorted(inputs.OURS)), st.text(max_size=8)), JSON, max_size=8))
def test_any_row_is_read_or_refused(row: dict[str, Any]) -> None:
    reads_or_rejects(inputs.checked_row, row)
    reads_or_rejects(read_amount, row.get("amount"), row.get("currency"), "USD")
    reads_or_rejects(read_moment, row.get("timestamp"), time.time())


@given(st.integers(0, 9_999_999), st.sampled_from(sorted(EXPONENTS)))
def test_an_amount_is_read_exactly(minor: int, currency: str) -> None:
    text = str(Decimal(minor).scaleb(-EXPONENTS[currency]))
    assert read_amount(text, currency, currency).minor == minor
    assert read_amount(minor, None, currency).minor == minor


@given(st.text(max_size=12))
def test_an_amount_is_plain_digits_or_refused(text: str) -> None:
    try:
        minor = read_amount(text, "USD", "USD").minor
    except Rejection:
        return
    assert minor == Decimal(text) * 100
    assert text.isascii()
    assert text[0].isdigit()


URLS = st.from_regex(
    r"https://[a-z]{1,8}\.example(:[0-9]{2,4})?(/[^\s?#]{0,10})?(\?[^#\s]{0,20})?(#\S{0,10})?", fullmatch=True
)


@given(URLS, st.from_regex(r"[a-z_]{1,10}", fullmatch=True))
def test_the_click_id_is_in_the_query_once_and_the_rest_stays(url: str, parameter: str) -> None:
    found = urlsplit(with_click_id(url, parameter, CLICK_ID.encode()).decode())
    before = urlsplit(ascii_url(url))
    assert (found.scheme, found.netloc, found.path, found.fragment) == (
        before.scheme,
        before.netloc,
        before.path,
        before.fragment,
    )
    pairs = parse_qsl(found.query, keep_blank_values=True, strict_parsing=False, separator="&")
    assert [value for name, value in pairs if name == parameter] == [CLICK_ID]
    theirs = [
        part for part in before.query.split("&") if part and lenient(part.partition("=")[0].encode()) != parameter
    ]
    assert [part for part in found.query.split("&") if not part.endswith(CLICK_ID)] == theirs


@given(st.text(max_size=60))
def test_no_address_becomes_more_than_one_header(text: str) -> None:
    location = with_click_id(f"https://shop.example/{text}", "pvd_cid", CLICK_ID.encode()).decode()
    assert location.isascii()
    assert location.isprintable()
    assert " " not in location


@settings(max_examples=300)
@given(
    st.one_of(
        st.text(max_size=60),
        st.builds(
            lambda a, b: f"https://{a}{b}", st.text(max_size=10), st.sampled_from(["shop.example", "@shop.example"])
        ),
        st.builds(lambda a: f"https://shop.example{a}", st.text(max_size=20)),
        st.builds(lambda a: f"{a}://shop.example/", st.text(max_size=8)),
    )
)
def test_a_deep_link_leads_to_an_allowed_host_or_nowhere(address: str) -> None:
    found = deep_link(address, campaign())
    if found is not None:
        parts = urlsplit(found)
        assert (parts.scheme, parts.hostname, parts.username) == ("https", "shop.example", None)
        assert found.isascii()
        assert found.isprintable()


def test_a_deep_link_without_https_only_where_the_landing_page_has_none() -> None:
    local = campaign("http://127.0.0.1:8690/", ("127.0.0.1",))
    assert deep_link("http://127.0.0.1:8691/x", local) == "http://127.0.0.1:8691/x"
    assert deep_link("http://shop.example/x", campaign()) is None


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", [b"1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", [b"6.6.6.6, 1.1.1.1, 10.0.0.2"], "1.1.1.1"),
        ("10.0.0.1", [b"6.6.6.6", b"1.1.1.1"], "1.1.1.1"),
        ("10.0.0.1", [b"::ffff:1.2.3.4"], "1.2.3.4"),
        ("10.0.0.1", [b"2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", [b"1.1.1.1, garbage"], "10.0.0.1"),
        ("10.0.0.1", [b""], "10.0.0.1"),
        ("10.0.0.1", [b"10.0.0.3"], "10.0.0.3"),
        ("9.9.9.9", [b"1.1.1.1"], "9.9.9.9"),
        ("unix", [b"1.1.1.1"], None),
    ],
)
def test_only_trusted_proxies_vouch_for_addresses(peer: str, forwarded: list[bytes], address: str | None) -> None:
    request = Request("GET", b"/", b"", [(b"x-forwarded-for", value) for value in forwarded], peer)
    assert callers.Origins((ip_network("10.0.0.0/24"),)).of(request).address == address


@pytest.mark.parametrize(
    "raw",
    [
        "token=SECRET12345&a=1",
        "a=1&security_token=SECRET12345",
        '{"token":"SECRET12345","a":1}',
        '{"a":1,"token": "SECRET12345"}',
        "a=1&x=SECRET12345",
        "secure=SECRET12345",
    ],
)
def test_a_token_is_never_kept(raw: str) -> None:
    assert "SECRET" not in masked(raw, "SECRET12345")
    assert "***" in masked(raw, "SECRET12345")


@pytest.mark.parametrize("raw", ["csrftoken=abc&insecure=1", "a=1&mytoken=abc"])
def test_other_names_are_left_alone(raw: str) -> None:
    assert masked(raw, "SECRET12345") == raw
