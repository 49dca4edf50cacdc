"""Every row of the field's list of bad input that concerns reports in JSON, one or many."""

import json
from typing import Any

import httpx
import pytest

from tests.tracking.edge.calls import FORM, keys, outcome, report
from tests.tracking.edge.scene import TOKEN, Scene


def post_raw(
    client: httpx.Client, body: bytes, content_type: str = "application/json", **headers: str
) -> httpx.Response:
    return client.post("/v1/conversions", content=body, headers={"content-type": content_type, **headers})


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        pytest.param(b'{"order_id": "a\\u0000b"}', 422, "invalid_characters", id="B13 NUL"),
        pytest.param(b'{"order_id": "a\\ud800b"}', 422, "invalid_characters", id="B15 lone surrogate"),
        pytest.param(b'{"order_id": "a\xffb"}', 422, "invalid_characters", id="B14 not UTF-8"),
        pytest.param(b'\xef\xbb\xbf{"order_id": "a"}', 400, "invalid_json", id="B41 BOM"),
        pytest.param(b'{"order_id": "a",}', 400, "invalid_json", id="B41 trailing comma"),
        pytest.param(b'{"order_id": "a", "order_id": "b"}', 400, "invalid_json", id="B41 duplicate keys"),
        pytest.param(b"[" * 1_000 + b"]" * 1_000, 400, "invalid_json", id="B41 depth"),
        pytest.param(b'{"items": ' + b"[" * 1_000 + b"]" * 1_000 + b"}", 400, "invalid_json", id="B41 inner depth"),
        pytest.param(b"[" * 30_000, 400, "invalid_json", id="B41 depth bomb"),
        pytest.param(b"[]", 400, "invalid_json", id="B41 array"),
        pytest.param(b'"text"', 400, "invalid_json", id="B41 string"),
        pytest.param(b"", 400, "invalid_json", id="B41 empty"),
        pytest.param('{"order_id": "a"}'.encode("utf-16"), 400, "invalid_json", id="B41 UTF-16"),
        pytest.param('{"order_id": "a"}'.encode("utf-16-le"), 400, "invalid_json", id="B41 UTF-16 without BOM"),
        pytest.param(b'{"amount": NaN}', 400, "invalid_json", id="B41 NaN"),
        pytest.param(b'{"amount": -Infinity}', 400, "invalid_json", id="B41 Infinity"),
        pytest.param(b'{"order_id": 1e20}', 422, "invalid_type", id="B42 number for an id"),
        pytest.param(b'{"order_id": 123}', 422, "invalid_type", id="B42 integer for an id"),
        pytest.param(b'{"order_id": true}', 422, "invalid_type", id="B42 bool for text"),
        pytest.param(b'{"order_id": null}', 422, "missing_field", id="B42 null is absent"),
        pytest.param(b'{"amount": true}', 422, "invalid_amount", id="B42 bool for an amount"),
        pytest.param(b'{"amount": [1]}', 422, "invalid_amount", id="B42 list for an amount"),
        pytest.param(b'{"amount": 19.999}', 422, "too_precise", id="B42 float too precise"),
        pytest.param(b'{"amount": 1e3}', 200, None, id="B42 a float that prints as 1000.0"),
        pytest.param(b'{"amount": 1e300}', 422, "invalid_amount", id="B42 a float with an exponent"),
        pytest.param(b'{"amount": -5}', 422, "invalid_amount", id="B42 negative"),
        pytest.param(b'{"amount": 9007199254740993}', 422, "amount_too_large", id="B42 beyond 2^53"),
        pytest.param(b'{"amount": ' + b"9" * 5_000 + b"}", 422, "amount_too_large", id="B43 digits bomb"),
        pytest.param(b'{"amount": -' + b"9" * 5_000 + b"}", 422, "invalid_amount", id="B43 negative digits bomb"),
        pytest.param(b'{"items": {"a": 1}}', 422, "invalid_type", id="items must be a list"),
        pytest.param(b'{"items": [{"a": [1]}]}', 422, "invalid_type", id="items must be flat"),
        pytest.param(b'{"test": true, "items": [{"sku": "a", "price": 5}]}', 200, None, id="items"),
    ],
)
def test_json_is_read_strictly(
    client: httpx.Client, shop: Scene, request: pytest.FixtureRequest, body: bytes, status: int, code: str | None
) -> None:
    if body.startswith(b"{") and status != 400 and b'"conversions"' not in body:
        given = {"click_id": shop.click_id(), "goal": "sale", "order_id": request.node.callspec.id[:60], "amount": "5"}
        for name in ("order_id", "amount"):
            if name.encode() in body:
                given.pop(name)
        body = body[:-1] + b", " + json.dumps(given).encode()[1:]
    answer = post_raw(client, body, authorization=f"Bearer {TOKEN}")
    assert (answer.status_code, answer.json()["reason"]) == (status, code)


@pytest.mark.parametrize(
    ("content_type", "more"),
    [
        ("text/plain", {}),
        ("application/x-www-form-urlencoded", {}),
        ("multipart/form-data; boundary=x", {}),
        ("application/json; charset=utf-16", {}),
        ("", {}),
        ("application/json", {"content-encoding": "gzip"}),
    ],
)
def test_b41_b44_other_content_is_415(client: httpx.Client, content_type: str, more: dict[str, str]) -> None:
    answer = post_raw(client, b"{}", content_type, **more)
    assert (answer.status_code, answer.json()["reason"]) == (415, "unsupported_media_type")


def test_b41_json_sent_to_the_form_endpoint_is_415(client: httpx.Client, shop: Scene) -> None:
    answer = client.post("/postback", json=report(shop, "x"))
    assert (answer.status_code, answer.json()["reason"]) == (415, "unsupported_media_type")
    assert client.post("/postback", content=b"a=1", headers=FORM | {"content-encoding": "gzip"}).status_code == 415


@pytest.mark.parametrize(
    ("body", "minor"),
    [('"19.99"', 1999), ("1999", 1999), ("19.99", 1999), ('"20"', 2000), ("0.1", 10), ("20.0", 2000)],
)
def test_b42_amounts_are_text_in_major_or_integers_in_minor_units(
    client: httpx.Client, shop: Scene, body: str, minor: int
) -> None:
    order = f"b42-{body}".replace('"', "text")
    fields = json.dumps(report(shop, order, amount=None))[:-1] + f', "amount": {body}}}'
    answer = post_raw(client, fields.encode())
    assert answer.json()["status"] == "accepted"
    (row,) = shop.execute("SELECT fields->'amount' FROM tracking_postback WHERE id = %s", answer.json()["id"])
    assert row == (minor,)


def test_b52_one_bad_row_does_not_hurt_the_others(client: httpx.Client, shop: Scene) -> None:
    rows = [report(shop, f"b52-{number}", token=None) for number in range(5_000)]
    rows[2_500]["amount"] = "1,0"
    body = {"token": TOKEN, "conversions": rows}
    before = keys(shop)
    answer = client.post("/v1/conversions", json=body, timeout=60)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["accepted"], found["duplicate"], found["rejected"]) == (4_999, 0, 1)
    bad = found["results"][2_500]
    assert (bad["index"], bad["code"], bad["reason"], bad["field"]) == (2_500, 422, "invalid_amount", "amount")
    assert keys(shop) - before == 4_999
    again = client.post("/v1/conversions", json=body, timeout=60).json()
    assert (again["accepted"], again["duplicate"], again["rejected"]) == (0, 4_999, 1)
    assert keys(shop) - before == 4_999


def test_b52_a_batch_has_bounds(client: httpx.Client, shop: Scene) -> None:
    body = {"token": TOKEN, "conversions": [{}] * 5_001}
    assert client.post("/v1/conversions", json=body).json()["reason"] == "too_many_rows"
    body = {"token": TOKEN, "conversions": "x"}
    assert outcome(client.post("/v1/conversions", json=body)) == (422, "invalid_type", "conversions")
    rows: list[Any] = [1, None, [], "x", {}]
    found = client.post("/v1/conversions", json={"token": TOKEN, "conversions": rows}).json()
    assert [row["reason"] for row in found["results"]] == ["invalid_type"] * 4 + ["missing_field"]


def test_b13_names_in_order_lines_hold_no_controls(client: httpx.Client, shop: Scene) -> None:
    """Refused before it comes to the group that is written together."""
    answer = client.get("/postback", params=report(shop, "b13-items", items='[{"sku": "a", "x\\u0000": 1}]'))
    assert (answer.status_code, answer.json()["field"]) == (422, "items")
