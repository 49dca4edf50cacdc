import httpx
import orjson
from redis import Redis

from tests.tracking.edge.scene import FALLBACK, KEYS, LANDING, NETWORK_FALLBACK, Scene
from tracking.edge.clickid import read


def events(redis: Redis) -> list[dict[str, object]]:
    found = redis.xrange("events")
    return [orjson.loads(fields[b"e"]) for _, fields in found]  # type: ignore[union-attr]


def test_it_redirects_to_the_landing_page_with_a_signed_click_id(
    client: httpx.Client, redis: Redis, shop: Scene
) -> None:
    answer = client.get("/c/shopLink1?sub1=mine&source=mail", headers={"user-agent": "Browser", "referer": "https://b/"})
    location = answer.headers["location"]
    assert answer.status_code == 302
    assert location.startswith(f"{LANDING}?pvd_cid=v1.")
    click = read(KEYS, location.partition("pvd_cid=")[2])
    assert (click.partnership_id, click.link_id, click.creative_id) == (shop.ids["partnership"], shop.ids["link"], None)
    (event,) = events(redis)
    assert event == {
        "t": "click",
        "c": shop.ids["campaign"],
        "p": shop.ids["partnership"],
        "l": shop.ids["link"],
        "cr": None,
        "at": click.at_ms,
        "n": click.signed_nonce,
        "subs": ["mine"],
        "src": "mail",
        "ip": "127.0.0.1",
        "ua": "Browser",
        "ref": "https://b/",
        "lang": "",
        "consent": "unknown",
        "div": "",
        "flags": [],
        "rx": click.at_ms,
    }
