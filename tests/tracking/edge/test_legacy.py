"""Links and reports of the systems that campaigns came from: they answer once their ids were imported."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.live import wait_until
from tests.tracking.edge.scene import LANDING, OTHER_TOKEN, TOKEN, Scene

INSERT = """INSERT INTO tracking_foreignid
    (system, kind, foreign_id, campaign_id, publisher_id, goal_id, link_id, accepts_unsigned, allowed_ips, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, now())"""


@pytest.fixture(scope="module", autouse=True)
def imported(shop: Scene, tracking: Any) -> Iterator[None]:
    """TUNE's offer 1001 is the shop's campaign, its affiliate 2002 is Pia; and so on."""
    ours, pia, link = shop.ids["campaign"], shop.ids["pia"], shop.ids["link"]
    [(lead,)] = shop.execute("SELECT id FROM advertisers_goal WHERE campaign_id = %s AND code = 'lead'", ours)

    def add(system: str, kind: str, name: str, *, unsigned: bool = False, ips: tuple[str, ...] = (), **to: int) -> None:
        values = [to.get(column) for column in ("publisher_id", "goal_id", "link_id")]
        owner = to.get("campaign_id", None if kind == "publisher" else ours)
        shop.execute(INSERT, system, kind, name, owner, *values, unsigned, list(ips))

    add("binom", "link", "abcdef", link_id=link)
    add("binom", "campaign", "any", unsigned=True, ips=("127.0.0.0/8",))
    add("cake", "campaign", "9", unsigned=True, ips=("10.0.0.0/8",))
    add("tune", "goal", "1001:77", goal_id=lead)
    add("scaleo", "token", "scaleo-secret")
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
    ],
)
def test_a_migrated_link_leads_to_the_landing_page_with_our_click_id(client: httpx.Client, target: str) -> None:
    answer = client.get(target)
    location = answer.headers["location"]
    assert (answer.status_code, location.startswith(f"{LANDING}?pvd_cid=v1.")) == (302, True)


def test_a_servers_click_of_everflow_is_answered_as_json(client: httpx.Client) -> None:
    found = client.get("/clk?oid=11&affid=22&sub1=x").json()
    assert found["transaction_id"] == parse_qs(urlsplit(found["redirect_url"]).query)["pvd_cid"][0]


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
        "/aff_lsr?transaction_id=102abcdef0123456789&amount=5&adv_sub=N-2",
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
