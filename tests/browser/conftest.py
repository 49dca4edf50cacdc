import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from django.conf import global_settings
from playwright.sync_api import Browser, BrowserContext, Page
from pytest_django import Settings

from network.embedded.valkey import free_port
from tests import services
from tests.browser import places
from tests.cast import PASSWORD, Member
from tests.live import Process, Processes
from tests.payouts.market import open_market

__all__ = ["open_market"]


@pytest.fixture(scope="session")
def static_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A VAR_DIR with collected static files: the live pages are served as in production."""
    var_dir = tmp_path_factory.mktemp("var")
    env = os.environ | {"VAR_DIR": str(var_dir), "DJANGO_SETTINGS_MODULE": "network.settings"}
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
    subprocess.run(command, check=True, env=env, cwd=services.ROOT)
    return var_dir


@pytest.fixture(autouse=True)
def real_passwords(settings: Settings) -> None:
    """The live pages read passwords that the tests wrote: both hash them as in production."""
    settings.PASSWORD_HASHERS = global_settings.PASSWORD_HASHERS


@dataclass
class Site:
    """All five processes, live."""

    web: Process
    edge: Process
    others: list[Process]


@pytest.fixture
def site(processes: Processes, static_files: Path) -> Site:
    port, tracking_port = free_port(), free_port()
    env = {
        "VAR_DIR": str(static_files),
        "SITE_URL": f"http://127.0.0.1:{port}",
        "TRACKING_URL": f"http://127.0.0.1:{tracking_port}",
    }
    edge = processes.start("edge", PORT=str(tracking_port), **env)
    web = processes.start("web", PORT=str(port), **env)
    return Site(web, edge, [processes.start(name, **env) for name in ("ingest", "worker", "beat")])


@pytest.fixture
def publisher_site() -> Iterator[places.Place]:
    with places.opened() as place:
        yield place


@pytest.fixture
def shop(site: Site) -> Iterator[places.Shop]:
    with places.opened() as place:
        yield places.Shop(place, site.edge.url)


# A headless Chromium says so, and would be a robot: seen, but not paid.
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


class Person:
    """Somebody with a browser of her own, in her language. What the console complains about is kept in `complaints`."""

    def __init__(self, browser: Browser, site: Site, language: str, width: int = 1280) -> None:
        self.site, self.language = site, language
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 900},
            locale="fa-IR" if language == "fa" else "en-US",
            user_agent=USER_AGENT,
        )
        self.context.set_default_timeout(30_000)
        self.context.add_cookies([{"name": "language", "value": language, "url": site.web.url}])
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda line: self.complaints.append(line.text) if line.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def sign_in(self, member: Member) -> "Person":
        self.open("/accounts/login/")
        self.page.fill("input[name=login]", member.user.email)
        self.page.fill("input[name=password]", PASSWORD)
        self.page.press("input[name=password]", "Enter")
        self.page.wait_for_url("**/home/")
        return self

    def open(self, path: str) -> Page:
        self.page.goto(f"{self.site.web.url}{path}")
        return self.page

    def send(self, action: str) -> None:
        """Presses the button of the form whose address ends so, and waits for what follows."""
        with self.page.expect_navigation():
            self.page.locator(f"form[action$='{action}'] button").first.click()


@pytest.fixture
def people(browser: Browser, site: Site) -> Iterator["type[Person] | object"]:
    """`people("en")` is a new person."""
    found: list[Person] = []

    def arrive(language: str, width: int = 1280) -> Person:
        found.append(Person(browser, site, language, width))
        return found[-1]

    yield arrive
    for person in found:
        person.context.close()
