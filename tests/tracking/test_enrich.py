import ipaddress
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from tests.tracking.stage import GOOGLEBOT, PHONE
from tracking import enrich
from tracking.enrich import Agent

IPAD = (
    "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.6 Mobile/15E148"
    " Safari/604.1"
)
ANDROID = "Mozilla/5.0 (Linux; Android 14; {}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/125.0.0.0 {}Safari/537.36"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
HEADLESS = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/125.0.0.0 Safari/537.36"
)


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        (PHONE, Agent("phone", "iOS", "Mobile Safari")),
        (IPAD, Agent("tablet", "iOS", "Mobile Safari")),
        (ANDROID.format("Pixel 8", "Mobile "), Agent("phone", "Android", "Chrome Mobile")),
        (ANDROID.format("SM-X700", ""), Agent("tablet", "Android", "Chrome")),
        (FIREFOX, Agent("desktop", "Linux", "Firefox")),
        (GOOGLEBOT, Agent("bot", "", "Googlebot")),
        (HEADLESS, Agent("bot", "Linux", "HeadlessChrome")),
        ("", Agent("", "", "")),
        ("\x7f\ufffd" * 200, Agent("desktop", "", "")),
    ],
)
def test_it_reads_user_agents(user_agent: str, expected: Agent) -> None:
    assert enrich.agent(user_agent) == expected


class TestCountry:
    @pytest.fixture(autouse=True)
    def fresh(self) -> Iterator[None]:
        enrich._countries.cache_clear()
        yield
        enrich._countries.cache_clear()

    def test_it_is_unknown_without_a_database(self, settings: Settings) -> None:
        settings.GEOIP_PATH = ""
        assert enrich.country("192.0.2.7") == ""

    @pytest.mark.parametrize("content", [None, b"not a database"])
    def test_it_fails_open(self, settings: Settings, tmp_path: Path, content: bytes | None) -> None:
        path = tmp_path / "countries.mmdb"
        if content:
            path.write_bytes(content)
        settings.GEOIP_PATH = str(path)
        assert enrich.country("192.0.2.7") == ""

    @pytest.mark.parametrize(
        ("record", "country"),
        [
            ({"country": {"iso_code": "IR"}}, "IR"),
            ({"registered_country": {"iso_code": "DE"}}, "DE"),
            ({"country_code": "FR"}, "FR"),
            ({"country": {}}, ""),
            ({}, ""),
            (None, ""),
        ],
    )
    def test_it_reads_the_usual_records(
        self, settings: Settings, monkeypatch: pytest.MonkeyPatch, record: Any, country: str
    ) -> None:
        class Reader:
            def get(self, ip: str) -> Any:
                ipaddress.ip_address(ip)
                return record

        settings.GEOIP_PATH = "countries.mmdb"
        monkeypatch.setattr("maxminddb.open_database", lambda _: Reader())
        assert enrich.country("2001:db8::1") == country
        assert enrich.country("no address") == ""
        assert enrich.country(None) == ""
