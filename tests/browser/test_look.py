"""What the frame of the pages does in a real browser, under the real content security policy.

A web process per test is dear: each of these walks through several things that one person does.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from allauth.mfa.totp.internal import auth as totp
from playwright.sync_api import Page, expect

from network import formats
from network.embedded.valkey import free_port
from tests.browser.conftest import Person, Site
from tests.cast import PASSWORD, Member
from tests.live import Processes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(180)]
type People = Callable[..., Person]


@pytest.fixture
def site(processes: Processes, static_files: Path) -> Site:
    """The pages alone."""
    port = free_port()
    web = processes.start("web", PORT=str(port), VAR_DIR=str(static_files), SITE_URL=f"http://127.0.0.1:{port}")
    return Site(web, web, [])


def scrolls_sideways(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"))


def test_it_keeps_a_visitors_colours_and_language(people: People) -> None:
    visitor = people("en")
    page = visitor.open("/")
    root = page.locator("html")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-bs-theme", "dark")  # as on the device, until chosen otherwise
    page.get_by_label("Colours").click()
    with page.expect_response("**/theme/"):
        page.get_by_role("button", name="Light").click()
    expect(root).to_have_attribute("data-bs-theme", "light")
    visitor.open("/accounts/login/")
    expect(root).to_have_attribute("data-bs-theme", "light")
    page.get_by_role("button", name="فارسی").click()
    expect(root).to_have_attribute("dir", "rtl")
    expect(page.get_by_role("heading", level=1)).to_have_text("خوش آمدید")
    assert visitor.complaints == []


def test_no_page_of_a_visitor_scrolls_sideways(people: People) -> None:
    for language in ("en", "fa"):
        for width in (1280, 390):
            visitor = people(language, width)
            for path in ("/", "/accounts/login/", "/accounts/signup/", "/accounts/password/reset/"):
                assert not scrolls_sideways(visitor.open(path)), (path, language, width)
            assert visitor.complaints == []


def test_it_serves_a_persian_member_on_a_phone(people: People, ada: Member) -> None:
    ada_ = people("fa", 390).sign_in(ada)
    page = ada_.page
    drawn_charts(page)
    assert not scrolls_sideways(page)
    entry = page.locator(".app-nav-link[href='/conversions/']")
    expect(entry).not_to_be_in_viewport()
    page.get_by_label("بازکردن منو").click()
    expect(entry).to_be_in_viewport()
    entry.click()
    page.wait_for_url("**/conversions/")

    field = page.locator("input[data-jdp]").first
    field.click()
    page.locator("jdp-container .jdp-day.today").click()
    value = field.input_value()
    assert value[4] == value[7] == "/"
    assert set(value) <= set(formats.PERSIAN_DIGITS + "/")

    secret = totp_secret(ada_)
    *_, counter = totp.yield_hotp_counters_from_time()
    code = formats.digits(totp.format_hotp_value(totp.hotp_value(secret, counter)), "fa")
    page.locator("input[name=code]").fill(code)
    page.get_by_role("button", name="روشن‌کردن").click()
    expect(page.locator(".recovery-codes")).to_be_visible()
    assert ada_.complaints == []


def test_it_asks_copies_and_draws(people: People, ada: Member) -> None:
    ada_ = people("en").sign_in(ada)
    page = ada_.page
    drawn_charts(page)
    page.locator("[data-chart] canvas").first.hover()
    expect(page.locator(".chart-tooltip-row").first).to_be_visible()

    ada_.open("/api-keys/new/").locator("input[name=name]").fill("Data warehouse")
    page.get_by_role("button", name="Make the key").click()
    page.wait_for_load_state()
    revoke = ada_.open("/api-keys/").get_by_role("button", name="Revoke")
    question = page.locator("dialog#confirm")
    revoke.click()
    question.get_by_role("button", name="Cancel").click()
    expect(question).to_be_hidden()
    expect(revoke).to_be_visible()
    revoke.click()
    question.locator("[data-confirm-action]").click()
    expect(page.locator(".toast.show")).to_contain_text("Data warehouse")

    ada_.context.grant_permissions(["clipboard-read", "clipboard-write"])
    secret = totp_secret(ada_)
    page.locator(".totp-secret .btn-copy").click()
    expect(page.locator(".toast.show")).to_contain_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == secret
    # Browsers have that interface on https and localhost only; on plain http there is the old way.
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.reload()
    assert page.evaluate("navigator.clipboard === undefined")
    page.locator(".totp-secret .btn-copy").click()
    expect(page.locator(".toast.show")).to_contain_text("Copied")
    assert ada_.complaints == []


def totp_secret(person: Person) -> str:
    """Opens the page that switches on the second factor, which asks for the password again."""
    page = person.open("/accounts/2fa/totp/activate/")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("main .btn-primary").click()
    return page.locator(".totp-secret code").inner_text()


def drawn_charts(page: Page) -> None:
    """All charts of the page stand, and each has the same numbers in a table for screen readers."""
    charts = page.locator("[data-chart]")
    expect(charts.first).to_have_attribute("data-drawn", "true")
    for chart in charts.all():
        expect(chart).to_have_attribute("data-drawn", "true")
        expect(chart).to_have_attribute("role", "img")
    expect(page.locator("[data-chart] + .visually-hidden table").first.locator("tr")).to_have_count(1 + 30)
