"""Pages and the API while PostgreSQL or Redis is away."""

import pytest
from django.db import OperationalError
from django.test import Client
from redis.exceptions import ConnectionError as RedisAway

from network.models import NetworkSettings

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser() -> Client:
    return Client(raise_request_exception=False)


@pytest.mark.parametrize("fault", [OperationalError("no connection left"), RedisAway("gone")])
@pytest.mark.parametrize(("language", "words"), [("en", "Back in a moment"), ("fa", "چند لحظه دیگر برمی‌گردیم")])
def test_it_asks_to_come_back(
    browser: Client, monkeypatch: pytest.MonkeyPatch, fault: Exception, language: str, words: str
) -> None:
    break_with(monkeypatch, fault)
    answer = browser.get("/accounts/login/", headers={"accept-language": language})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert words in answer.content.decode()
    assert "no connection left" not in answer.content.decode()


def test_other_faults_are_errors_of_ours(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    break_with(monkeypatch, ValueError("hidden"))
    answer = browser.get("/accounts/login/")
    assert (answer.status_code, "Retry-After" in answer.headers) == (500, False)
    assert "hidden" not in answer.content.decode()


def test_the_api_says_so_in_json(browser: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OperationalError("no connection left")

    monkeypatch.setattr("network.keys.use", broken)
    answer = browser.get("/api/v1/campaigns", headers={"authorization": "Bearer pvd_live_something"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"


def break_with(monkeypatch: pytest.MonkeyPatch, fault: Exception) -> None:
    def broken(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(NetworkSettings, "current", broken)
    monkeypatch.setattr("allauth.account.views.LoginView.get", broken)
