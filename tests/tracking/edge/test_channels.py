"""The channels' addresses on a running edge, beside their journeys in tests/journeys/test_channels.py."""

from hashlib import sha256
from pathlib import Path

import httpx
import pytest

from tests.live import wait_until
from tests.tracking.edge.scene import Scene
from tracking.edge.leavers import BY_CALLER, BY_LINK, Leavers
from tracking.edge.spool import Spool
from tracking.snapshot import Snapshot
from tracking.snapshot.suppressions import Suppressed, Suppressions

MANY = 25_000
HEADERS = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"}


@pytest.mark.parametrize(
    "path",
    [
        "/b/shopLink1",
        "/b/shopLink1.js",
        "/u/shopLink1",
        "/o/shopLink1.gif",
        "/v/shopLink1.gif",
        "/go/nothing",
        "/@nobody",
    ],
)
def test_they_set_no_cookie_and_take_no_other_method(client: httpx.Client, path: str) -> None:
    answer = client.get(path, headers=HEADERS)
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert client.delete(path).status_code == 405


@pytest.mark.parametrize(
    "path", ["/b/", "/b/a/b", "/@", "/@ab", "/@name/a/b", "/go/", "/go/a/b", "/u/", "/o/shopLink1", "/v/x.png"]
)
def test_other_paths_are_not_found(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 404


def test_a_frame_without_a_creative_is_an_empty_page(client: httpx.Client) -> None:
    for slot in ("300x250", "native", "1x1", "javascript:x", "%3Cscript%3E", ""):
        answer = client.get(f"/b/shopLink1?slot={slot}")
        assert (answer.status_code, "<body></body>" in answer.text) == (200, True)
        assert "x-frame-options" not in answer.headers


def test_looking_at_the_page_to_unsubscribe_changes_nothing(client: httpx.Client, shop: Scene) -> None:
    page = client.get("/u/shopLink1?r=%3Cb%3E", headers={"Accept-Language": "fa-IR"})
    assert 'lang="fa" dir="rtl"' in page.text
    assert "<b>" not in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert shop.execute("SELECT count(*) FROM advertisers_suppression WHERE label = %s", "<b>") == [(0,)]


def test_it_asks_who_it_is_where_the_link_does_not_say(client: httpx.Client, shop: Scene) -> None:
    assert 'name="email"' in client.get("/u/shopLink1").text
    assert client.post("/u/shopLink1", data={"email": "nobody"}).status_code == 422
    assert client.post("/u/shopLink1", data={"email": " Typed@Example.com "}).status_code == 200
    digest = sha256(b"typed@example.com").hexdigest()
    count = "SELECT count(*) FROM advertisers_suppression WHERE sha256 = %s AND source = 'unsubscribe'"
    wait_until(lambda: shop.execute(count, digest) == [(1,)])
    refused = client.get(f"/c/shopLink1?r={digest.upper()}", headers=HEADERS)
    assert "pvd_cid" not in refused.headers["location"]


@pytest.mark.parametrize("body", ["&".join(f"a{n}=1" for n in range(60)), "email=%ff%fe", "=&=&;;", "%00" * 99])
def test_a_form_that_is_none_is_refused_and_breaks_nothing(client: httpx.Client, body: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/u/shopLink1", content=body, headers=form).status_code == 422


def test_one_click_works_whatever_else_is_in_the_form(client: httpx.Client) -> None:
    body = {f"a{number}": "1" for number in range(60)}
    assert client.post("/u/shopLink1?r=reader-60", data=body).status_code == 200


def test_a_label_holds_for_its_publisher_only(client: httpx.Client, shop: Scene) -> None:
    assert client.post("/u/shopLink1?r=reader-7", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert "pvd_cid" not in client.get("/c/shopLink1?r=reader-7", headers=HEADERS).headers["location"]
    assert "pvd_cid" in client.get("/c/shopLink1?r=Reader-7", headers=HEADERS).headers["location"]
    assert "pvd_cid" in client.get("/c/otherLink1?r=reader-7", headers=HEADERS).headers["location"]


def test_the_list_is_compact_and_survives_its_copy() -> None:
    known = Suppressed()
    digests = [sha256(str(number).encode()).hexdigest() for number in range(MANY)]
    for digest in digests:
        known.add(1, 0, digest)
    snapshot = Snapshot()
    Suppressions().take(snapshot, known.packed())
    [copy] = Suppressions().rows(snapshot)
    again = Suppressed()
    again.unpack(*copy)
    assert all(again.has(1, 5, digest.upper()) for digest in digests)
    assert not any(again.has(2, 5, digest) for digest in digests)
    assert len(copy[0]) < MANY * 11
    firsts = [again.add(1, 0, digest) for digest in digests]
    assert (any(firsts), again.packed()) == (False, copy), "nobody is listed twice"


def test_a_caller_and_a_link_may_unsubscribe_so_many_a_minute(tmp_path: Path) -> None:
    leavers = Leavers("", Spool(tmp_path, "unsubscribes", 1))
    one = [leavers.allows("198.51.100.1", link) for link in range(2 * BY_CALLER)]
    assert sum(one) in {BY_CALLER, 2 * BY_CALLER}, "the latter where a minute ended in between"
    many = [leavers.allows(f"2001:db8::{number:x}", 10_000) for number in range(2 * BY_LINK)]
    assert sum(many) in {BY_LINK, 2 * BY_LINK}
    assert leavers.allows("203.0.113.9", 20_000)


def test_nobody_fills_the_list_with_made_up_names(client: httpx.Client, shop: Scene) -> None:
    """What is above the limit changes nothing. Looking is free. (The last test here: this machine is tired now.)"""
    given = [client.post(f"/u/shopLink1?r=made-up-{number}") for number in range(BY_CALLER + 50)]
    refused = [answer for answer in given if answer.status_code == 429]
    assert 0 < len(refused) <= 60
    assert {answer.headers["retry-after"] for answer in refused} == {"60"}
    assert all('role="alert"' in answer.text for answer in refused)
    assert client.get("/u/shopLink1?r=x").status_code == 200
    count = "SELECT count(*) FROM advertisers_suppression WHERE label LIKE %s"
    wait_until(lambda: shop.execute(count, "made-up-%") == [(len(given) - len(refused),)])
