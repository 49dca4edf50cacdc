"""What waits between the edges and the database is on the network's home page."""

import pytest
from django.test import Client
from pytest_django import Settings
from redis import Redis

from tests.cast import Member
from tests.payouts.market import Market
from tests.tracking import stage
from tracking.models import DeadLetter


@pytest.fixture
def staff(client: Client, nima: Member) -> Client:
    client.force_login(nima.user)
    return client


def test_it_shows_each_shard_and_its_reader(redis: Redis, staff: Client, market: Market) -> None:
    reader = stage.worker()
    reader.look()
    stage.send(redis, *(stage.event(market.link) for _ in range(25)))
    page = staff.get("/home/").content.decode()
    assert "events:0" in page
    assert reader.positions.holder in page
    assert ">25<" in page
    assert "could not be stored" not in page
    reader.leave()
    assert "no process reads them" in staff.get("/home/").content.decode()


def test_it_raises_the_alarm_about_dead_letters(staff: Client) -> None:
    for number in range(2):
        DeadLetter.objects.create(stream="events:0", entry=f"1-{number}", reason="unknown_link", event=b"{}")
    page = staff.get("/home/").content.decode()
    assert "events could not be stored" in page
    assert "unknown_link" in page


def test_it_says_that_redis_is_away(staff: Client, settings: Settings) -> None:
    reader = stage.worker()
    reader.look()
    reader.leave()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert "Redis does not answer" in staff.get("/home/").content.decode()


def test_it_is_for_staff_only(client: Client, ada: Member) -> None:
    client.force_login(ada.user)
    assert "Event backlog" not in client.get("/home/").content.decode()
