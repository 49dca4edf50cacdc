"""Reports of conversions: what is answered, what is stored, once and only once."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest

from tests.live import Process, Processes, wait_until
from tests.tracking.edge.scene import TOKEN, Scene


def report(shop: Scene, order: str, **changes: Any) -> dict[str, Any]:
    fields = {"token": TOKEN, "click_id": shop.click_id(), "goal": "sale", "order_id": order, "amount": "19.99"}
    return {name: value for name, value in (fields | changes).items() if value is not None}


def stored(shop: Scene, order: str) -> list[tuple[Any, ...]]:
    return shop.execute(
        "SELECT accepted, channel, method, status_code, fields, answer, raw, host(ip), user_agent, received_at, id "
        "FROM tracking_postback WHERE fields->>'order_id' = %s ORDER BY id",
        order,
    )


def test_it_stores_the_call_what_was_understood_and_the_answer(client: httpx.Client, shop: Scene) -> None:
    fields = report(
        shop, " plain ", currency="usd", coupon="MAY", customer="existing", timestamp="2026-11-20T10:00:00+03:30"
    )
    answer = client.get("/postback", params=fields, headers={"user-agent": "Shop/1"})
    found = answer.json()
    assert answer.status_code == 200
    assert found == {
        "status": "accepted",
        "id": found["id"],
        "reason": None,
        "message": None,
        "field": None,
        "warnings": [],
    }
    ((accepted, channel, method, code, kept, answered, raw, ip, agent, received_at, pk),) = stored(shop, "plain")
    assert (accepted, channel, method, code, ip, agent) == (True, "server", "GET", 200, "127.0.0.1", "Shop/1")
    assert kept == {
        "kind": "conversion",
        "goal": "sale",
        "order_id": "plain",
        "click_id": fields["click_id"],
        "amount": 1999,
        "currency": "USD",
        "coupon": "MAY",
        "customer": "returning",
        "occurred_at": "2026-11-20T06:30:00+00:00",
    }
    assert answered == found
    assert raw.startswith("token=***&click_id=v1.")
    assert (pk, pk.version) == (UUID(found["id"]), 7)
    assert shop.execute("SELECT uuid_extract_timestamp(%s) = %s", pk, received_at) == [(True,)]
    key = shop.execute(
        "SELECT goal_code, is_trusted, fingerprint, postback_id FROM tracking_orderkey WHERE order_id = 'plain'"
    )
    assert key == [("sale", True, hashlib.sha256(b"1999 USD").digest(), pk)]


def test_a_form_and_its_query_are_one_call(client: httpx.Client, shop: Scene) -> None:
    fields = report(shop, "form")
    token = fields.pop("token")
    assert client.post("/postback", params={"token": token}, data=fields).json()["status"] == "accepted"
    assert stored(shop, "form")[0][1:3] == ("server", "POST")


def test_json_comes_as_an_object_with_the_token_in_it_or_in_the_header(client: httpx.Client, shop: Scene) -> None:
    inside = client.post("/v1/conversions", json=report(shop, "inside"))
    header = {"authorization": f"Bearer {TOKEN}"}
    outside = client.post("/v1/conversions", json=report(shop, "outside", token=None), headers=header)
    assert (inside.json()["status"], outside.json()["status"]) == ("accepted", "accepted")
    assert stored(shop, "inside")[0][1:3] == ("batch", "POST")
    assert TOKEN not in stored(shop, "inside")[0][6]


@pytest.mark.parametrize("name", ["transaction_id", "clickid", "cid", "r", "cks", "subid", "clickref", "pvd_cid"])
def test_a_signed_click_id_is_one_under_any_of_its_names(client: httpx.Client, shop: Scene, name: str) -> None:
    fields = report(shop, f"alias-{name}", click_id=None) | {name: shop.click_id()}
    assert client.get("/postback", params=fields).json()["status"] == "accepted"


def test_two_different_click_ids_are_refused(client: httpx.Client, shop: Scene) -> None:
    fields = report(shop, "two", click_id=None) | {"cid": shop.click_id(nonce=1), "r": shop.click_id(nonce=2)}
    assert client.get("/postback", params=fields).json()["reason"] == "duplicate_parameter"


def test_names_of_other_systems_are_read_where_they_mean_one_thing(client: httpx.Client, shop: Scene) -> None:
    fields = {
        "security_token": TOKEN,
        "transaction_id": shop.click_id(),
        "goal_ref": "sale",
        "conversion_unique_id": "tune",
        "totalAmount": "5",
        "promo_code": "X",
    }
    assert client.get("/postback", params=fields).json()["status"] == "accepted"
    kept = stored(shop, "tune")[0][4]
    assert (kept["amount"], kept["coupon"], kept["goal"]) == (500, "X", "sale")


def test_a_name_that_means_many_things_is_only_listed(client: httpx.Client, shop: Scene) -> None:
    fields = report(shop, "oid") | {"oid": "77", "payout": "3"}
    assert client.get("/postback", params=fields).json()["warnings"] == [
        "unknown_parameter:oid",
        "unknown_parameter:payout",
    ]


def test_a_coupon_alone_is_enough(client: httpx.Client, shop: Scene) -> None:
    answer = client.get("/postback", params=report(shop, "coupon", click_id=None, coupon="MAY"))
    assert answer.json()["status"] == "accepted"
    assert stored(shop, "coupon")[0][4]["click_id"] is None


def test_a_status_alone_is_stored_each_time_and_takes_no_key(client: httpx.Client, shop: Scene) -> None:
    client.get("/postback", params=report(shop, "status"))
    for text, ours in (("approved", "approved"), ("rejected", "declined"), ("approved", "approved")):
        fields = report(shop, "status", click_id=None, goal=None, amount=None, status=text, reason="why")
        assert client.get("/postback", params=fields).json()["status"] == "accepted"
        assert stored(shop, "status")[-1][4]["status"] == ours
    kinds = [row[4]["kind"] for row in stored(shop, "status")]
    assert kinds == ["conversion", "status", "status", "status"]
    assert [row[0] for row in stored(shop, "status")] == [True] * 4
    assert shop.execute("SELECT count(*) FROM tracking_orderkey WHERE order_id = 'status'") == [(1,)]


def test_a_repeated_report_with_a_new_status_is_that_status(client: httpx.Client, shop: Scene) -> None:
    client.get("/postback", params=report(shop, "restated"))
    assert client.get("/postback", params=report(shop, "restated", status="approved")).json()["status"] == "accepted"
    assert [row[4]["kind"] for row in stored(shop, "restated")] == ["conversion", "status"]


def test_a_first_report_may_carry_its_status(client: httpx.Client, shop: Scene) -> None:
    client.get("/postback", params=report(shop, "at-once", status="approved"))
    kept = stored(shop, "at-once")[0][4]
    assert (kept["kind"], kept["status"]) == ("conversion", "approved")


def test_refused_reports_of_a_campaign_are_kept_for_its_advertiser(client: httpx.Client, shop: Scene) -> None:
    client.get("/postback", params=report(shop, "kept-refusal", amount="1,00"))
    rows = "SELECT accepted, status_code, answer->>'reason' FROM tracking_postback WHERE raw LIKE %s"
    wait_until(lambda: len(shop.execute(rows, "%kept-refusal%")) == 1, 3)
    assert shop.execute(rows, "%kept-refusal%") == [(False, 422, "invalid_amount")]


def test_the_pixel_is_a_gif_and_its_report_is_not_trusted(client: httpx.Client, shop: Scene) -> None:
    fields = report(shop, "pixel", token=None) | {"campaign": "shop00000001"}
    answer = client.get("/pixel.gif", params=fields)
    assert (answer.status_code, answer.headers["content-type"], answer.content[:6]) == (200, "image/gif", b"GIF89a")
    assert answer.headers["access-control-allow-origin"] == "*"
    client.get("/pixel.gif", params=fields | {"order_id": "tag", "via": "tag", "campaign": ""})
    assert (stored(shop, "pixel")[0][1], stored(shop, "tag")[0][1]) == ("pixel", "tag")
    assert client.get("/postback", params=report(shop, "pixel")).json()["status"] == "accepted"
    keys = shop.execute("SELECT is_trusted FROM tracking_orderkey WHERE order_id = 'pixel' ORDER BY 1")
    assert keys == [(False,), (True,)]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"amount": "x"}, "invalid_amount"),
        ({"goal": "refund", "refund_id": "1"}, "not_allowed_here"),
        ({"click_id": "x"}, "unknown_click"),
    ],
)
def test_the_pixel_keeps_the_reason_of_what_it_refuses(
    client: httpx.Client, shop: Scene, changes: dict[str, str], reason: str
) -> None:
    order = f"pixel-{reason}"
    fields = report(shop, order, token=None) | {"campaign": "shop00000001"} | changes
    assert client.get("/pixel.gif", params=fields).content[:6] == b"GIF89a"
    rows = "SELECT accepted, channel, answer->>'reason' FROM tracking_postback WHERE raw LIKE %s"
    wait_until(lambda: shop.execute(rows, f"%{order}%") == [(False, "pixel", reason)], 3)


@pytest.mark.parametrize("query", ["", "campaign=unknown00001", "click_id=x", "%ff=%ff", "campaign=shop00000001&" * 60])
def test_the_pixel_is_a_gif_whatever_comes(client: httpx.Client, query: str) -> None:
    assert client.get(f"/pixel.gif?{query}").content[:6] == b"GIF89a"


def test_a_pixel_neither_validates_nor_is_validated_by_its_status(client: httpx.Client, shop: Scene) -> None:
    fields = report(shop, "pixel-status", token=None, status="approved") | {"campaign": "shop00000001"}
    client.get("/pixel.gif", params=fields)
    assert "status" not in stored(shop, "pixel-status")[0][4]


def test_an_idempotency_key_replays_the_answer(client: httpx.Client, shop: Scene) -> None:
    body = {"token": TOKEN, "conversions": [report(shop, f"idem-{n}", token=None) for n in range(3)]}
    headers = {"idempotency-key": "key-1"}
    first = client.post("/v1/conversions", json=body, headers=headers)
    again = client.post("/v1/conversions", json=body, headers=headers)
    assert (first.json()["accepted"], "idempotent-replayed" in first.headers) == (3, False)
    assert (again.content, again.headers["idempotent-replayed"]) == (first.content, "true")
    other = client.post("/v1/conversions", json={**body, "conversions": []}, headers=headers)
    assert (other.status_code, other.json()["reason"]) == (422, "idempotency_key_reused")
    bad = client.post("/v1/conversions", json=body, headers={"idempotency-key": "x" * 256})
    assert bad.json()["reason"] == "invalid_idempotency_key"


def test_b46_one_campaign_may_not_send_without_end(processes: Processes, shop: Scene) -> None:
    slow = processes.start("edge", DATABASE_URL=shop.database_url, REPORTS_PER_SECOND="1")
    with httpx.Client(base_url=slow.url) as client:
        answers = [client.get("/postback", params=report(shop, f"b46-{number}")) for number in range(15)]
    codes = [answer.status_code for answer in answers]
    assert codes[:10] == [200] * 10
    assert codes[-1] == 429
    assert answers[-1].json()["reason"] == "too_many_requests"
    assert answers[-1].headers["retry-after"] == "5"


def test_the_answer_of_a_batch_stands_for_each_row(client: httpx.Client, shop: Scene) -> None:
    rows = [
        report(shop, "row", token=None),
        report(shop, "row", token=None),
        report(shop, "row", token=None, amount="9"),
    ]
    found = client.post("/v1/conversions", json={"token": TOKEN, "conversions": rows}).json()
    assert (found["accepted"], found["duplicate"], found["rejected"]) == (1, 1, 1)
    assert [row["index"] for row in found["results"]] == [0, 1, 2]
    assert [row["code"] for row in found["results"]] == [200, 200, 409]
    assert found["results"][1]["id"] == found["results"][0]["id"]


def test_a_thousand_conversions_posted_four_times_by_sixteen_clients_are_a_thousand(
    tracking: Process, shop: Scene
) -> None:
    orders = [f"race-{number}" for number in range(1_000)] * 4
    Random(7).shuffle(orders)

    def post(share: list[str]) -> list[str]:
        with httpx.Client(base_url=tracking.url, timeout=30) as client:
            return [client.get("/postback", params=report(shop, order)).json()["status"] for order in share]

    with ThreadPoolExecutor(16) as pool:
        statuses = [status for answers in pool.map(post, [orders[n::16] for n in range(16)]) for status in answers]
    assert (statuses.count("accepted"), statuses.count("duplicate"), len(statuses)) == (1_000, 3_000, 4_000)
    assert shop.execute("SELECT count(*) FROM tracking_orderkey WHERE order_id LIKE 'race-%%'") == [(1_000,)]
    accepted = "SELECT count(*), count(DISTINCT fields->>'order_id'), sum((fields->>'amount')::bigint) "
    accepted += "FROM tracking_postback WHERE accepted AND fields->>'order_id' LIKE 'race-%%'"
    assert shop.execute(accepted) == [(1_000, 1_000, 1_999_000)]


def test_batches_that_overlap_in_other_orders_do_not_lock_each_other(tracking: Process, shop: Scene) -> None:
    def post(seed: int) -> tuple[int, int]:
        rows = [report(shop, f"lock-{number}", token=None) for number in range(400)]
        Random(seed).shuffle(rows)
        body = json.dumps({"token": TOKEN, "conversions": rows})
        headers = {"content-type": "application/json"}
        found = httpx.post(f"{tracking.url}/v1/conversions", content=body, headers=headers, timeout=60).json()
        return found["accepted"], found["duplicate"]

    with ThreadPoolExecutor(8) as pool:
        counts = list(pool.map(post, range(8)))
    assert sum(accepted for accepted, _ in counts) == 400
    assert sum(duplicate for _, duplicate in counts) == 400 * 7


def test_it_keeps_earlier_clicks_and_how_the_buyer_came(client: httpx.Client, shop: Scene) -> None:
    ids = [shop.click_id(nonce=nonce) for nonce in range(25)]
    buyer = {"ip": "192.0.2.7", "user_agent": "Mozilla/5.0 (X11; Linux x86_64)"}
    answer = client.get("/postback", params=report(shop, "touched", touches=",".join([*ids, "nonsense"]), **buyer))
    assert (answer.status_code, answer.json()["warnings"]) == (200, ["invalid_touches"])
    ((*_, kept, _, _, _, _, _, _),) = stored(shop, "touched")
    assert {name: kept[name] for name in ("touches", "ip", "user_agent")} == {"touches": ids[-20:], **buyer}
