import pytest
from django.db.migrations.executor import MigrationExecutor
from django.test import Client
from pytest_django import Settings

from network import health


def test_it_is_alive_without_any_service(client: Client) -> None:
    answer = client.get("/health/live")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_it_is_ready(client: Client) -> None:
    answer = client.get("/health/ready")
    assert answer.json() == {"status": "ok", "checks": {"database": "ok", "redis": "ok", "migrations": "ok"}}
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["REDIS_URL", "DATABASE_URL"])
def test_it_is_not_ready_without_a_service_and_tells_no_address(client: Client, settings: Settings, name: str) -> None:
    scheme = "redis://:hunter2@" if name == "REDIS_URL" else "postgresql://peyvand:hunter2@"
    setattr(settings, name, f"{scheme}127.0.0.1:1/0")
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["status"]) == (503, "unavailable")
    assert "hunter2" not in answer.text
    assert "127.0.0.1" not in answer.text


@pytest.mark.django_db
def test_it_is_not_ready_before_the_migrations(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(MigrationExecutor, "migration_plan", lambda *_: ["one is missing"])
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["checks"]["migrations"]) == (503, "NotMigrated")
