"""What docker-compose.yml promises, without Docker; where a client has compose, it reads the file, too."""

import os
import shutil
import subprocess
from typing import Any

import pytest
import yaml

from network import process
from tests.services import ROOT

PROCESSES = ("web", "edge", "ingest", "worker", "beat")
SECRETS = {
    "SECRET_KEY": "secret",
    "POSTGRES_PASSWORD": "password",
    "SITE_URL": "https://network.example",
    "TRACKING_URL": "https://go.network.example",
}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_it_is_one_image_with_five_commands(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert {services[name]["image"] for name in (*PROCESSES, "migrate")} == {"peyvand"}
    assert [services[name]["command"] for name in PROCESSES] == [[name] for name in PROCESSES]
    assert all(process.command(name, {}) for name in PROCESSES)


def test_all_read_the_same_settings_and_no_secret_is_written_down(compose: dict[str, Any]) -> None:
    services = compose["services"]
    environment = services["web"]["environment"]
    assert [services[name]["environment"] for name in (*PROCESSES, "migrate")] == [environment] * 6
    for name in ("SECRET_KEY", "SITE_URL", "TRACKING_URL"):
        assert environment[name].startswith(f"${{{name}:?")
    assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]
    assert services["postgres"]["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")


def test_none_starts_before_the_migrations_are_done(compose: dict[str, Any]) -> None:
    for name in PROCESSES:
        assert compose["services"][name]["depends_on"] == {
            "postgres": {"condition": "service_healthy"},
            "redis": {"condition": "service_healthy"},
            "migrate": {"condition": "service_completed_successfully"},
        }
    assert compose["services"]["migrate"]["command"] == ["manage", "migrate", "--noinput"]
    assert compose["services"]["migrate"]["restart"] == "no"


def test_the_services_are_those_of_development_and_keep_what_they_acknowledged(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["postgres"]["image"] == "postgres:18"
    assert services["redis"]["image"] == "redis:8"
    assert services["redis"]["command"][1:5] == ["--appendonly", "yes", "--appendfsync", "everysec"]
    kept = {volume.split(":")[0] for service in services.values() for volume in service.get("volumes", [])}
    assert kept == set(compose["volumes"]) == {"postgres", "redis", "spool"}


@pytest.mark.parametrize("name", ["web", "edge", "postgres", "redis"])
def test_what_answers_is_asked_whether_it_is_well(compose: dict[str, Any], name: str) -> None:
    assert compose["services"][name]["healthcheck"]["test"][0] == "CMD"


def test_the_image_runs_as_nobody_special_without_the_tools_of_development() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER peyvand" in lines
    assert "RUN uv sync --frozen --no-default-groups" in lines
    assert 'ENTRYPOINT ["python", "-m", "network.process"]' in lines


def test_compose_accepts_the_file() -> None:
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], check=False, capture_output=True).returncode:
        pytest.skip("no docker client with compose on this machine")
    environment = {**os.environ, **SECRETS}
    config = [docker, "compose", "--file", str(ROOT / "docker-compose.yml"), "config", "--quiet"]
    subprocess.run(config, check=True, env=environment)
