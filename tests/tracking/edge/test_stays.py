"""POST /land: what the advertiser's page tells of a click; and how banners stand on their pages."""

import time
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page
from redis import Redis

from tests.live import wait_until
from tests.tracking.edge.scene import Scene
from tests.tracking.edge.test_tag import Shop, arrive, convert, reported, store
from tests.tracking.edge.wire import events

__all__ = ["store"]

NOW = int(time.time() * 1000)


def land(client: httpx.Client, **told: Any) -> httpx.Response:
    return client.post("/land", data=told)


def stays(redis: Redis) -> list[dict[str, Any]]:
    return [event for event in events(redis) if event["t"] == "land"]


class TestTheEdge:
    def test_it_tells_of_a_click_that_arrived(self, client: httpx.Client, redis: Redis, shop: Scene) -> None:
        answer = land(client, id=shop.click_id(at_ms=NOW, nonce=2**64 - 5))
        assert (answer.status_code, answer.content, answer.headers["access-control-allow-origin"]) == (204, b"", "*")
        assert "set-cookie" not in answer.headers
        [event] = stays(redis)
        assert NOW <= event.pop("rx") < NOW + 600_000
        ids = {"c": shop.ids["campaign"], "p": shop.ids["partnership"], "l": shop.ids["link"]}
        assert event == {"t": "land", **ids, "at": NOW, "n": -5}

    @pytest.mark.parametrize(
        ("sent", "kept"),
        [
            ("0", 0),
            ("1999", 1999),
            ("99999999", 86_400_000),
            ("", None),
            ("-1", None),
            ("1e3", None),
            ("999999999", None),
        ],
    )
    def test_it_tells_how_long_she_stayed(
        self, client: httpx.Client, redis: Redis, shop: Scene, sent: str, kept: int | None
    ) -> None:
        land(client, id=shop.click_id(at_ms=NOW, nonce=hash(sent) % 10**9), ms=sent)
        assert [event.get("ms") for event in stays(redis)] == [kept]

    def test_as_plain_text_it_is_the_same(self, client: httpx.Client, redis: Redis, shop: Scene) -> None:
        text = f"id={shop.click_id(at_ms=NOW, nonce=71)}&ms=5"
        assert client.post("/land", content=text, headers={"content-type": "text/plain"}).status_code == 204
        assert [event["ms"] for event in stays(redis)] == [5]

    def test_what_is_not_ours_or_not_fresh_is_nothing(self, client: httpx.Client, redis: Redis, shop: Scene) -> None:
        good = shop.click_id(at_ms=NOW, nonce=72)
        forged = good[:-1] + ("A" if good[-1] != "A" else "B")
        old = shop.click_id(at_ms=NOW - 3_700_000, nonce=73)
        denied = shop.click_id(at_ms=NOW, nonce=74, consent="denied")
        for told in ({"id": forged}, {"id": old}, {"id": denied}, {"id": "x"}, {}, {"ms": "5"}):
            assert land(client, **told).status_code == 204
        assert client.post("/land", content=b"\xff\x00=%zz&id").status_code == 204
        assert stays(redis) == []

    def test_one_click_is_told_of_a_few_times_only(self, client: httpx.Client, redis: Redis, shop: Scene) -> None:
        click_id = shop.click_id(at_ms=NOW, nonce=75)
        for length in range(20):
            land(client, id=click_id, ms=length)
        assert len(stays(redis)) == 8

    def test_it_takes_no_more_than_it_needs(self, client: httpx.Client, redis: Redis) -> None:
        assert client.post("/land", content=b"x" * 1_025).status_code == 413
        assert client.get("/land").status_code == 405

    def test_all_that_is_told_of_a_click_goes_into_one_shard(
        self, client: httpx.Client, redis: Redis, shop: Scene
    ) -> None:
        for nonce in (80, 81):
            for address in ("198.51.100.1", "203.0.113.9"):
                client.post(
                    "/land", data={"id": shop.click_id(at_ms=NOW, nonce=nonce)}, headers={"x-forwarded-for": address}
                )
        assert [redis.xlen("events:0") > 0, redis.xlen("events:1") > 0] == [True, True]


class TestTheTag:
    def test_it_tells_of_arriving_and_of_leaving(self, page: Page, store: Shop, shop: Scene, redis: Redis) -> None:
        at = int(time.time() * 1000)
        click_id = shop.click_id(at_ms=at, nonce=501)
        page.goto(f"{store.url}/?pvd_cid={click_id}")
        wait_until(lambda: len(stays(redis)) == 1, 10)
        page.wait_for_timeout(300)
        page.goto("about:blank")
        wait_until(lambda: len(stays(redis)) == 2, 10)
        arrived, left = stays(redis)
        assert (arrived["n"], arrived["at"], "ms" in arrived) == (501, at, False)
        assert (left["n"], left["at"]) == (501, at)
        assert 300 <= left["ms"] < 60_000

    def test_the_time_goes_on_from_page_to_page_and_arriving_is_told_once(
        self, page: Page, store: Shop, shop: Scene, redis: Redis
    ) -> None:
        page.goto(f"{store.url}/?pvd_cid={shop.click_id(nonce=502)}")
        page.wait_for_timeout(200)
        page.goto(f"{store.url}/next")
        page.wait_for_timeout(200)
        page.reload()
        page.goto("about:blank")
        wait_until(lambda: len([event for event in stays(redis) if "ms" in event]) >= 3, 10)
        lengths = [event["ms"] for event in stays(redis) if "ms" in event]
        assert lengths == sorted(lengths)
        assert lengths[-1] >= 400
        assert len([event for event in stays(redis) if "ms" not in event]) == 1

    def test_without_a_required_consent_nothing_is_told(
        self, page: Page, store: Shop, shop: Scene, redis: Redis
    ) -> None:
        store.attributes += ' data-consent="required"'
        page.goto(f"{store.url}/?pvd_cid={shop.click_id(nonce=503)}")
        page.goto(f"{store.url}/?pvd_cid={shop.click_id(nonce=504)}")
        assert page.evaluate("sessionStorage.length") == 0
        page.evaluate("window.peyvand.consent(true)")
        wait_until(lambda: bool(stays(redis)), 10)
        assert [event["n"] for event in stays(redis)] == [504]

    def test_a_refusal_ends_it(self, page: Page, store: Shop, shop: Scene, redis: Redis) -> None:
        page.goto(f"{store.url}/?pvd_cid={shop.click_id(nonce=505)}")
        wait_until(lambda: len(stays(redis)) == 1, 10)
        page.evaluate("window.peyvand.consent(false)")
        assert page.evaluate("sessionStorage.length") == 0
        page.goto(f"{store.url}/?pvd_cid={shop.click_id(nonce=506)}")
        page.goto("about:blank")
        page.wait_for_timeout(300)
        assert len(stays(redis)) == 1

    def test_a_page_too_small_to_see_is_seen_for_no_time(
        self, page: Page, store: Shop, shop: Scene, redis: Redis
    ) -> None:
        page.set_viewport_size({"width": 1, "height": 1})
        page.goto(f"{store.url}/?pvd_cid={shop.click_id(nonce=507)}")
        wait_until(lambda: len(stays(redis)) == 1, 10)
        page.wait_for_timeout(300)
        page.goto("about:blank")
        wait_until(lambda: len(stays(redis)) == 2, 10)
        assert stays(redis)[1]["ms"] == 0

    def test_in_memory_mode_nothing_is_kept_and_yet_it_is_told(
        self, page: Page, store: Shop, shop: Scene, redis: Redis
    ) -> None:
        store.attributes += ' data-consent="memory"'
        page.goto(f"{store.url}/?pvd_cid={shop.click_id(nonce=508)}")
        wait_until(lambda: len(stays(redis)) == 1, 10)
        assert page.evaluate("sessionStorage.length") == 0

    def test_a_lead_comes_with_the_time_of_its_form(self, page: Page, store: Shop, shop: Scene) -> None:
        arrive(page, store, shop, nonce=509)
        page.type("[name=value]", "a")
        page.wait_for_timeout(250)
        convert(page, goal="lead", orderId="tag-filled")
        reported(shop, "tag-filled")
        [[length]] = filled(shop, "tag-filled")
        assert 250 <= length < 60_000

    def test_also_when_it_is_reported_on_the_next_page(self, page: Page, store: Shop, shop: Scene) -> None:
        arrive(page, store, shop, nonce=510)
        page.type("[name=value]", "a")
        page.evaluate("document.getElementById('order').dispatchEvent(new Event('submit'))")
        page.goto(f"{store.url}/thanks")
        convert(page, goal="lead", orderId="tag-filled-before")
        convert(page, goal="lead", orderId="tag-not-filled")
        reported(shop, "tag-filled-before")
        reported(shop, "tag-not-filled")
        [[length]] = filled(shop, "tag-filled-before")
        assert 0 < length < 60_000
        assert filled(shop, "tag-not-filled") == [(None,)]


def filled(shop: Scene, order: str) -> list[tuple[Any, ...]]:
    return shop.execute(
        "SELECT (fields->>'filled_in')::int FROM tracking_postback WHERE fields->>'order_id' = %s", order
    )


class TestPlacement:
    @pytest.mark.parametrize(
        ("shown", "flags"),
        [
            ("300x250", None),
            ("1x1", ["invalid_placement"]),
            ("0x250", ["invalid_placement"]),
            ("300x250.hidden", ["hidden_tab"]),
            ("0x0.hidden", ["invalid_placement", "hidden_tab"]),
            ("x", None),
            ("", None),
        ],
    )
    def test_what_cannot_be_seen_is_flagged(
        self, client: httpx.Client, redis: Redis, shown: str, flags: list[str] | None
    ) -> None:
        for path in ("i", "v"):
            client.get(f"/{path}/shopLink1.gif?sub1=a&shown={shown}")
        assert [(event["t"], event.get("flags")) for event in events(redis)] == [("impression", flags), ("view", flags)]


class TestReports:
    @pytest.mark.parametrize(
        ("sent", "kept"), [("1250", 1250), ("0", None), ("-5", None), ("1.5", None), ("abc", None)]
    )
    def test_the_time_of_a_form_is_kept(self, client: httpx.Client, shop: Scene, sent: str, kept: int | None) -> None:
        order = f"filled {sent}".replace(" ", "-").replace(".", "_")
        told = {"campaign": "shop00000001", "goal": "lead", "order_id": order, "filled_in": sent}
        client.get("/pixel.gif", params=told | {"click_id": shop.click_id(nonce=600)})
        wait_until(lambda: bool(filled(shop, order)), 10)
        assert filled(shop, order) == [(kept,)]

    def test_of_a_buyers_mail_only_hashes_are_kept(self, client: httpx.Client, shop: Scene) -> None:
        told = {"campaign": "shop00000001", "goal": "lead", "order_id": "with-mail", "email": "x.y+z@Mailinator.com"}
        client.get("/pixel.gif", params=told | {"click_id": shop.click_id(nonce=601)})
        found = "SELECT fields->'mail', fields::text FROM tracking_postback WHERE fields->>'order_id' = 'with-mail'"
        wait_until(lambda: bool(shop.execute(found)), 10)
        [(mail, text)] = shop.execute(found)
        assert mail["kind"] == "disposable"
        assert (len(mail["box"]), len(mail["domain"])) == (32, 32)
        assert "ailinator" not in text
