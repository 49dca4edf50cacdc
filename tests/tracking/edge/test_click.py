import httpx
import pytest
from redis import Redis

from tests.live import Process
from tests.tracking.edge.scene import FALLBACK, KEYS, LANDING, NETWORK_FALLBACK, Scene
from tests.tracking.edge.wire import events
from tracking.edge.clickid import read


def test_it_redirects_to_the_landing_page_with_a_signed_click_id(
    client: httpx.Client, redis: Redis, shop: Scene
) -> None:
    headers = {"user-agent": "Browser", "referer": "https://b/", "accept-language": "fa"}
    answer = client.get("/c/shopLink1?sub1=mine&sub3=third&source=mail", headers=headers)
    location = answer.headers["location"]
    assert answer.status_code == 302
    assert location.startswith(f"{LANDING}?pvd_cid=v1.")
    click = read(KEYS, location.partition("pvd_cid=")[2])
    assert (click.partnership_id, click.link_id, click.creative_id) == (shop.ids["partnership"], shop.ids["link"], None)
    assert events(redis) == [
        {
            "t": "click",
            "c": shop.ids["campaign"],
            "p": shop.ids["partnership"],
            "l": shop.ids["link"],
            "ch": "website",
            "at": click.at_ms,
            "n": click.signed_nonce,
            "subs": ["mine", "", "third"],
            "src": "mail",
            "ip": "127.0.0.1",
            "ua": "Browser",
            "ref": "https://b/",
            "lang": "fa",
        }
    ]


def test_it_sets_no_cookie_and_is_never_cached(client: httpx.Client) -> None:
    headers = client.get("/c/shopLink1").headers
    assert "set-cookie" not in headers
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


def test_it_keeps_the_labels_of_the_link_where_the_click_has_none(client: httpx.Client, redis: Redis) -> None:
    client.get("/c/shopLink1?sub2=own")
    assert events(redis)[0]["subs"] == ["fromlink", "own"]


def test_it_goes_where_the_link_or_its_creative_leads(client: httpx.Client, redis: Redis, shop: Scene) -> None:
    deep = client.get("/c/deepLink1").headers["location"]
    assert deep.startswith("https://shop.example/p/1?a=b&pvd_cid=v1.")
    assert deep.endswith("#top")
    assert client.get("/c/textLink1").headers["location"].startswith(f"{LANDING}/text?pvd_cid=v1.")
    assert [event.get("cr") for event in events(redis)] == [None, shop.ids["creative"]]


def test_it_counts_the_creative_that_the_visitor_saw(client: httpx.Client, redis: Redis, shop: Scene) -> None:
    location = client.get("/c/shopLink1?creative=creative0001").headers["location"]
    assert location.startswith(f"{LANDING}/text?")
    client.get("/c/shopLink1?creative=ofAnother123")
    assert [event.get("cr") for event in events(redis)] == [shop.ids["creative"], None]


def test_it_accepts_the_names_of_other_systems(client: httpx.Client, redis: Redis) -> None:
    client.get("/c/shopLink1?aff_sub=a&s2=b&subId3=c&sub_id_4=d&source_id=e&ued=https%3A%2F%2Fshop.example%2Fx")
    (event,) = events(redis)
    assert event["subs"] == ["a", "b", "c", "d"]
    assert event["src"] == "e"


def test_more_labels_than_five_are_kept_beside_them(client: httpx.Client, redis: Redis) -> None:
    client.get("/c/shopLink1?sub6=f&sub_id_30=z&data1=d&aff_unique2=u&ext1=e&aff_sub=one&s2=two&sub_id2=other&foo=bar")
    (event,) = events(redis)
    assert event["subs"] == ["one", "two"]
    assert event["x"] == {
        "subs": {"sub6": "f", "sub30": "z", "data1": "d", "aff_unique2": "u", "ext1": "e", "sub_id2": "other"}
    }


def test_labels_without_end_are_bounded_and_flagged(client: httpx.Client, redis: Redis) -> None:
    client.get("/c/shopLink1?" + "&".join(f"sub{number}=x" for number in range(6, 60)))
    (event,) = events(redis)
    assert (len(event["x"]["subs"]), event["flags"]) == (32, ["truncated"])


def test_it_keeps_what_publishers_and_ad_platforms_add(client: httpx.Client, redis: Redis) -> None:
    added = "aff_click_id=own-1&__cc=MAY10&gclid=g&google_aid=a-d&ios_ifa=i&recipient=r"
    client.get(f"/c/shopLink1?{added}")
    client.get(f"/c/shopLink1?{added}&consent=denied")
    free, denied = events(redis)
    assert free["cp"] == denied["cp"] == "MAY10"
    assert free["x"] == {"click": "own-1", "gclid": "g", "gaid": "a-d", "idfa": "i", "recipient": "r"}
    assert denied["x"] == {"click": "own-1"}


def test_its_own_names_win(client: httpx.Client, redis: Redis) -> None:
    client.get("/c/shopLink1?aff_sub=theirs&sub1=ours")
    assert events(redis)[0]["subs"] == ["ours"]


@pytest.mark.parametrize(
    ("query", "headers", "consent"),
    [
        ("?consent=denied", {}, "denied"),
        ("?consent=0", {}, "denied"),
        ("?consent=granted", {}, "granted"),
        ("?consent=whatever", {}, "unknown"),
        ("?consent=granted", {"sec-gpc": "1"}, "denied"),
    ],
)
def test_it_records_the_consent(
    client: httpx.Client, redis: Redis, query: str, headers: dict[str, str], consent: str
) -> None:
    location = client.get(f"/c/shopLink1{query}", headers=headers | {"referer": "https://b/"}).headers["location"]
    (event,) = events(redis)
    assert event.get("consent", "unknown") == consent
    assert read(KEYS, location.partition("pvd_cid=")[2]).consent == consent
    if consent == "denied":
        assert event.keys().isdisjoint({"ip", "ua", "ref", "lang"})
    else:
        assert (event["ip"], event["ref"]) == ("127.0.0.1", "https://b/")


def test_it_sends_the_visitor_of_a_retired_link_to_the_fallback(client: httpx.Client, redis: Redis) -> None:
    assert client.get("/c/oldLink1").headers["location"] == FALLBACK
    assert events(redis)[0]["div"] == "link_retired"


def test_it_sends_the_visitor_of_a_suspended_publisher_to_the_fallback(client: httpx.Client, redis: Redis) -> None:
    assert client.get("/c/suspendedLink1").headers["location"] == FALLBACK
    assert events(redis)[0]["div"] == "publisher_suspended"


def test_it_sends_the_visitor_of_a_draft_to_the_fallback(client: httpx.Client, redis: Redis) -> None:
    assert client.get("/c/draftLink1").headers["location"] == FALLBACK
    assert events(redis)[0]["div"] == "campaign_draft"


def test_it_sends_the_visitor_of_an_unknown_link_to_the_fallback_of_the_network(
    client: httpx.Client, redis: Redis
) -> None:
    answer = client.get("/c/unknown1")
    assert (answer.status_code, answer.headers["location"]) == (302, NETWORK_FALLBACK)
    assert events(redis) == []
    assert client.get("/health/ready").json()["counters"]["invalid_link"] >= 1


def test_head_has_the_same_headers_and_is_not_counted(client: httpx.Client, redis: Redis) -> None:
    answer = client.head("/c/shopLink1")
    assert answer.status_code == 302
    assert answer.headers["location"].startswith(f"{LANDING}?pvd_cid=v1.")
    assert events(redis) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch"), ("x-moz", "prefetch"), ("x-purpose", "preview")],
)
def test_a_prefetch_is_redirected_and_not_counted(client: httpx.Client, redis: Redis, name: str, value: str) -> None:
    assert client.get("/c/shopLink1", headers={name: value}).status_code == 302
    assert client.get("/i/shopLink1.gif", headers={name: value}).status_code == 200
    assert events(redis) == []


def test_a_click_that_is_no_visit_of_a_page_is_flagged(client: httpx.Client, redis: Redis) -> None:
    client.get("/c/shopLink1", headers={"sec-fetch-dest": "image", "sec-fetch-mode": "no-cors"})
    client.get("/c/shopLink1", headers={"sec-fetch-dest": "document", "sec-fetch-mode": "navigate"})
    assert [event.get("flags", []) for event in events(redis)] == [["fetch_metadata"], []]


def test_an_impression_is_a_gif_and_is_recorded(client: httpx.Client, redis: Redis, shop: Scene) -> None:
    answer = client.get("/i/textLink1.gif?sub1=a")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/gif")
    assert answer.content.startswith(b"GIF89a")
    (event,) = events(redis)
    assert (event["t"], event["cr"], event["subs"]) == ("impression", shop.ids["creative"], ["a"])


@pytest.mark.parametrize("code", ["unknown1", "oldLink1", "draftLink1"])
def test_an_impression_of_no_running_link_is_a_gif_and_is_not_recorded(
    client: httpx.Client, redis: Redis, code: str
) -> None:
    assert client.get(f"/i/{code}.gif").content.startswith(b"GIF89a")
    assert events(redis) == []


def test_it_tells_that_it_lives_and_is_ready(client: httpx.Client, tracking: Process) -> None:
    assert client.get("/health/live").json() == {"status": "ok"}
    ready = client.get("/health/ready", headers={"host": "whatever"}).json()
    assert (ready["status"], ready["redis"], ready["postgresql"]) == ("ok", "connected", "connected")
    assert ready["snapshot"]["source"] == "database"
    assert ready["snapshot"]["is_stale"] is False
