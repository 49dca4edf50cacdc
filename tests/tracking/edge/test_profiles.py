"""Reports in the words of other systems, by the profile of the campaign, of the path or of the names' signature."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.live import wait_until
from tests.tracking.edge.scene import TOKEN, Scene
from tracking.edge.naming import in_our_names
from tracking.edge.profiles import PROFILES, chosen
from tracking.edge.refusals import Rejection


@pytest.fixture
def profile(shop: Scene, client: httpx.Client) -> Iterator[Any]:
    """Set the campaign's profile; back to none afterwards."""

    def put(system: str) -> None:
        shop.execute("UPDATE advertisers_campaign SET profile = %s WHERE id = %s", system, shop.ids["campaign"])
        probe = {
            "token": TOKEN,
            "click_id": "foreign-click-id",
            "goal": "lead",
            "order_id": f"probe-{system or 'none'}",
        }
        expected = {200} if system else {422}
        wait_until(lambda: client.get("/postback", params=probe).status_code in expected, 5)

    yield put
    put("")


def report(shop: Scene, client: httpx.Client, **fields: str) -> dict[str, Any]:
    answer = client.get("/postback", params={"token": TOKEN} | fields)
    assert answer.json()["status"] == "accepted", answer.text
    [(found,)] = shop.execute("SELECT fields FROM tracking_postback WHERE id = %s::uuid", answer.json()["id"])
    return dict(found)


@pytest.mark.parametrize(
    ("system", "given", "expected"),
    [
        ("tune", {"transaction_id": "*", "conversion_unique_id": "1", "amount": "5", "promo_code": "M"}, {"coupon": "M"}),
        ("everflow", {"transaction_id": "*", "order_id": "2", "amount": "5", "adv1": "x"}, {"kept": {"adv1": "x"}}),
        ("cake", {"r": "*", "t": "3", "amount": "5", "e": "sale"}, {"goal": "sale"}),
        ("affise", {"clickid": "*", "action_id": "4", "sum": "5", "status": "3"}, {"status": "declined"}),
        ("awin", {"cks": "*", "ref": "5", "amount": "5", "cr": "USD", "parts": "A:3|B:2", "ch": "ppc"}, {"won_by": "ppc"}),
        ("cj", {"CJEVENT": "*", "OID": "6", "amount": "5", "ITEM1": "s1", "QTY1": "2"},
         {"items": [{"sku": "s1", "quantity": 2}]}),
        ("impact", {"irclickid": "*", "OrderID": "7", "AMOUNT": "5", "CustomerStatus": "new"}, {"customer": "new"}),
        ("scaleo", {"click_id": "*", "adv_order_id": "8", "amount": "5", "goal_alias": "sale"}, {"goal": "sale"}),
        ("voluum", {"cid": "*", "txid": "9", "payout": "5", "et": "sale"}, {"amount": 500}),
        ("keitaro", {"subid": "*", "tid": "10", "revenue": "5", "status": "sale"}, {"status": "approved"}),
        ("binom", {"cnv_id": "*", "payout": "5", "disable_postback": "1"}, {"disable_postback": True}),
        ("redtrack", {"clickid": "*", "rdtk_event_id": "12", "sum": "5", "type": "sale"}, {"amount": 500}),
        ("tapfiliate", {"click_id": "*", "external_id": "13", "amount": "5", "customer_id": "7"}, {"order_id": "P-13"}),
    ],
)  # fmt: skip
def test_each_system_is_understood(
    client: httpx.Client,
    shop: Scene,
    profile: Any,
    system: str,
    given: dict[str, str],
    expected: dict[str, Any],
) -> None:
    profile(system)
    ids = {"conversion_unique_id", "order_id", "t", "action_id", "ref", "OID", "OrderID", "adv_order_id", "txid"}
    ids |= {"tid", "rdtk_event_id", "external_id"}
    number = list(PROFILES).index(system)
    fields = {name: f"P-{value}" if name in ids else value for name, value in given.items()}
    click = shop.click_id(nonce=900 + number)
    found = report(shop, client, **{name: click if value == "*" else value for name, value in fields.items()})
    assert (found["click_id"], found["profile"], found["amount"]) == (click, system, 500)
    assert {name: found[name] for name in expected} == expected


def test_without_a_profile_a_foreign_click_id_is_unknown(client: httpx.Client, shop: Scene) -> None:
    fields = {"token": TOKEN, "click_id": "102aabbccdd", "goal": "sale", "order_id": "F-1", "amount": "5"}
    answer = client.get("/postback", params=fields)
    assert (answer.status_code, answer.json()["reason"]) == (422, "unknown_click")


@pytest.mark.parametrize(
    ("names", "system"),
    [
        ({"nid"}, "everflow"),
        ({"goal_id"}, "tune"),
        ({"adv_sub"}, "tune"),
        ({"security_token"}, "tune"),
        ({"tt", "merchant"}, "awin"),
        ({"CID", "TYPE", "OID"}, "cj"),
        ({"action_id"}, "affise"),
        ({"secure"}, "affise"),
        ({"cnv_id"}, "binom"),
        ({"referral_code"}, "tapfiliate"),
        ({"txid", "cid"}, "voluum"),
        ({"et", "cid"}, "voluum"),
        ({"cid"}, None),
        ({"OID"}, None),
    ],
)
def test_a_system_is_recognised_by_its_signature(names: set[str], system: str | None) -> None:
    found = chosen("", "", [(name, "x") for name in names])
    assert (found.system if found else None) == system


def test_the_campaigns_profile_stands_before_the_paths_and_the_signature() -> None:
    found = chosen("affise", "tune", [("nid", "1")])
    assert found
    assert found.system == "affise"


@pytest.mark.parametrize(
    ("system", "name", "ours"),
    [
        ("voluum", "cid", "click_id"),
        ("everflow", "oid", "campaign_foreign"),
        ("cj", "OID", "order_id"),
        ("keitaro", "subid", "click_id"),
        ("awin", "ref", "order_id"),
        ("tapfiliate", "external_id", "order_id"),
        ("keitaro", "tid", "order_id"),
        ("cake", "o", "campaign_foreign"),
        ("scaleo", "a", "publisher"),
    ],
)
def test_names_that_mean_many_things_mean_what_the_profile_says(system: str, name: str, ours: str) -> None:
    assert in_our_names([(name, "7")], PROFILES[system])[0] == {ours: "7"}
    values, warnings = in_our_names([(name, "7")])
    assert (values, warnings) == ({}, [f"unknown_parameter:{name}"])


def test_our_own_names_win_and_habits_come_last() -> None:
    given = [("adv_sub", "habit"), ("conversion_unique_id", "alias"), ("order_id", "own")]
    assert in_our_names(given, PROFILES["tune"])[0]["order_id"] == "own"
    assert in_our_names(given[:2], PROFILES["tune"])[0]["order_id"] == "alias"
    assert in_our_names(given[:1], PROFILES["tune"])[0]["order_id"] == "habit"


def test_names_are_case_sensitive_but_impacts_are_not() -> None:
    assert in_our_names([("ORDERID", "1")], PROFILES["impact"])[0] == {"order_id": "1"}
    assert in_our_names([("TRANSACTION_ID", "1")], PROFILES["tune"])[1] == ["unknown_parameter:TRANSACTION_ID"]


def test_two_different_click_ids_of_ours_are_refused_under_any_names(shop: Scene) -> None:
    first, second = shop.click_id(nonce=1), shop.click_id(nonce=2)
    with pytest.raises(Rejection) as caught:
        in_our_names([("click_id", first), ("cid", second)])
    assert (caught.value.status, caught.value.code) == (422, "duplicate_parameter")


def test_a_goal_that_counts_once_per_click_is_a_duplicate_under_another_order_number(
    client: httpx.Client, shop: Scene
) -> None:
    campaign, click = shop.ids["campaign"], shop.click_id(nonce=950)
    shop.execute("UPDATE advertisers_goal SET allows_repeat = false WHERE campaign_id = %s AND code = 'lead'", campaign)
    fields = {"token": TOKEN, "goal": "lead", "click_id": click}

    def statuses(nonce: int) -> list[str]:
        both = [fields | {"click_id": shop.click_id(nonce=nonce), "order_id": f"once-{nonce}-{n}"} for n in (1, 2)]
        return [client.get("/postback", params=one).json()["status"] for one in both]

    tries = iter(range(951, 999))
    wait_until(lambda: statuses(next(tries)) == ["accepted", "duplicate"], 5)
    shop.execute("UPDATE advertisers_goal SET allows_repeat = true WHERE campaign_id = %s", campaign)
    wait_until(lambda: statuses(next(tries)) == ["accepted", "accepted"], 5)


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ('[{"sku":"a","quantity":2,"price":"19.99","brand":"B","category":"C"}]',
         [{"sku": "a", "quantity": 2, "price": 1999, "brand": "B", "category": "C"}]),
        ("SHOES:10.50|HATS:3", [{"group": "SHOES", "price": 1050}, {"group": "HATS", "price": 300}]),
    ],
)  # fmt: skip
def test_order_lines_come_in_a_query_too(client: httpx.Client, shop: Scene, items: str, expected: Any) -> None:
    fields = {"click_id": shop.click_id(), "goal": "sale", "amount": "13.50", "order_id": f"items-{len(items)}"}
    assert report(shop, client, items=items, **fields)["items"] == expected


@pytest.mark.parametrize(
    "items", ["x", "[1]", '[{"quantity":0}]', '[{"price":"1.005"}]', '[{"quantity":"2.5"}]', '[{"sku":{"a":1}}]', "{}"]
)
def test_bad_order_lines_are_refused(client: httpx.Client, shop: Scene, items: str) -> None:
    fields = {"token": TOKEN, "click_id": shop.click_id(), "goal": "sale", "amount": "5", "order_id": "items-bad"}
    answer = client.get("/postback", params=fields | {"items": items})
    assert (answer.status_code, answer.json()["field"]) == (422, "items")


def test_a_customer_is_kept_as_a_keyed_hash_only(client: httpx.Client, shop: Scene) -> None:
    fields = {"click_id": shop.click_id(), "goal": "sale", "amount": "5"}
    first = report(shop, client, order_id="cust-1", customer_id="Ada@Shop.example", **fields)
    second = report(shop, client, order_id="cust-2", customer_id="ada@shop.example", **fields)
    assert first["customer_id"] == second["customer_id"]
    assert len(first["customer_id"]) == 32
    [(rows,)] = shop.execute(
        "SELECT count(*) FROM tracking_postback WHERE raw ILIKE '%%ada@shop%%' OR raw ILIKE '%%ada%%40shop%%'"
    )
    assert rows == 0


def test_an_install_counts_once_per_click_and_its_device_ids_are_kept(client: httpx.Client, shop: Scene) -> None:
    shop.execute(
        "INSERT INTO advertisers_goal (campaign_id, code, name, kind, allows_repeat)"
        " VALUES (%s, 'install', 'Install', 'install', true)",
        shop.ids["campaign"],
    )
    fields = {
        "token": TOKEN,
        "click_id": shop.click_id(nonce=970),
        "goal": "install",
        "gps_adid": "g-1",
        "idfa": "{idfa}",
    }
    wait_until(lambda: client.get("/postback", params=fields).json()["reason"] != "unknown_goal", 5)
    again = client.get("/postback", params=fields).json()
    assert (again["status"], again["warnings"]) == ("duplicate", [])
    [(kept,)] = shop.execute("SELECT fields->'kept' FROM tracking_postback WHERE id = %s::uuid", again["id"])
    assert kept == {"gaid": "g-1"}
