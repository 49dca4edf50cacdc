"""Two accounts of one system that both moved here, with the same numbers for different things."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.live import wait_until
from tests.tracking.edge.scene import LANDING, NETWORK_FALLBACK, Scene
from tracking.edge.legacy import code_of
from tracking.edge.legacy_paths import LINKS
from tracking.snapshot import Snapshot
from tracking.snapshot.foreign import FOREIGN, account

INSERT = """INSERT INTO tracking_foreignid
    (account, system, kind, foreign_id, campaign_id, publisher_id, link_id, accepts_unsigned, allowed_ips, created_at)
    VALUES (%s, %s, %s, %s, %s, %s, %s, true, '{}', now())"""


@pytest.fixture(scope="module", autouse=True)
def imported(shop: Scene, tracking: Any) -> Iterator[None]:
    """Offer 5 is the shop's in one account and the rial campaign in the other; affiliate 7 is Pia in both."""
    ids = shop.ids
    for system, names in (("tune", ("one.example", "two.example")), ("everflow", ("41", "42"))):
        for name, campaign, public_id, link in (
            (names[0], ids["campaign"], "shop00000001", ids["link"]),
            (names[1], ids["rial_campaign"], "rial00000001", ids["rial_link"]),
        ):
            for kind, number, of, publisher, its_link in (
                ("publisher", "7", None, ids["pia"], None),
                ("link", f"{public_id}|7", campaign, None, link),
                ("campaign", "5", campaign, None, None),
            ):
                shop.execute(INSERT, name, system, kind, number, of, publisher, its_link)
    shop.execute(INSERT, names[0], "everflow", "campaign", "6", ids["campaign"], None, None)  # in one account only
    with httpx.Client(base_url=tracking.url) as client:
        wait_until(lambda: client.get("/clk?oid=6&affid=7").status_code == 200, 10)
    yield
    shop.execute("DELETE FROM tracking_foreignid")


def landed(client: httpx.Client, target: str, **headers: str) -> str:
    return client.get(target, headers=headers).headers["location"].partition("?")[0]


def test_the_host_tells_whose_offer_it_is(client: httpx.Client, shop: Scene) -> None:
    """Both campaigns have one landing page here; the click id says which it was."""
    for host, name in (("one.example", "link"), ("TWO.example:443", "rial_link")):
        answer = client.get("/aff_c?offer_id=5&aff_id=7", headers={"host": host})
        assert answer.headers["location"].startswith(LANDING)
        click = answer.headers["location"].partition("pvd_cid=")[2]
        token = {"link": "shop", "rial_link": "rial"}[name]
        assert client.get(f"/c/{token}Link1").headers["location"].partition("v1.")[2][:24] == click[3:27]


def test_a_host_that_nobody_named_is_refused(client: httpx.Client) -> None:
    assert client.get("/aff_c?offer_id=5&aff_id=7", headers={"host": "three.example"}).status_code == 400


def test_the_network_id_tells_whose_offer_it_is(client: httpx.Client, shop: Scene) -> None:
    for nid, name in (("41", "campaign"), ("42", "rial_campaign")):
        click = shop.click_id("link" if name == "campaign" else "rial_link", nonce=int(nid))
        amount = "3" if name == "campaign" else "30000"
        answer = client.get(
            f"/?nid={nid}&oid=5&transaction_id={click}&amount={amount}&order_id=ACC-{nid}&event_id=sale"
        )
        assert answer.json()["status"] == "accepted", answer.text
        [(campaign,)] = shop.execute(
            "SELECT campaign_id FROM tracking_postback WHERE id = %s::uuid", answer.json()["id"]
        )
        assert campaign == shop.ids[name]


def test_an_account_that_nobody_imported_means_nobodys_campaign(client: httpx.Client, shop: Scene) -> None:
    answer = client.get(f"/?nid=43&oid=5&transaction_id={shop.click_id(nonce=3)}&amount=3&order_id=ACC-X")
    assert (answer.status_code, answer.json()["reason"]) == (401, "bad_token")


def test_a_number_in_two_accounts_goes_to_the_fallback_where_nothing_tells_them_apart(client: httpx.Client) -> None:
    assert landed(client, "/aff_c?offer_id=5&aff_id=7") == NETWORK_FALLBACK
    assert landed(client, "/clk?oid=5&affid=7") == NETWORK_FALLBACK


def test_a_number_in_one_account_needs_no_telling(client: httpx.Client) -> None:
    assert client.get("/clk?oid=6&affid=7").json()["redirect_url"].startswith(LANDING)


def test_a_report_of_an_ambiguous_offer_is_that_of_its_click(client: httpx.Client, shop: Scene) -> None:
    click = shop.click_id(nonce=61)
    answer = client.get(f"/aff_lsr?offer_id=5&transaction_id={click}&amount=4&adv_sub=AMB-1")
    assert answer.json()["status"] == "accepted"
    refused = client.get("/aff_lsr?offer_id=5&amount=4&adv_sub=AMB-2")
    assert (refused.status_code, refused.json()["reason"]) == (422, "ambiguous_campaign")
    unknown = client.get("/aff_lsr?offer_id=5&transaction_id=102zzz&amount=4&adv_sub=AMB-3")
    assert (unknown.status_code, unknown.json()["reason"]) == (422, "unknown_click")


def test_what_was_imported_without_an_account_counts_where_the_named_one_has_nothing() -> None:
    snapshot = Snapshot()
    for name, code in (("tune link  1|2", "plain"), ("tune link one 1|2", "one"), ("tune link two 3|2", "two")):
        FOREIGN.take(snapshot, [name, code, 1, False, []])
    [link] = LINKS[b"/aff_c"]

    def found(named: str, offer: str) -> str:
        whose = account(snapshot, "tune", named)
        return next(
            (
                code
                for one in whose.alone()
                if (code := code_of(snapshot, one, link, {"offer_id": offer, "aff_id": "2"}))
            ),
            "",
        )

    assert [found("one", "1"), found("two", "1"), found("two", "3"), found("one", "3")] == ["one", "plain", "two", ""]
    assert account(snapshot, "tune").names == ("", "one", "two")
