"""Every row of the field's list of bad input that concerns reports of conversions."""

import json
import time
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.live import Process
from tests.tracking.edge.calls import FORM, keys, outcome, report
from tests.tracking.edge.scene import (
    DRAFT_TOKEN,
    LEAD_TOKEN,
    OTHER_TOKEN,
    RIAL_TOKEN,
    TOKEN,
    Scene,
)
from tests.tracking.edge.wire import exchange, get


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        pytest.param({"click_id": "abc"}, 422, "unknown_click", "click_id", id="B1 malformed"),
        pytest.param({"click_id": "v1." + "A" * 67}, 422, "bad_click_id", "click_id", id="B2 signature"),
        pytest.param({"click_id": None}, 422, "missing_field", "click_id", id="B4 click id"),
        pytest.param({"order_id": None}, 422, "missing_field", "order_id", id="B4 order id"),
        pytest.param({"goal": None, "token": TOKEN, "amount": None}, 422, "missing_field", "amount", id="B4 amount"),
        pytest.param({"amount": ""}, 422, "invalid_amount", "amount", id="B5 empty amount"),
        pytest.param({"order_id": ""}, 422, "missing_field", "order_id", id="B5 empty order id"),
        pytest.param({"amount[]": "1"}, 422, "invalid_parameter", None, id="B7 brackets"),
        pytest.param({'{"amount":1}': "1"}, 422, "invalid_parameter", None, id="B7 JSON in the query"),
        pytest.param({"order_id": "x" * 10_000}, 422, "too_long", "order_id", id="B10 order id"),
        pytest.param({"order_id": "x" * 129}, 422, "too_long", "order_id", id="B29 1 KB order id"),
        pytest.param({"x" * 65: "1"}, 422, "too_long", None, id="B10 name"),
        pytest.param({"coupon": "x" * 65}, 422, "too_long", "coupon", id="B10 coupon"),
        pytest.param({"order_id": "a\0b"}, 422, "invalid_characters", "order_id", id="B13 NUL"),
        pytest.param({"coupon": "a\x1bb"}, 422, "invalid_characters", "coupon", id="B13 control"),
        pytest.param({"reason": "a\x85b"}, 422, "invalid_characters", "reason", id="B13 C1 control"),
        pytest.param({"order_id": "a\r\nb"}, 422, "invalid_characters", "order_id", id="B17 CR LF in an id"),
        pytest.param({"order_id": "a\u2028b"}, 422, "invalid_characters", "order_id", id="B17 U+2028 in an id"),
        pytest.param({"order_id": "a\u202eb"}, 422, "invalid_characters", "order_id", id="B17 bidi in an id"),
        pytest.param({"order_id": "a\u200bb"}, 422, "invalid_characters", "order_id", id="B17 zero width in an id"),
        pytest.param({"amount": "{amount}"}, 422, "macro_not_replaced", "amount", id="B21 amount"),
        pytest.param({"amount": "${amount}"}, 422, "macro_not_replaced", "amount", id="B21 dollar"),
        pytest.param({"amount": "#price#"}, 422, "macro_not_replaced", "amount", id="B21 hashes"),
        pytest.param({"amount": "%s"}, 422, "macro_not_replaced", "amount", id="B21 percent s"),
        pytest.param({"click_id": "{click_id}"}, 422, "macro_not_replaced", "click_id", id="B21 click id"),
        pytest.param({"currency": "{currency}"}, 422, "macro_not_replaced", "currency", id="B21 currency"),
        *[
            pytest.param({"amount": text}, 422, "invalid_amount", "amount", id=f"B22 {text!r}")
            for text in ("abc", "1,000", "1.000,50", "1 000", "$10", "1e3", "0x10", "+5", "-5", "--1", "1.", ".5")
        ],
        *[
            pytest.param({"amount": text}, 422, "invalid_amount", "amount", id=f"B23 {text!r}")
            for text in ("NaN", "Infinity", "-0", "1e999", "1_000", "۱۲۳", "١٢٣", " 12 ", "12 ", "１２")
        ],
        pytest.param({"amount": "1.005"}, 422, "too_precise", "amount", id="B24 USD"),
        pytest.param({"amount": "1.123456"}, 422, "too_precise", "amount", id="B24 many decimals"),
        pytest.param({"amount": "100000.01"}, 422, "amount_too_large", "amount", id="B25 over the maximum"),
        pytest.param({"amount": "9" * 19}, 422, "amount_too_large", "amount", id="B25 over bigint"),
        pytest.param({"amount": "9" * 5_000}, 422, "amount_too_large", "amount", id="B43 digits"),
        *[
            pytest.param({"currency": text}, 422, "invalid_currency", "currency", id=f"B27 {text}")
            for text in ("US$", "XXX", "BTC", "usdollar", "ＵＳＤ", "€")
        ],
        pytest.param({"currency": "EUR"}, 422, "invalid_currency", "currency", id="B27 not the campaign's"),
        *[
            pytest.param({"order_id": text}, 422, "placeholder_order_id", "order_id", id=f"B29 {text}")
            for text in ("null", "undefined", "0", "{order_id}", "test", "NULL", "[order_id]", "${order}")
        ],
        *[
            pytest.param({"timestamp": text}, 422, "invalid_timestamp", "timestamp", id=f"B32 {text}")
            for text in (
                "infinity",
                "now",
                "10000-01-01T00:00:00Z",
                "2026-02-30T00:00:00Z",
                "2026-01-01T00:00:00",
                "2026-01-01",
                "2099-01-01T00:00:00Z",
                "99999999999999999999",
                "1",
                "-5",
                "2026-01-01T25:00:00Z",
            )
        ],
        pytest.param({"status": "maybe"}, 422, "invalid_status", "status", id="status"),
        pytest.param({"goal": "nothing"}, 422, "unknown_goal", "goal", id="unknown goal"),
        pytest.param({"goal": "click"}, 422, "unknown_goal", "goal", id="a goal that the edge counts itself"),
        pytest.param({"goal": "refund"}, 422, "missing_field", "refund_id", id="refund without its id"),
    ],
)
@pytest.mark.parametrize("way", ["query", "form", "json"])
def test_it_is_refused_with_a_code(
    client: httpx.Client,
    shop: Scene,
    way: str,
    changes: dict[str, str | None],
    status: int,
    code: str,
    field: str | None,
) -> None:
    before = keys(shop)
    fields = report(shop, "never-stored", **changes)
    if way == "query" and len(str(fields)) > 9_000:  # longer than an address may be
        assert client.get("/postback", params=fields).status_code == 414
        return
    if way == "query":
        answer = client.get("/postback", params=fields)
    elif way == "form":
        answer = client.post("/postback", data=fields)
    else:
        answer = client.post("/v1/conversions", json=fields)
    assert outcome(answer) == (status, code, field)
    assert answer.json()["status"] == "rejected"
    assert answer.headers["content-type"] == "application/json"
    assert keys(shop) == before


@pytest.mark.parametrize("token", ["", "wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "%00"])
def test_s32_without_the_right_token_nothing_is_read(client: httpx.Client, shop: Scene, token: str) -> None:
    before = shop.execute("SELECT count(*) FROM tracking_postback")
    for answer in (
        client.get("/postback", params=report(shop, "s32", token=token)),
        client.post("/postback", data=report(shop, "s32", token=token)),
        client.post("/v1/conversions", json=report(shop, "s32", token=token)),
        client.get("/postback", params=report(shop, "s32", token=token, amount="1,0")),
    ):
        assert outcome(answer) == (401, "bad_token", "token")
    assert shop.execute("SELECT count(*) FROM tracking_postback") == before


def test_b56_a_browser_without_token_gets_json(client: httpx.Client) -> None:
    answer = client.get("/postback?order_id=%3Cscript%3E", headers={"accept": "text/html"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/json"
    assert "script" not in answer.text


def test_b54_s32_the_token_of_another_campaign_does_not_fit_the_click(client: httpx.Client, shop: Scene) -> None:
    answer = client.get("/postback", params=report(shop, "b54", token=OTHER_TOKEN))
    assert outcome(answer) == (422, "bad_click_id", "click_id")


@pytest.mark.parametrize("name", ["click_id", "order_id", "amount", "currency", "goal", "token"])
def test_b6_what_matters_is_given_once(client: httpx.Client, shop: Scene, name: str) -> None:
    pairs = list(report(shop, "b6", currency="USD").items())
    twice = next(pair for pair in pairs if pair[0] == name)
    answer = client.get("/postback", params=[*pairs, twice])
    assert outcome(answer) == (422, "duplicate_parameter", name)


def test_b8_unknown_parameters_are_ignored_and_listed(client: httpx.Client, shop: Scene) -> None:
    fields = report(shop, "b8") | {"utm_source": "x", "<script>": "y"}
    answer = client.get("/postback", params=fields).json()
    assert answer["status"] == "accepted"
    assert answer["warnings"] == ["unknown_parameter:utm_source", "unknown_parameter"]


def test_b9_more_than_a_hundred_parameters(client: httpx.Client, shop: Scene) -> None:
    fields = report(shop, "b9") | {f"p{number}": "1" for number in range(101)}
    assert outcome(client.get("/postback", params=fields)) == (400, "too_many_parameters", None)


def test_b12_bodies_are_bounded(client: httpx.Client, tracking: Process, shop: Scene) -> None:
    answer = client.post("/postback", content=b"x" * 66_000, headers=FORM)
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")
    answer = client.post("/v1/conversions", json=report(shop, "b12", reason="x" * 66_000))
    assert (answer.status_code, answer.json()["reason"]) == (413, "too_large")
    head = b"POST /v1/conversions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    assert exchange(tracking.url, head + b"Content-Length: 1000000000\r\n\r\n")[0] == 413
    assert exchange(tracking.url, head + b"Content-Length: abc\r\n\r\n")[0] == 400


def test_b12_an_endless_body_is_cut_off(client: httpx.Client) -> None:
    def endless() -> Any:
        while True:
            yield b"x" * 65_536

    try:
        answer = client.post("/v1/conversions", content=endless(), headers={"content-type": "application/json"})
    except httpx.HTTPError:
        return  # closed while we were still writing
    assert answer.status_code == 413


def test_b12_a_body_that_never_comes_is_given_up(tracking: Process) -> None:
    began = time.monotonic()
    head = b"POST /postback HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    status, _, _ = exchange(tracking.url, head + b"Content-Length: 100\r\n\r\nabc")
    assert status == 400
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("raw", [b"%ff%fe", b"%c3%28", b"%ed%a0%80"])
def test_b14_text_that_is_not_utf8(tracking: Process, shop: Scene, raw: bytes) -> None:
    query = b"token=%s&click_id=%s&goal=sale&amount=1&order_id=" % (TOKEN.encode(), shop.click_id().encode()) + raw
    status, _, body = get(tracking.url, b"/postback?" + query)
    assert (status, json.loads(body)["reason"]) == (422, "invalid_characters")


@pytest.mark.parametrize(
    ("token", "link", "amount", "status", "reason"),
    [
        (RIAL_TOKEN, "rial_link", "1.5", 422, "too_precise"),
        (RIAL_TOKEN, "rial_link", "24000000", 200, None),
        (TOKEN, "link", "100000", 200, None),
    ],
)
def test_b24_b25_limits_are_those_of_the_currency(
    client: httpx.Client, shop: Scene, token: str, link: str, amount: str, status: int, reason: str | None
) -> None:
    fields = report(shop, f"limit-{link}-{amount}", token=token, click_id=shop.click_id(link), amount=amount)
    answer = client.get("/postback", params=fields)
    assert (answer.status_code, answer.json()["reason"]) == (status, reason)


def test_b26_a_lead_of_zero_is_plain_and_a_sale_of_zero_has_a_warning(client: httpx.Client, shop: Scene) -> None:
    lead = client.get("/postback", params=report(shop, "b26-lead", goal="lead", amount="0")).json()
    sale = client.get("/postback", params=report(shop, "b26-sale", amount="0")).json()
    assert (lead["status"], lead["warnings"]) == ("accepted", [])
    assert (sale["status"], sale["warnings"]) == ("accepted", ["zero_amount"])


@pytest.mark.parametrize("currency", [None, "usd", "USD", ""])
def test_b27_the_currency_is_the_campaigns_in_any_case(client: httpx.Client, shop: Scene, currency: str | None) -> None:
    fields = report(shop, f"b27-{currency}", currency=currency)
    assert client.get("/postback", params=fields).json()["status"] == "accepted"


def test_b28_another_currency_than_at_first_is_a_conflict(client: httpx.Client, shop: Scene) -> None:
    client.get("/postback", params=report(shop, "b28", currency="USD"))
    answer = client.get("/postback", params=report(shop, "b28", currency="EUR"))
    assert outcome(answer) == (409, "conflicting_duplicate", "order_id")


def test_b30_the_same_report_again_is_a_duplicate_of_the_first(client: httpx.Client, shop: Scene) -> None:
    first = client.get("/postback", params=report(shop, "b30")).json()
    again = client.post("/postback", data=report(shop, "b30", amount="19.990")).json()
    json_again = client.post("/v1/conversions", json=report(shop, "b30", amount=1999)).json()
    assert (first["status"], first.get("duplicate")) == ("accepted", None)
    for answer in (again, json_again):
        assert (answer["status"], answer["duplicate"], answer["id"]) == ("duplicate", True, first["id"])
    stored = shop.execute("SELECT accepted FROM tracking_postback WHERE fields->>'order_id' = 'b30' ORDER BY id")
    assert stored == [(True,), (False,), (False,)]


def test_b31_the_same_order_with_another_amount_is_a_conflict_and_kept(client: httpx.Client, shop: Scene) -> None:
    client.get("/postback", params=report(shop, "b31"))
    answer = client.get("/postback", params=report(shop, "b31", amount="20.00"))
    assert outcome(answer) == (409, "conflicting_duplicate", "order_id")
    rows = shop.execute(
        "SELECT accepted, status_code, fields->>'amount' FROM tracking_postback WHERE fields->>'order_id' = 'b31' ORDER BY id"
    )
    assert rows == [(True, 200, "1999"), (False, 409, "2000")]


@pytest.mark.parametrize(
    ("age", "warnings"),
    [(0.0, []), (86_400.0, []), (-240.0, []), (91 * 86_400.0, ["late"])],
)
@pytest.mark.parametrize("form", ["seconds", "milliseconds", "iso", "offset"])
def test_b32_times_with_a_zone_or_unix_times_are_read(
    client: httpx.Client, shop: Scene, age: float, warnings: list[str], form: str
) -> None:
    at = int(time.time() - age)
    texts = {
        "seconds": str(at),
        "milliseconds": str(at * 1000),
        "iso": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)),
        "offset": time.strftime("%Y-%m-%d %H:%M:%S+03:30", time.gmtime(at + 12_600)),
    }
    answer = client.get("/postback", params=report(shop, f"b32-{age}-{form}", timestamp=texts[form])).json()
    assert (answer["status"], answer["warnings"]) == ("accepted", warnings)
    sql = (
        "SELECT extract(epoch FROM (fields->>'occurred_at')::timestamptz)::bigint FROM tracking_postback WHERE id = %s"
    )
    assert shop.execute(sql, answer["id"]) == [(at,)]


def test_b32_too_far_in_the_future_is_refused(client: httpx.Client, shop: Scene) -> None:
    answer = client.get("/postback", params=report(shop, "b32-future", timestamp=str(int(time.time()) + 400)))
    assert outcome(answer) == (422, "invalid_timestamp", "timestamp")


def test_b33_a_garbage_address_is_ignored_with_a_warning(client: httpx.Client, shop: Scene) -> None:
    bad = client.get("/postback", params=report(shop, "b33-a", ip="1.1.1.1, 2.2.2.2")).json()
    good = client.get("/postback", params=report(shop, "b33-b", ip="::ffff:1.2.3.4")).json()
    assert (bad["warnings"], good["warnings"]) == (["invalid_ip"], [])


@pytest.mark.parametrize(
    ("path", "method", "allow"),
    [
        ("/postback", "PUT", "GET, POST"),
        ("/postback", "OPTIONS", "GET, POST"),
        ("/v1/conversions", "GET", "POST, OPTIONS"),
        ("/v1/conversions", "TRACE", "POST, OPTIONS"),
        ("/pixel.gif", "POST", "GET, HEAD, OPTIONS"),
        ("/tag.js", "POST", "GET, HEAD"),
    ],
)
def test_b37_other_methods_are_405(client: httpx.Client, path: str, method: str, allow: str) -> None:
    answer = client.request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)


def test_b36_an_unknown_host_is_400(client: httpx.Client, shop: Scene) -> None:
    answer = client.get("/postback", params=report(shop, "b36"), headers={"host": "evil.example"})
    assert (answer.status_code, answer.json()["reason"]) == (400, "unknown_host")


@pytest.mark.parametrize(
    "text", ["' OR 1=1--", "$where", "*)(uid=*", "; rm -rf /", "{{7*7}} x", "<b>", "پیوند ۱۲۳", "a%26b"]
)
def test_b48_odd_text_is_literal(client: httpx.Client, shop: Scene, text: str) -> None:
    answer = client.get("/postback", params=report(shop, f"b48-{text[0]}", reason=text)).json()
    assert answer["status"] == "accepted"
    assert shop.execute("SELECT fields->>'reason' FROM tracking_postback WHERE id = %s", answer["id"]) == [(text,)]


def test_b16_b18_b19_ids_are_decoded_once_and_normalised(client: httpx.Client, tracking: Process, shop: Scene) -> None:
    for raw, kept in ((b"%zz%25", "%zz%"), (b"b18-%2526", "b18-%26"), ("b19-e\u0301".encode(), "b19-\u00e9")):
        query = b"token=%s&click_id=%s&goal=sale&amount=1&order_id=" % (TOKEN.encode(), shop.click_id().encode()) + raw
        status, _, body = get(tracking.url, b"/postback?" + query)
        assert status == 200
        row = shop.execute("SELECT fields->>'order_id' FROM tracking_postback WHERE id = %s", json.loads(body)["id"])
        assert row == [(kept,)]


def test_b20_a_semicolon_does_not_separate(tracking: Process, shop: Scene) -> None:
    query = f"token={TOKEN}&click_id={shop.click_id()}&goal=sale&amount=1&order_id=b20;amount=2".encode()
    assert get(tracking.url, b"/postback?" + query)[0] == 200


def test_b3_a_campaign_that_was_never_started_rejects_as_a_matter_of_business(
    client: httpx.Client, shop: Scene
) -> None:
    fields = report(shop, "b3", token=DRAFT_TOKEN, click_id=shop.click_id("draft_link"))
    assert outcome(client.get("/postback", params=fields)) == (200, "campaign_not_active", None)


def test_b3_a_suspended_publisher_earns_nothing(client: httpx.Client, shop: Scene) -> None:
    fields = report(shop, "b3", click_id=shop.click_id("suspended_link"))
    assert outcome(client.get("/postback", params=fields)) == (200, "publisher_suspended", "click_id")


def test_b51_refunds(client: httpx.Client, shop: Scene) -> None:
    def refund(**changes: Any) -> httpx.Response:
        fields = report(shop, "b51", goal="refund", refund_id="r1", click_id=None, amount="5.00") | changes
        return client.get("/postback", params={name: value for name, value in fields.items() if value is not None})

    orphan = refund(order_id="b51-unknown")
    assert (orphan.status_code, orphan.json()["status"], orphan.json()["reason"]) == (202, "accepted", "orphan")
    client.get("/postback", params=report(shop, "b51"))
    first = refund().json()
    assert (first["status"], first["reason"], first["warnings"]) == ("accepted", None, [])
    again = refund().json()
    assert (again["status"], again["id"]) == ("duplicate", first["id"])
    assert refund(refund_id="r2", amount="20.00").json()["warnings"] == ["clamped"]
    assert refund(refund_id="r3", amount=None).json()["status"] == "accepted"
    assert outcome(refund(refund_id="r4", currency="EUR")) == (422, "invalid_currency", "currency")
    assert outcome(refund(refund_id="r5", amount="0")) == (422, "invalid_amount", "amount")
    assert outcome(refund(refund_id="{refund_id}")) == (422, "placeholder_refund_id", "refund_id")
    assert outcome(refund(amount="6.00")) == (409, "conflicting_duplicate", "order_id")


def test_the_only_goal_is_meant_when_none_is_named(client: httpx.Client, shop: Scene) -> None:
    fields = report(shop, "one-goal", token=LEAD_TOKEN, click_id=shop.click_id("lead_link"), goal=None, amount=None)
    answer = client.get("/postback", params=fields).json()
    assert answer["status"] == "accepted"
    assert shop.execute("SELECT fields->>'goal' FROM tracking_postback WHERE id = %s", answer["id"]) == [("lead",)]


def test_quoting_does_not_break_the_log(client: httpx.Client, shop: Scene) -> None:
    """The raw call is kept without its token, however that was written."""
    client.get(f"/postback?order_id=raw-1&TOKEN=x&security_token={TOKEN}&amount={quote('1,0')}")
    client.get(f"/postback?order_id=raw-2&token={quote(TOKEN)}&amount=1")
    client.post("/v1/conversions", json=report(shop, "raw-3", amount="x"))
    time.sleep(0.3)
    raws = [row[0] for row in shop.execute("SELECT raw FROM tracking_postback WHERE raw ~ 'raw-[123]'")]
    assert len(raws) == 3
    assert not any(TOKEN in raw for raw in raws)
    assert all("***" in raw for raw in raws)
