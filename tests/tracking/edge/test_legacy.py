"""Links and reports of the systems that campaigns came from: they answer once their ids were imported."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.live import wait_until
from tests.tracking.edge.scene import LANDING, OTHER_TOKEN, TOKEN, Scene

INSERT = """INSERT INTO tracking_foreignid
    (account, system, kind, foreign_id, campaign_id, publisher_id, goal_id, link_id, creative_id,
     accepts_unsigned, allowed_ips, created_at)
    VALUES ('', %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now())"""

PARTNERIZE_BASKET = (
    "tracking_mode:api/campaign:10abc1234/clickref:*/conversionref:Leg-3/currency:USD/customertype:new/"
    "[category:shoes/sku:s1/value:4.50/quantity:2][category:hats/sku:h1/value:1/quantity:1]"
)


@pytest.fixture(scope="module", autouse=True)
def imported(shop: Scene, tracking: Any) -> Iterator[None]:
    """TUNE's offer 1001 is the shop's campaign, its affiliate 2002 is Pia; and so on."""
    ours, pia, link = shop.ids["campaign"], shop.ids["pia"], shop.ids["link"]
    [(lead,)] = shop.execute("SELECT id FROM advertisers_goal WHERE campaign_id = %s AND code = 'lead'", ours)

    def add(system: str, kind: str, name: str, *, unsigned: bool = False, ips: tuple[str, ...] = (), **to: int) -> None:
        values = [to.get(column) for column in ("publisher_id", "goal_id", "link_id", "creative_id")]
        owner = to.get("campaign_id", None if kind == "publisher" else ours)
        shop.execute(INSERT, system, kind, name, owner, *values, unsigned, list(ips))

    add("binom", "link", "abcdef", link_id=link)
    add("binom", "campaign", "any", unsigned=True, ips=("127.0.0.0/8",))
    add("cake", "campaign", "9", unsigned=True, ips=("10.0.0.0/8",))
    add("tune", "goal", "1001:77", goal_id=lead)
    add("scaleo", "token", "scaleo-secret")
    add("voluum", "campaign", "0b3c", unsigned=True)
    add("voluum", "link", "0b3c7f5e-1111-2222-3333-444455556666", link_id=link)
    add("keitaro", "link", "WbYr2C", link_id=link)
    add("redtrack", "link", "5f3b0c1d2e3f4a5b6c7d8e9f", link_id=link)
    add("partnerize", "link", "1011lAbc", link_id=link)
    add("partnerize", "campaign", "10abc1234", unsigned=True)
    add("tapfiliate", "link", "janes-code", link_id=link)
    add("pap", "creative", "ba1", creative_id=shop.ids["creative"])
    add("pap", "campaign", "pap1", unsigned=True)
    add("pap", "link", "shop00000001|janedoe", link_id=link)
    add("cake", "creative", "44", creative_id=shop.ids["creative"])
    add("cake", "link", "shop00000001|12", link_id=link)
    add("cj", "creative", "7654321", creative_id=shop.ids["creative"])
    add("cj", "link", "shop00000001|1234567", link_id=link)
    add("cj", "campaign", "1500001", unsigned=True)
    add("cj", "goal", "412345", goal_id=lead)
    add("rakuten", "campaign", "37609", unsigned=True)
    add("rakuten", "campaign", "7097")
    add("rakuten", "link", "shop00000001|lMh2Xiq9xN0", link_id=link)
    add("everflow", "campaign", "2CTPL")
    add("everflow", "link", "shop00000001|28KL6", link_id=link)
    add("impact", "token", "impact-secret")
    add("keitaro", "token", "keitarokey1")
    add("tune", "campaign", "1002", campaign_id=shop.ids["other_campaign"])
    for system, offer, affiliate in (
        ("everflow", "11", "22"),
        ("affise", "5", "6"),
        ("scaleo", "16", "1"),
        ("awin", "700", "800"),
        ("impact", "4000", "3000"),
        ("tune", "1001", "2002"),  # last: it is waited for
    ):
        add(system, "campaign", offer, unsigned=system in {"tune", "everflow"})
        add(system, "publisher", affiliate, publisher_id=pia)
        add(system, "link", f"shop00000001|{affiliate}", link_id=link)
    with httpx.Client(base_url=tracking.url) as client:
        wait_until(lambda: client.get("/aff_c?offer_id=1001&aff_id=2002").headers["location"].startswith(LANDING), 10)
    yield
    shop.execute("DELETE FROM tracking_foreignid")


@pytest.mark.parametrize(
    "target",
    [
        "/aff_c?offer_id=1001&aff_id=2002&aff_sub=news",
        "/click?pid=6&offer_id=5&sub1=news",
        "/click?o=16&a=1&sub_id1=news",
        "/cread.php?awinmid=700&awinaffid=800&clickref=news",
        "/awclick.php?mid=700&id=800&clickref=news",
        "/c/3000/12/4000?subId1=news",
        "/click.php?key=abcdef",
        "/click?key=abcdef",
        "/abcdef?sub1=news",
        "/pclick.php?m=700&a=800&clickref=news",
        "/28KL6/2CTPL/?sub1=news",
        "/28KL6/2CTPL",
        "/?a=12&c=44&s2=news",
        "/click-1234567-7654321?sid=news",
        "/deeplink?id=lMh2Xiq9xN0&mid=37609&u1=news",
        "/fs-bin/click?id=lMh2Xiq9xN0&offerid=7097.10000034&type=4&subid=0&u1=news",
        "/link?id=lMh2Xiq9xN0&offerid=7097.10000034&u1=news",
        "/click/camref:1011lAbc/pubref:news/ar:banner",
        "/?ref=janes-code",
        "/?a_aid=janedoe&a_bid=ba1&data1=news",
        "/scripts/click.php?a_aid=janedoe&a_bid=ba1",
        "/0b3c7f5e-1111-2222-3333-444455556666?externalid=x",
        "/WbYr2C?sub_id_1=news",
        "/5f3b0c1d2e3f4a5b6c7d8e9f?sub1=news",
    ],
)
def test_a_migrated_link_leads_to_the_landing_page_with_our_click_id(client: httpx.Client, target: str) -> None:
    answer = client.get(target)
    location = answer.headers["location"]
    assert (answer.status_code, location.split("pvd_cid=v1.")[0] in {f"{LANDING}?", f"{LANDING}/text?"}) == (302, True)


@pytest.mark.parametrize(
    ("target", "page"),
    [
        (
            "/click/camref:1011lAbc/pubref:a/destination:https%3A%2F%2Fshop.example%2Fp%3Fq%3D1",
            "https://shop.example/p?q=1",
        ),
        ("/click/camref:1011lAbc/destination:https://shop.example/p?q=1&r=2", "https://shop.example/p?q=1&r=2"),
        ("/deeplink?id=lMh2Xiq9xN0&mid=37609&murl=https%3A%2F%2Fshop.example%2Fp", "https://shop.example/p"),
        ("/cread.php?awinmid=700&awinaffid=800&ued=https%3A%2F%2Fshop.example%2Fp", "https://shop.example/p"),
        ("/click?o=16&a=1&deep_link=https%3A%2F%2Fshop.example%2Fp", "https://shop.example/p"),
        ("/click-1234567-7654321?url=https%3A%2F%2Fshop.example%2Fp", "https://shop.example/p"),
    ],
)
def test_each_systems_deep_link_leads_there(client: httpx.Client, target: str, page: str) -> None:
    location = client.get(target).headers["location"]
    assert location.partition("pvd_cid=")[0].rstrip("?&") == page


@pytest.mark.parametrize(
    "target", ["/click/camref:1011lAbc/destination:https://evil.example/", "/click/camref:1011lAbc/destination:"]
)
def test_a_destination_elsewhere_is_not_gone_to(client: httpx.Client, target: str) -> None:
    assert client.get(target).headers["location"].startswith(LANDING)


@pytest.mark.parametrize("target", ["/AAAAA/BBBBB/", "/AAAAA/BBBBB", "/nothing-here", "/C/SHOPLINK1"])
def test_a_path_that_may_be_anybodys_is_404_unless_it_was_imported(client: httpx.Client, target: str) -> None:
    assert client.get(target).status_code == 404


def test_links_of_ours_and_impacts_live_side_by_side(client: httpx.Client) -> None:
    assert client.get("/c/shopLink1").headers["location"].startswith(LANDING)
    assert client.get("/c/3000/12/4000").headers["location"].startswith(LANDING)
    assert client.get("/c/3000/12").status_code == 404


@pytest.mark.parametrize(
    "target",
    ["/aff_i?offer_id=1001&aff_id=2002", "/i/3000/12/4000", "/cshow.php?v=700&r=800", "/fs-bin/show?id=x&bids=1.2"],
)
def test_what_is_shown_beside_a_migrated_link_is_an_image(client: httpx.Client, target: str) -> None:
    assert client.get(target).content[:6] == b"GIF89a"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("/u?CID=1500001&TYPE=412345&METHOD=S2S&CJEVENT=*&OID=Leg-1&eventTime=2026-11-21T10:00:00Z",
         {"goal": "lead", "profile": "cj"}),
        ("/u?CID=1500001&TYPE=sale&METHOD=S2S&CJEVENT=*&OID=Leg-2&CURRENCY=USD&AMOUNT=12.50&ITEM1=a&AMT1=6.25&QTY1=2",
         {"amount": 1250, "items": [{"sku": "a", "price": 625, "quantity": 2}]}),
        (f"/conversion/{PARTNERIZE_BASKET}",
         {"amount": 1000, "customer": "new", "profile": "partnerize"}),
        ("/conversion/campaign:10abc1234/clickref:*/conversionref:Leg-4/%5Bcategory:c/value:3/quantity:1%5D", {"amount": 300}),
        ("/ep?mid=37609&ord=Leg-5&cur=USD&tr=*&skulist=a|b&qlist=2|1&amtlist=1000|250",
         {"amount": 1250, "items": [{"sku": "a", "quantity": 2, "price": 500}, {"sku": "b", "price": 250}]}),
        ("/scripts/sale.php?AccountId=d&CampaignID=pap1&click_id=*&TotalCost=7.5&OrderID=Leg-6&ProductID=p",
         {"amount": 750, "profile": "pap"}),
        ("/click?cnv_id=*&payout=3&cnv_status=sale&x=Leg-7", {"profile": "binom", "amount": 300}),
        ("/1.7/pb/con/c/?referral_code=janes-code&amount=2&external_id=Leg-8&click_id=*&x=" + TOKEN, None),
    ],
)  # fmt: skip
def test_each_systems_own_call_becomes_a_report(
    client: httpx.Client, shop: Scene, target: str, expected: dict[str, Any] | None
) -> None:
    number = target.split("Leg-")[1][0]
    answer = client.get(target.replace("*", shop.click_id(nonce=560 + int(number))))
    if expected is None:
        assert answer.status_code == 401
        return
    if "/scripts" not in target:
        assert answer.json()["status"] == "accepted", answer.text
    [(_, _, fields, _, _)] = stored(shop, f"Leg-{number}")
    assert {name: fields[name] for name in expected} == expected


def test_impacts_api_is_called_with_basic_authentication(client: httpx.Client, shop: Scene) -> None:
    form = {
        "CampaignId": "4000",
        "ClickId": shop.click_id(nonce=570),
        "OrderId": "I-1",
        "Amount": "9.90",
        "EventTypeId": "sale",
    }
    refused = client.post("/Advertisers/IRabc/Conversions", data=form, auth=("IRabc", "wrong"))
    assert (refused.status_code, refused.json()["reason"]) == (401, "bad_token")
    taken = client.post("/Advertisers/IRabc/Conversions", data=form, auth=("IRabc", "impact-secret"))
    assert taken.json()["status"] == "accepted", taken.text
    assert stored(shop, "I-1")[0][1] == "server"


def test_a_servers_click_of_everflow_is_answered_as_json(client: httpx.Client) -> None:
    found = client.get("/clk?oid=11&affid=22&sub1=x").json()
    assert found["transaction_id"] == parse_qs(urlsplit(found["redirect_url"]).query)["pvd_cid"][0]
    assert client.get("/clk?oid=11&affid=22").headers["access-control-allow-origin"] == "*"


def test_a_deep_link_of_a_migrated_link_is_checked_as_any(client: httpx.Client) -> None:
    good = client.get("/aff_c?offer_id=1001&aff_id=2002&url=https%3A%2F%2Fshop.example%2Fp").headers["location"]
    evil = client.get("/aff_c?offer_id=1001&aff_id=2002&url=https%3A%2F%2Fevil.example%2Fp").headers["location"]
    assert good.startswith("https://shop.example/p?pvd_cid=")
    assert evil.startswith(LANDING)


@pytest.mark.parametrize("target", ["/aff_c?offer_id=1001&aff_id=9", "/aff_c", "/click?pid=1&offer_id=1", "/c/1/2/3"])
def test_what_was_not_imported_goes_to_the_networks_fallback(client: httpx.Client, target: str) -> None:
    assert client.get(target).headers["location"] == "https://network.example/other-offers"


def stored(shop: Scene, text: str) -> list[tuple[Any, ...]]:
    statement = (
        "SELECT accepted, channel, fields, answer->>'reason', raw FROM tracking_postback WHERE raw LIKE %s ORDER BY id"
    )
    wait_until(lambda: bool(shop.execute(statement, f"%{text}%")), 5)
    return shop.execute(statement, f"%{text}%")


def test_a_report_of_tune_without_a_token_is_taken_where_staff_allow_it_but_not_trusted(
    client: httpx.Client, shop: Scene
) -> None:
    answer = client.get(f"/aff_lsr?offer_id=1001&transaction_id={shop.click_id(nonce=501)}&amount=9.90&adv_sub=T-1")
    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
    [(accepted, channel, fields, _, _)] = stored(shop, "T-1")
    assert (accepted, channel, fields["order_id"], fields["amount"]) == (True, "pixel", "T-1", 990)
    assert (fields["profile"], fields["goal"]) == ("tune", "sale")


def test_a_report_of_tune_without_an_order_number_counts_once_per_click(client: httpx.Client, shop: Scene) -> None:
    target = f"/aff_lsr?offer_id=1001&transaction_id={shop.click_id(nonce=502)}&amount=9.90"
    first, second = client.get(target).json(), client.get(target).json()
    assert (first["status"], first["warnings"]) == ("accepted", ["order_id_from_click"])
    assert (second["status"], second["id"]) == ("duplicate", first["id"])


def test_a_click_id_of_the_old_system_is_taken_as_it_is(client: httpx.Client, shop: Scene) -> None:
    answer = client.get("/aff_lsr?offer_id=1001&transaction_id=102abcdef0123456789&amount=5&adv_sub=T-2")
    assert answer.json()["status"] == "accepted"
    assert stored(shop, "T-2")[0][2]["click_id"] == "102abcdef0123456789"


def test_goals_are_named_by_their_old_numbers(client: httpx.Client, shop: Scene) -> None:
    target = f"/aff_lsr?offer_id=1001&goal_id=77&transaction_id={shop.click_id(nonce=503)}&adv_sub=T-3"
    assert client.get(target).json()["status"] == "accepted"
    assert stored(shop, "T-3")[0][2]["goal"] == "lead"
    unknown = client.get(target.replace("goal_id=77", "goal_id=78").replace("T-3", "T-4"))
    assert unknown.json()["reason"] == "unknown_goal"


def test_a_postback_of_everflow_comes_to_the_root(client: httpx.Client, shop: Scene) -> None:
    target = f"/?nid=5&oid=11&transaction_id={shop.click_id(nonce=504)}&amount=3&order_id=E-1&email=ada%40shop.example"
    assert client.get(target).json()["status"] == "accepted"
    [(_, _, fields, _, raw)] = stored(shop, "E-1")
    assert (fields["profile"], len(fields["customer_id"])) == ("everflow", 32)
    assert "ada" not in raw


def test_our_token_makes_it_trusted(client: httpx.Client, shop: Scene) -> None:
    target = (
        f"/aff_lsr?offer_id=1001&security_token={TOKEN}&transaction_id={shop.click_id(nonce=505)}&amount=1&adv_sub=T-5"
    )
    assert client.get(target).json()["status"] == "accepted"
    assert stored(shop, "T-5")[0][1] == "server"


def test_a_token_of_the_old_system_counts_once_imported(client: httpx.Client, shop: Scene) -> None:
    target = f"/track/conv?click_id={shop.click_id(nonce=506)}&amount=1&adv_order_id=S-1&token=scaleo-secret"
    assert client.get(target).json()["status"] == "accepted"
    [(_, channel, _, _, raw)] = stored(shop, "S-1")
    assert (channel, "scaleo-secret" in raw) == ("server", False)
    status = client.get("/track/conv-change?adv_order_id=S-1&conv_status=rejected&token=scaleo-secret")
    assert status.json()["status"] == "accepted"
    path = client.get(f"/keitarokey1/postback?subid={shop.click_id(nonce=507)}&tid=K-1&revenue=4&status=sale")
    assert path.json()["status"] == "accepted"


@pytest.mark.parametrize(
    "target",
    [
        "/aff_lsr?offer_id=1002&transaction_id=102abcdef0123456789&amount=5&adv_sub=N-1",
        "/aff_lsr?amount=5&adv_sub=N-2",
        "/p.ashx?o=9&r=1&t=N-3",
        "/track/conv?click_id=x&token=wrong",
        "/wrongkey99/postback?subid=1",
        "/1.7/pb/con/c/?referral_code=x",
    ],
)
def test_without_a_token_and_without_leave_it_is_401_and_nothing_is_stored(
    client: httpx.Client, shop: Scene, target: str
) -> None:
    answer = client.get(target)
    assert (answer.status_code, answer.json()["reason"]) == (401, "bad_token")
    assert shop.execute("SELECT count(*) FROM tracking_postback WHERE fields->>'order_id' LIKE 'N-%%'") == [(0,)]


@pytest.mark.parametrize(
    "target", ["/aff_lsr?transaction_id=102nobody&amount=5&adv_sub=N-4", "/postback?cid=w9&payout=5"]
)
def test_b1_a_foreign_click_that_nobody_imported_is_unknown_where_no_campaign_is_named(
    client: httpx.Client, shop: Scene, target: str
) -> None:
    answer = client.get(target)
    assert (answer.status_code, answer.json()["reason"]) == (422, "unknown_click")
    assert shop.execute("SELECT count(*) FROM tracking_postback WHERE fields->>'order_id' LIKE 'N-%%'") == [(0,)]


def test_an_imported_click_names_the_campaign_of_a_voluum_postback(client: httpx.Client, shop: Scene) -> None:
    """Voluum's has no token and no campaign; only `cid` is mandatory."""
    shop.execute(
        "INSERT INTO tracking_foreignclick (campaign_id, system, foreign_id, click_id) VALUES (%s, 'voluum', %s, %s)",
        *(shop.ids["campaign"], "wVoluum1", shop.click_id(nonce=540)),
    )
    answer = client.get("/postback?cid=wVoluum1&payout=4.20&txid=V-1")
    assert (answer.status_code, answer.json()["status"]) == (200, "accepted")
    [(_, channel, fields, _, _)] = stored(shop, "V-1")
    assert (channel, fields["profile"], fields["click_id"], fields["amount"]) == ("pixel", "voluum", "wVoluum1", 420)


def test_a_voluum_postback_with_a_click_of_ours_needs_no_import_of_it(client: httpx.Client, shop: Scene) -> None:
    answer = client.get(f"/postback?cid={shop.click_id(nonce=541)}&payout=4&txid=V-2")
    assert answer.json()["status"] == "accepted"


def test_named_networks_are_believed(client: httpx.Client, shop: Scene) -> None:
    target = f"/click.php?cnv_id={shop.click_id(nonce=508)}&payout=7.50&cnv_status=sale&event3=1"
    answer = client.get(target)
    assert answer.json()["reason"] == "unknown_goal"
    answer = client.get(target.replace("&event3=1", ""))
    assert answer.json()["status"] == "accepted"
    found = stored(shop, "payout=7.50")[-1]
    assert (found[1], found[2]["amount"], found[2]["status"]) == ("server", 750, "approved")


def test_a_pixel_of_tune_is_always_a_gif(client: httpx.Client, shop: Scene) -> None:
    for target in (
        "/aff_l?offer_id=1001&adv_sub=TUNEPIX-1",
        f"/aff_l?offer_id=1001&transaction_id={shop.click_id()}&amount=2&adv_sub=TUNEPIX-2",
    ):
        assert client.get(target).content[:6] == b"GIF89a"
    assert stored(shop, "TUNEPIX-2")[0][:2] == (True, "pixel")


def test_another_campaigns_click_is_refused(client: httpx.Client, shop: Scene) -> None:
    click = shop.click_id("other_link")
    answer = client.get(f"/aff_lsr?offer_id=1001&transaction_id={click}&amount=5&adv_sub=O-1")
    assert (answer.status_code, answer.json()["reason"]) == (422, "bad_click_id")
    assert OTHER_TOKEN not in answer.text
