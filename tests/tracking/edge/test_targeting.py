"""Whom a campaign takes, over real HTTP: what is set is followed at once, and each diversion keeps its reason."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_django import DjangoDbBlocker
from redis import Redis

from tests.live import Process, running, wait_until
from tests.tracking.edge.addresses import BERLIN, NOWHERE, SHIRAZ, TEHRAN, write
from tests.tracking.edge.scene import FALLBACK, LANDING, NETWORK_FALLBACK, Scene, scene
from tests.tracking.edge.wire import events
from tracking.edge.config import INSECURE_KEY

WITHIN = 1.0
PHONE = (
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/126.0.0.0 Mobile Safari/537.36"
)
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.0 Safari/605.1.15"
)


@pytest.fixture(scope="module")
def own(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    with scene("edge_targeting", django_db_blocker.unblock) as built:
        yield built


@pytest.fixture(scope="module")
def edge(own: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    place = tmp_path_factory.mktemp("targeting")
    with running(place) as processes:
        yield processes.start(
            "edge",
            DATABASE_URL=own.database_url,
            GEOIP_PATH=str(write(place / "city.mmdb")),
            TRUSTED_PROXIES="127.0.0.0/8",
        )


@pytest.fixture
def client(edge: Process) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=edge.url, timeout=10) as made:
        yield made


type Visitor = dict[str, str]


def visitor(ip: str = TEHRAN, agent: str = PHONE, language: str = "fa-IR,fa;q=0.9") -> Visitor:
    return {"x-forwarded-for": ip, "user-agent": agent, "accept-language": language}


def location(client: httpx.Client, who: Visitor, code: str = "shopLink1", query: str = "") -> str:
    return str(client.get(f"/c/{code}{query}", headers=who).headers.get("location", ""))


@contextmanager
def targeting(own: Scene, rules: dict[str, Any], partnership: int | None = None, **columns: object) -> Iterator[None]:
    fields = {"starts_at": None, "ends_at": None, "new_visitors_only": False} | columns
    own.execute(
        "INSERT INTO advertisers_targeting (campaign_id, partnership_id, rules, starts_at, ends_at, new_visitors_only)"
        " VALUES (%s, %s, %s, %s, %s, %s)",
        own.ids["campaign"],
        partnership,
        json.dumps(rules),
        *fields.values(),
    )
    yield
    own.execute("DELETE FROM advertisers_targeting WHERE partnership_id IS NOT DISTINCT FROM %s", partnership)


def soon(is_so: Callable[[], bool]) -> None:
    wait_until(is_so, WITHIN)


DIMENSIONS = [
    ("country", ["only", ["IR", "TR"]], visitor(), visitor(BERLIN)),
    ("country", ["only", ["IR"]], visitor(SHIRAZ), visitor(NOWHERE)),
    ("country", ["not", ["DE"]], visitor(NOWHERE), visitor(BERLIN)),
    ("region", ["only", ["IR-23"]], visitor(), visitor(SHIRAZ)),
    ("region", ["not", ["IR-07"]], visitor(BERLIN), visitor(SHIRAZ)),
    ("city", ["only", ["tehran"]], visitor(), visitor(SHIRAZ)),
    ("device", ["only", ["phone", "tablet"]], visitor(), visitor(agent=MAC)),
    ("device", ["not", ["phone"]], visitor(agent=MAC), visitor()),
    ("system", ["only", ["macOS"]], visitor(agent=MAC), visitor()),
    ("browser", ["only", ["Safari"]], visitor(agent=MAC), visitor()),
    ("browser", ["not", ["Chrome"]], visitor(agent=MAC), visitor()),
    ("language", ["only", ["fa"]], visitor(), visitor(language="en-US")),
    ("language", ["only", ["fa"]], visitor(language="FA"), visitor(language="")),
    ("connection", ["only", ["cellular"]], visitor(), visitor(SHIRAZ)),
]


@pytest.mark.parametrize(("reason", "rule", "welcome", "other"), DIMENSIONS)
def test_it_takes_whom_the_campaign_wants(
    client: httpx.Client, own: Scene, redis: Redis, reason: str, rule: list[Any], welcome: Visitor, other: Visitor
) -> None:
    with targeting(own, {reason: rule}):
        soon(lambda: location(client, other) == FALLBACK)
        assert location(client, welcome).startswith(LANDING)
        kept, diverted = events(redis)[-1], events(redis)[-2]
    assert (kept.get("div", ""), diverted["div"]) == ("", reason)
    soon(lambda: location(client, other).startswith(LANDING))


def test_it_names_the_first_reason_in_the_order_of_the_list(client: httpx.Client, own: Scene, redis: Redis) -> None:
    with targeting(own, {"device": ["only", ["phone"]], "country": ["only", ["IR"]]}):
        soon(lambda: location(client, visitor(BERLIN, MAC)) == FALLBACK)
    assert events(redis)[-1]["div"] == "country"


def test_it_lets_what_cannot_be_known_pass_with_a_flag(client: httpx.Client, own: Scene, redis: Redis) -> None:
    with targeting(own, {"country": ["only", ["DE"]], "connection": ["only", ["cellular"]]}):
        soon(lambda: location(client, visitor()) == FALLBACK)
        assert location(client, visitor(BERLIN)).startswith(LANDING)
    assert events(redis)[-1]["flags"] == ["unfiltered"]


def test_it_follows_the_rules_of_one_publisher_instead_of_the_campaigns(
    client: httpx.Client, own: Scene, redis: Redis
) -> None:
    rules = {"country": ["only", ["DE"]], "language": ["not", ["en"]]}
    theirs = {"country": ["any", []], "device": ["only", ["desktop"]]}
    with targeting(own, rules), targeting(own, theirs, own.ids["partnership"]):
        soon(lambda: location(client, visitor()) == FALLBACK)
        soon(lambda: events(redis)[-1]["div"] == "device" or (bool(location(client, visitor())) and False))
        assert location(client, visitor(agent=MAC)).startswith(LANDING)
        assert location(client, visitor(agent=MAC, language="en")) == FALLBACK
    assert events(redis)[-1]["div"] == "language"


@pytest.mark.parametrize(("starts", "ends", "is_open"), [(-1, 1, 1), (1, 2, 0), (-2, -1, 0)])
def test_it_keeps_to_the_schedule(
    client: httpx.Client, own: Scene, redis: Redis, starts: int, ends: int, is_open: int
) -> None:
    now = datetime.now(UTC)
    times: dict[str, Any] = {"starts_at": now + timedelta(hours=starts), "ends_at": now + timedelta(hours=ends)}
    with targeting(own, {"country": ["not", ["DE"]]}, None, **times):
        soon(lambda: location(client, visitor(BERLIN)) == FALLBACK)
        assert location(client, visitor()).startswith(LANDING) == bool(is_open)
    assert events(redis)[-1].get("div", "") == ("" if is_open else "not_scheduled")


def test_it_keeps_to_the_hours_in_the_campaigns_zone(client: httpx.Client, own: Scene, redis: Redis) -> None:
    now = datetime.now(UTC)
    minute, day = now.hour * 60 + now.minute, 1 << now.weekday()
    closed = [[day, (minute + 60) % 1440, (minute + 120) % 1440]]
    if minute + 120 >= 1440:
        closed = [[127 & ~day, 0, 0]]
    with targeting(own, {"hour": ["only", closed]}):
        soon(lambda: location(client, visitor()) == FALLBACK)
        assert events(redis)[-1]["div"] == "hour"
    with targeting(own, {"hour": ["not", closed]}):
        soon(lambda: location(client, visitor()).startswith(LANDING))


def test_it_stops_when_the_advertiser_runs_out_of_funds(client: httpx.Client, own: Scene, redis: Redis) -> None:
    change = "UPDATE advertisers_campaign SET out_of_funds_at = %s WHERE id = %s"
    own.execute(change, datetime.now(UTC), own.ids["campaign"])
    soon(lambda: location(client, visitor()) == FALLBACK)
    assert events(redis)[-1]["div"] == "out_of_funds"
    own.execute(change, None, own.ids["campaign"])
    soon(lambda: location(client, visitor()).startswith(LANDING))


BLOCKS = [
    ("source", "forum", 0, "?source=forum"),
    ("sub1", "fromlink", 1, ""),
    ("sub2", "bad", 1, "?sub2=bad"),
    ("all", "", 1, ""),
]


@pytest.mark.parametrize(("field", "value", "is_theirs", "query"), BLOCKS)
def test_it_takes_no_blocked_traffic(
    client: httpx.Client, own: Scene, redis: Redis, field: str, value: str, is_theirs: int, query: str
) -> None:
    own.execute(
        "INSERT INTO advertisers_trafficblock (public_id, campaign_id, partnership_id, field, value, reason, created_at)"
        " VALUES ('block0000001', %s, %s, %s, %s, '', now())",
        own.ids["campaign"],
        own.ids["partnership"] if is_theirs else None,
        field,
        value,
    )
    soon(lambda: location(client, visitor(), query=query) == FALLBACK)
    assert events(redis)[-1]["div"] == "traffic_blocked"
    if query:
        assert location(client, visitor()).startswith(LANDING)
    own.execute("DELETE FROM advertisers_trafficblock")
    soon(lambda: location(client, visitor(), query=query).startswith(LANDING))


def test_it_falls_back_to_the_network_and_then_to_a_page(client: httpx.Client, own: Scene) -> None:
    own.execute("UPDATE advertisers_campaign SET out_of_funds_at = now() WHERE id = %s", own.ids["other_campaign"])
    soon(lambda: location(client, visitor(), "otherLink1") == NETWORK_FALLBACK)
    own.execute("UPDATE network_networksettings SET fallback_url = ''")
    soon(lambda: client.get("/c/otherLink1").status_code == 404)
    own.execute("UPDATE network_networksettings SET fallback_url = %s", NETWORK_FALLBACK)
    own.execute("UPDATE advertisers_campaign SET out_of_funds_at = NULL WHERE id = %s", own.ids["other_campaign"])


def test_it_sends_a_visitor_who_converted_elsewhere(client: httpx.Client, own: Scene, redis: Redis) -> None:
    key = blake2b(INSECURE_KEY.encode(), person=b"visitor", digest_size=32).digest()  # as tracking.ingest.visitors
    digest = blake2b(f"{SHIRAZ}\n{PHONE}".encode(), key=key, digest_size=8).digest()
    number = int.from_bytes(digest, signed=True)
    with targeting(own, {}, new_visitors_only=True):
        own.execute(
            "INSERT INTO tracking_convertedvisitor (key, campaign_id, visitor, at) VALUES (%s, %s, %s, now())",
            f"{own.ids['campaign']}:{number}",
            own.ids["campaign"],
            number,
        )
        soon(lambda: location(client, visitor(SHIRAZ)) == FALLBACK)
        assert events(redis)[-1]["div"] == "already_converted"
        assert location(client, visitor()).startswith(LANDING)
        assert location(client, visitor(SHIRAZ), query="?consent=denied").startswith(LANDING)
    soon(lambda: location(client, visitor(SHIRAZ)).startswith(LANDING))


def test_it_shares_visitors_out_by_weight_and_knows_them_again(client: httpx.Client, own: Scene, redis: Redis) -> None:
    for name, weight in (("a", 3), ("b", 1), ("off", 0)):
        own.execute(
            "INSERT INTO advertisers_landingpage (public_id, campaign_id, name, url, weight, is_active, created_at)"
            " VALUES (%s, %s, %s, %s, %s, true, now())",
            f"page{name:0>8}",
            own.ids["campaign"],
            name,
            f"https://shop.example/{name}",
            weight,
        )
    soon(lambda: "shop.example/welcome" not in location(client, visitor()))
    ids = dict(own.execute("SELECT url, id FROM advertisers_landingpage"))
    redis.flushall()
    first = [location(client, visitor(f"198.51.100.{number % 250}", f"{MAC} {number}")) for number in range(400)]
    again = [location(client, visitor(f"198.51.100.{number % 250}", f"{MAC} {number}")) for number in range(400)]
    pages = [place.partition("?")[0] for place in first]
    assert pages == [place.partition("?")[0] for place in again]
    assert 255 <= pages.count("https://shop.example/a") <= 345
    assert set(pages) == {"https://shop.example/a", "https://shop.example/b"}
    assert {event["lp"] for event in events(redis)} == {ids["https://shop.example/a"], ids["https://shop.example/b"]}
    strangers = {location(client, visitor(), query="?consent=denied").partition("?")[0] for _ in range(40)}
    assert strangers == set(pages)
    assert location(client, visitor(), "deepLink1").startswith("https://shop.example/p/1")
    own.execute("DELETE FROM advertisers_landingpage")
    soon(lambda: location(client, visitor()).startswith(LANDING))


@pytest.mark.parametrize("content", [None, b"this is no database"])
def test_it_goes_on_without_a_database_of_addresses(
    own: Scene, redis: Redis, tmp_path: Path, content: bytes | None
) -> None:
    if content:
        (tmp_path / "broken.mmdb").write_bytes(content)
    with targeting(own, {"country": ["only", ["IR"]]}), running(tmp_path) as processes:
        edge = processes.start("edge", DATABASE_URL=own.database_url, GEOIP_PATH=str(tmp_path / "broken.mmdb"))
        with httpx.Client(base_url=edge.url) as client:
            assert location(client, visitor(BERLIN)).startswith(LANDING)
    assert events(redis)[-1]["flags"] == ["unfiltered"]


def test_it_does_not_miss_cities_in_a_database_of_countries(own: Scene, redis: Redis, tmp_path: Path) -> None:
    database = write(tmp_path / "country.mmdb", "GeoLite2-Country")
    rules = {"country": ["only", ["IR"]], "city": ["only", ["Tehran"]]}
    with targeting(own, rules), running(tmp_path) as processes:
        edge = processes.start(
            "edge", DATABASE_URL=own.database_url, GEOIP_PATH=str(database), TRUSTED_PROXIES="127.0.0.0/8"
        )
        with httpx.Client(base_url=edge.url) as client:
            assert location(client, visitor(SHIRAZ)).startswith(LANDING)
            assert location(client, visitor(BERLIN)) == FALLBACK
    assert [event.get("div", "") for event in events(redis)[-2:]] == ["", "country"]
