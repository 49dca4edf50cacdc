"""Placeholders in the addresses of landing pages, over HTTP."""

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from pytest_django import DjangoDbBlocker

from tests.live import Process, running
from tests.tracking.edge.scene import Scene, scene


@pytest.fixture(scope="module")
def own(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    with scene("edge_macros", django_db_blocker.unblock) as built:
        yield built


@pytest.fixture(scope="module")
def tracking(own: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    landing = (
        "https://shop.example/{campaign}/in?cid={click_id}&tid={transaction_id}&a={sub1}&b={aff_sub2}&src={source}"
        "&o={offer_id}&p={aff_id}&k={coupon}&t={timestamp}&cr={creative}&what={nobody_knows}&brace={ &x=1#{sub3}"
    )
    own.execute("UPDATE advertisers_campaign SET landing_url = %s WHERE id = %s", landing, own.ids["campaign"])
    own.execute("UPDATE advertisers_creative SET landing_url = 'https://shop.example/text?c={creative}'")
    with running(tmp_path_factory.mktemp("macros")) as processes:
        yield processes.start("edge", DATABASE_URL=own.database_url)


def location(tracking: Process, target: str) -> str:
    return httpx.get(f"{tracking.url}{target}").headers["location"]


def test_they_are_filled_and_encoded(tracking: Process, own: Scene) -> None:
    found = location(tracking, "/c/shopLink1?sub1=a%26b%20%D8%A7&sub2=two&sub3=3&source=mail&coupon=MAY")
    parts = urlsplit(found)
    values = parse_qs(parts.query, keep_blank_values=True)
    (publisher,) = own.execute("SELECT public_id FROM network_organization WHERE id = %s", own.ids["pia"])
    assert parts.path == "/shop00000001/in"
    assert values["cid"] == values["tid"] == values["pvd_cid"]
    assert values["cid"][0].startswith("v1.")
    assert (values["a"], values["b"], values["src"], values["k"]) == (["a&b ا"], ["two"], ["mail"], ["MAY"])
    assert (values["o"], values["p"]) == (["shop00000001"], [publisher[0]])
    assert abs(int(values["t"][0]) - time.time()) < 60
    assert parts.fragment == "3"


def test_what_nobody_knows_is_empty_and_what_is_no_placeholder_stays(tracking: Process) -> None:
    values = parse_qs(urlsplit(location(tracking, "/c/shopLink1")).query, keep_blank_values=True)
    assert (values["what"], values["cr"], values["k"]) == ([""], [""], [""])
    assert values["a"] == ["fromlink"]
    assert values["brace"] == ["{ "] or values["brace"] == ["{"]


def test_a_label_cannot_leave_its_place(tracking: Process) -> None:
    found = location(tracking, "/c/shopLink1?sub1=x%26pvd_cid=mine%23%0d%0aSet-Cookie:%20a=b&sub2={click_id}")
    values = parse_qs(urlsplit(found).query)
    assert len(values["pvd_cid"]) == 1
    assert values["pvd_cid"][0].startswith("v1.")
    assert values["b"] == ["{click_id}"]
    assert "\n" not in found


def test_the_creative_of_the_visitor_is_told(tracking: Process) -> None:
    assert location(tracking, "/c/textLink1").startswith("https://shop.example/text?c=creative0001&pvd_cid=v1.")


def test_a_deep_link_is_not_filled(tracking: Process) -> None:
    found = location(tracking, "/c/shopLink1?url=https%3A%2F%2Fshop.example%2Fp%3Fa%3D%7Bsub1%7D&sub1=x")
    assert "x" not in parse_qs(urlsplit(found).query)["a"]


def test_a_long_label_makes_no_address_that_servers_refuse(tracking: Process) -> None:
    """B10: 256 bytes of a label, also where it goes on to the shop."""
    found = location(tracking, f"/c/shopLink1?source={'%22' * 400}&coupon={'é' * 300}&sub1={'%22' * 300}")
    values = parse_qs(urlsplit(found).query)
    assert [len(values[name][0].encode()) for name in ("src", "k", "a")] == [256, 256, 256]
    assert len(found) < 8 * 1024
