"""What is changed in the pages reaches a running edge at once, and survives in its copy on the disk."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from pytest_django import DjangoDbBlocker
from redis import Redis

from tests.live import Process, running, wait_until
from tests.tracking.edge.scene import FALLBACK, LANDING, NETWORK_FALLBACK, TOKEN, Scene, scene
from tests.tracking.edge.wire import events

WITHIN = 1.0


@pytest.fixture(scope="module")
def own(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Scene]:
    with scene("edge_snapshot", django_db_blocker.unblock) as built:
        yield built


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("snapshot")


@pytest.fixture(scope="module")
def follower(own: Scene, place: Path) -> Iterator[Process]:
    with running(place) as processes:
        yield processes.start("edge", DATABASE_URL=own.database_url)


@pytest.fixture
def client(follower: Process) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=follower.url, timeout=10) as made:
        yield made


def location(client: httpx.Client, code: str = "shopLink1") -> str:
    return str(client.get(f"/c/{code}").headers.get("location", ""))


def reaches(client: httpx.Client, own: Scene, statement: str, is_seen: Callable[[], bool], *values: object) -> float:
    """The seconds from the commit until the edge acts on it."""
    assert not is_seen()
    own.execute(statement, *values)
    return wait_until(is_seen, WITHIN)


def test_a_pause_reaches_it_in_under_a_second_and_so_does_the_start_after_it(
    client: httpx.Client, own: Scene, redis: Redis
) -> None:
    took = []
    for _ in range(5):
        pause = "UPDATE advertisers_campaign SET status = 'paused' WHERE id = %s"
        took.append(reaches(client, own, pause, lambda: location(client) == FALLBACK, own.ids["campaign"]))
        start = "UPDATE advertisers_campaign SET status = 'active' WHERE id = %s"
        took.append(reaches(client, own, start, lambda: location(client).startswith(LANDING), own.ids["campaign"]))
    assert max(took) < WITHIN
    assert "campaign_paused" in {event.get("div") for event in events(redis)}


@pytest.mark.parametrize(
    ("table", "column", "value", "back", "key", "reason"),
    [
        ("advertisers_campaign", "status", "ended", "active", "campaign", "campaign_ended"),
        ("publishers_partnership", "status", "paused", "active", "partnership", "partnership_not_active"),
        ("network_organization", "status", "suspended", "active", "pia", "publisher_suspended"),
        ("network_organization", "status", "suspended", "active", "ada", "advertiser_suspended"),
        ("publishers_trackinglink", "retired_at", "2026-01-01T00:00:00Z", None, "link", "link_retired"),
    ],
)
def test_each_of_these_diverts_with_its_reason(
    client: httpx.Client,
    own: Scene,
    redis: Redis,
    table: str,
    column: str,
    value: str,
    back: str | None,
    key: str,
    reason: str,
) -> None:
    change = f"UPDATE {table} SET {column} = %s WHERE id = %s"  # noqa: S608
    reaches(client, own, change, lambda: location(client) == FALLBACK, value, own.ids[key])
    assert events(redis)[-1]["div"] == reason
    reaches(client, own, change, lambda: location(client).startswith(LANDING), back, own.ids[key])


def test_a_new_link_works_at_once(client: httpx.Client, own: Scene) -> None:
    reaches(
        client,
        own,
        "INSERT INTO publishers_trackinglink (code, partnership_id, name, destination, subs, channel, created_at) "
        "VALUES ('newLink12', %s, '', '', '{}', 'social', now())",
        lambda: location(client, "newLink12").startswith(LANDING),
        own.ids["partnership"],
    )


def test_a_new_landing_page_and_parameter_hold_at_once(client: httpx.Client, own: Scene) -> None:
    change = "UPDATE advertisers_campaign SET landing_url = %s, click_parameter = %s WHERE id = %s"
    new = "https://shop.example/new"
    reaches(client, own, change, lambda: location(client).startswith(f"{new}?ref="), new, "ref", own.ids["campaign"])
    own.execute(change, LANDING, "pvd_cid", own.ids["campaign"])
    wait_until(lambda: location(client).startswith(f"{LANDING}?pvd_cid="), WITHIN)


def test_without_a_fallback_of_the_campaign_that_of_the_network_serves(client: httpx.Client, own: Scene) -> None:
    pause = "UPDATE advertisers_campaign SET status = %s WHERE id = %s"
    is_diverted = lambda: location(client, "otherLink1") == NETWORK_FALLBACK  # noqa: E731
    reaches(client, own, pause, is_diverted, "paused", own.ids["other_campaign"])
    own.execute("UPDATE network_networksettings SET fallback_url = ''")
    wait_until(lambda: client.get("/c/otherLink1").status_code == 404, WITHIN)
    page = client.get("/c/otherLink1")
    assert "This link leads nowhere" in page.text
    assert "این لینک" in page.text
    assert client.get("/c/unknown1").status_code == 404
    own.execute("UPDATE network_networksettings SET fallback_url = %s", NETWORK_FALLBACK)
    wait_until(is_diverted, WITHIN)


def test_a_new_token_and_a_new_goal_hold_at_once(client: httpx.Client, own: Scene) -> None:
    def answer(token: str, goal: str) -> str:
        fields = {"token": token, "goal": goal, "order_id": "o", "amount": "1", "click_id": "x"}
        return str(client.get("/postback", params=fields).json()["reason"])

    assert answer(TOKEN, "vip") == "unknown_click"
    change = "UPDATE advertisers_campaign SET postback_token = %s WHERE id = %s"
    new = "new-token-of-the-shop-campaign-1"
    reaches(client, own, change, lambda: answer(new, "vip") == "unknown_click", new, own.ids["campaign"])
    assert answer(TOKEN, "vip") == "bad_token"
    own.execute(change, TOKEN, own.ids["campaign"])


def test_many_changes_at_once_arrive(client: httpx.Client, own: Scene) -> None:
    """More than a statement's changes are told one by one: then all is read anew."""
    reaches(
        client,
        own,
        "INSERT INTO publishers_trackinglink (code, partnership_id, name, destination, subs, channel, created_at) "
        "SELECT 'many' || n, %s, '', '', '{}', 'social', now() FROM generate_series(1, 3000) n",
        lambda: location(client, "many3000").startswith(LANDING),
        own.ids["partnership"],
    )


def test_a_change_is_seen_although_an_older_transaction_is_still_open(client: httpx.Client, own: Scene) -> None:
    """And that one's own change is seen once it commits, although younger ones were seen before."""
    change = b"UPDATE advertisers_campaign SET landing_url = %s WHERE id = %s"
    with psycopg.connect(own.database_url) as slow:
        slow.execute(change, ["https://shop.example/slow", own.ids["other_campaign"]])
        own.execute(change.decode(), "https://shop.example/quick", own.ids["campaign"])
        wait_until(lambda: location(client).startswith("https://shop.example/quick"), WITHIN)
        time.sleep(0.2)
        slow.commit()
        own.execute("UPDATE advertisers_campaign SET status = 'active' WHERE id = %s", own.ids["other_campaign"])
        wait_until(lambda: location(client, "otherLink1").startswith("https://shop.example/slow"), WITHIN)
    own.execute(change.decode(), LANDING, own.ids["campaign"])


def test_a_dropped_connection_is_made_again(client: httpx.Client, own: Scene) -> None:
    own.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'peyvand edge snapshot' "
        "AND datname = current_database()"
    )
    change = "UPDATE advertisers_campaign SET landing_url = %s WHERE id = %s"
    own.execute(change, "https://shop.example/after", own.ids["campaign"])
    wait_until(lambda: location(client).startswith("https://shop.example/after"), 5)
    own.execute(change, LANDING, own.ids["campaign"])


def test_an_edge_starts_without_postgresql_from_its_copy(
    client: httpx.Client, follower: Process, own: Scene, place: Path, redis: Redis
) -> None:
    wait_until(lambda: location(client).startswith(LANDING), 5)
    follower.stop()
    copy = place / "spool" / "snapshot.json"
    assert copy.stat().st_mode & 0o777 == 0o600
    with running(place) as processes:
        alone = processes.start("edge", DATABASE_URL="postgresql://postgres@127.0.0.1:1/none")
        answer = httpx.get(f"{alone.url}/c/shopLink1")
        assert answer.headers["location"].startswith(f"{LANDING}?pvd_cid=v1.")
        ready = httpx.get(f"{alone.url}/health/ready")
        assert (ready.status_code, ready.json()["snapshot"]["source"]) == (200, "disk")
        assert ready.json()["postgresql"] == "away"
    assert events(redis)[-1]["l"] == own.ids["link"]


def test_an_edge_that_never_had_a_snapshot_asks_for_patience(tmp_path: Path) -> None:
    with running(tmp_path) as processes:
        alone = processes.start("edge", DATABASE_URL="postgresql://postgres@127.0.0.1:1/none")
        answer = httpx.get(f"{alone.url}/c/shopLink1")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        assert httpx.get(f"{alone.url}/health/ready").status_code == 503
        assert httpx.get(f"{alone.url}/i/shopLink1.gif").status_code == 200
        assert httpx.get(f"{alone.url}/postback?token=x").json()["reason"] == "starting"
