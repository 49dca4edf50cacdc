"""tag.js in a real browser, on a shop with a strict content security policy and with names that get in its way."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page

from tests.live import Process, wait_until
from tests.tracking.edge.scene import Scene

CLOBBERED = (
    "<img name='currentScript'><img name='readyState'><img name='documentElement'>"
    "<img name='cookie'><form name='querySelectorAll'></form><a id='peyvand'></a>"
    "<a id='localStorage' name='localStorage'></a><form id='Node'></form>"
)


@dataclass
class Shop:
    """A page per path: its attributes for the tag, its policy, what stands before the tag."""

    tracking: str
    url: str = ""
    attributes: str = 'data-campaign="shop00000001"'
    policy: str = "connect-src {tracking}; img-src {tracking}"
    before: str = ""
    code: str = ""
    problems: list[str] = field(default_factory=list)

    def page(self) -> bytes:
        return f"""<!doctype html><html><head><title>Shop</title></head><body>{self.before}
<form id="order"><input type="hidden" name="cid" data-peyvand-click-id><input name="value">
<input type="hidden" name="touches" data-peyvand-touches></form>
<script src="{self.tracking}/tag.js" {self.attributes}></script></body></html>""".encode()

    def script(self) -> bytes:
        """A script of the shop's own, from its own address."""
        return self.code.encode()


@pytest.fixture
def store(tracking: Process, page: Page) -> Iterator[Shop]:
    found = Shop(tracking.url)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            policy = f"default-src 'none'; script-src 'self' {found.tracking}; {found.policy.format(tracking=found.tracking)}"
            is_script = self.path == "/shop.js"
            body = found.script() if is_script else found.page()
            self.send_response(200)
            self.send_header("Content-Type", f"text/{'javascript' if is_script else 'html'}; charset=utf-8")
            self.send_header("Content-Security-Policy", policy)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    page.on("pageerror", lambda error: found.problems.append(str(error)))
    yield found
    server.shutdown()
    server.server_close()
    assert found.problems == []


def arrive(page: Page, store: Shop, shop: Scene, path: str = "/", nonce: int = 7, name: str = "pvd_cid") -> str:
    click_id = shop.click_id(nonce=nonce)
    page.goto(f"{store.url}{path}?{name}={click_id}")
    return click_id


def convert(page: Page, **order: Any) -> Any:
    return page.evaluate("order => window.peyvand.convert(order)", order)


def reported(shop: Scene, order: str, count: int = 1) -> list[tuple[Any, ...]]:
    statement = (
        "SELECT channel, accepted, fields->>'click_id', fields->>'amount', answer->>'reason' FROM tracking_postback "
        "WHERE fields->>'order_id' = %s ORDER BY id"
    )
    wait_until(lambda: len(shop.execute(statement, order)) >= count, 5)
    return shop.execute(statement, order)


def test_it_keeps_the_click_id_and_reports_the_sale(page: Page, store: Shop, shop: Scene) -> None:
    click_id = arrive(page, store, shop)
    page.goto(f"{store.url}/thanks")
    assert page.evaluate("window.peyvand.clickId()") == click_id
    assert convert(page, goal="sale", orderId="tag-1", amount="19.99", currency="USD") is True
    assert reported(shop, "tag-1") == [("tag", True, click_id, "1999", None)]


def test_it_reports_an_order_once(page: Page, store: Shop, shop: Scene) -> None:
    arrive(page, store, shop)
    assert [convert(page, goal="sale", orderId="tag-once", amount="5") for _ in range(3)] == [True, False, False]
    reported(shop, "tag-once")  # to leave while the call is under way may send it twice; it counts once then, too
    page.reload()
    assert convert(page, goal="sale", orderId="tag-once", amount="5") is False
    assert len(reported(shop, "tag-once")) == 1


def test_it_reports_a_lead_without_order_once_per_click(page: Page, store: Shop, shop: Scene) -> None:
    click_id = arrive(page, store, shop, nonce=99)
    assert [convert(page, goal="lead") for _ in range(2)] == [True, False]
    assert len(reported(shop, f"click-{click_id[-32:]}")) == 1


def test_without_click_id_there_is_nothing_to_report(page: Page, store: Shop) -> None:
    page.goto(store.url)
    assert page.evaluate("window.peyvand.clickId()") is None
    assert convert(page, goal="sale", orderId="tag-none", amount="5") is False


def test_the_last_click_wins(page: Page, store: Shop, shop: Scene) -> None:
    arrive(page, store, shop, nonce=1)
    last = arrive(page, store, shop, nonce=2)
    page.goto(store.url)
    assert page.evaluate("window.peyvand.clickId()") == last


def test_it_tells_the_earlier_clicks_with_the_last(page: Page, store: Shop, shop: Scene) -> None:
    clicks = [arrive(page, store, shop, nonce=nonce) for nonce in (1, 2, 3)]
    assert page.input_value("[name=touches]") == ",".join(clicks)
    convert(page, goal="sale", orderId="tag-path", amount="5")
    reported(shop, "tag-path")
    found = shop.execute("SELECT fields->'touches' FROM tracking_postback WHERE fields->>'order_id' = 'tag-path'")
    assert found == [(clicks[:2],)]


def test_what_is_no_click_id_is_not_kept(page: Page, store: Shop) -> None:
    page.goto(f"{store.url}/?pvd_cid=javascript:alert(1)")
    assert page.evaluate("window.peyvand.clickId()") is None
    assert page.context.cookies() == []


def test_it_fills_the_hidden_fields_of_forms(page: Page, store: Shop, shop: Scene) -> None:
    click_id = arrive(page, store, shop)
    assert page.input_value("[name=cid]") == click_id
    assert page.input_value("[name=value]") == ""


def test_the_cookie_is_first_party_and_outlives_storage(page: Page, store: Shop, shop: Scene) -> None:
    click_id = arrive(page, store, shop)
    (cookie,) = page.context.cookies()
    assert (cookie["name"], cookie["sameSite"], cookie["domain"]) == ("pvd_click", "Lax", "127.0.0.1")
    page.evaluate("localStorage.clear()")
    page.goto(store.url)
    assert page.evaluate("window.peyvand.clickId()") == click_id


def test_it_reads_the_parameter_of_the_campaign(page: Page, store: Shop, shop: Scene) -> None:
    store.attributes += ' data-parameter="ref"'
    click_id = arrive(page, store, shop, name="ref")
    assert page.evaluate("window.peyvand.clickId()") == click_id


def test_it_waits_for_a_required_consent(page: Page, store: Shop, shop: Scene) -> None:
    store.attributes += ' data-consent="required"'
    click_id = arrive(page, store, shop)
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length") == 0
    assert page.input_value("[name=cid]") == ""
    assert convert(page, goal="sale", orderId="tag-consent", amount="7") is True
    assert shop.execute("SELECT count(*) FROM tracking_postback WHERE fields->>'order_id' = 'tag-consent'") == [(0,)]
    page.evaluate("window.peyvand.consent(true)")
    assert reported(shop, "tag-consent") == [("tag", True, click_id, "700", None)]
    assert page.input_value("[name=cid]") == click_id
    page.goto(store.url)
    assert page.evaluate("window.peyvand.clickId()") == click_id


def test_a_refused_consent_removes_what_was_kept(page: Page, store: Shop, shop: Scene) -> None:
    arrive(page, store, shop)
    page.evaluate("window.peyvand.consent(false)")
    assert page.context.cookies() == []
    assert page.evaluate("window.peyvand.clickId()") is None
    assert convert(page, goal="sale", orderId="tag-refused", amount="7") is False
    arrive(page, store, shop)
    assert page.evaluate("window.peyvand.clickId()") is None
    assert page.context.cookies() == []


@pytest.mark.parametrize("policy", ["connect-src {tracking}", "img-src {tracking}"])
def test_one_of_two_directives_is_enough(page: Page, store: Shop, shop: Scene, policy: str) -> None:
    store.policy = policy
    order = f"tag-{policy[:3]}"
    arrive(page, store, shop)
    assert convert(page, goal="sale", orderId=order, amount="5") is True
    assert len(reported(shop, order)) == 1


def test_elements_with_the_names_of_properties_do_not_stop_it(page: Page, store: Shop, shop: Scene) -> None:
    store.before = CLOBBERED
    click_id = arrive(page, store, shop)
    assert page.evaluate("window.peyvand.clickId()") == click_id
    assert page.input_value("[name=cid]") == click_id
    assert convert(page, goal="sale", orderId="tag-clobbered", amount="5") is True
    assert len(reported(shop, "tag-clobbered")) == 1


def test_a_polluted_prototype_adds_nothing_to_the_report(page: Page, store: Shop, shop: Scene) -> None:
    arrive(page, store, shop)
    page.evaluate("Object.prototype.amount = '999'; Object.prototype.token = 'x'")
    assert page.evaluate("window.peyvand.convert({goal: 'lead', orderId: 'tag-polluted'})") is True
    assert reported(shop, "tag-polluted")[0][3] is None


def test_it_adds_one_name_to_the_page_and_no_one_can_replace_it(page: Page, store: Shop) -> None:
    page.goto(store.url)
    empty = "Object.getOwnPropertyNames(window).filter(name => !window.before.includes(name))"
    page.evaluate("window.before = [...Object.getOwnPropertyNames(window), 'before'].filter(n => n !== 'peyvand')")
    assert page.evaluate(empty) == ["peyvand"]
    page.evaluate("try { window.peyvand = 1 } catch (error) {}")
    assert page.evaluate("typeof window.peyvand.convert") == "function"


def test_it_is_served_to_be_cached_and_used_anywhere(client: httpx.Client) -> None:
    answer = client.get("/tag.js")
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["cache-control"].startswith("public, max-age=3600")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "eval(" not in answer.text
    assert "innerHTML" not in answer.text


def test_it_follows_addresses_that_change_without_a_new_page(page: Page, store: Shop, shop: Scene) -> None:
    page.goto(store.url)
    assert page.evaluate("window.peyvand.clickId()") is None
    click_id = shop.click_id(nonce=31)
    page.evaluate("id => history.pushState({}, '', '/offers?pvd_cid=' + id)", click_id)
    page.wait_for_function("id => window.peyvand.clickId() === id", arg=click_id)
    page.evaluate("history.pushState({}, '', '/thanks')")
    assert page.evaluate("window.peyvand.clickId()") == click_id
    assert page.input_value("[name=cid]") == click_id


def test_without_the_browsers_news_it_stands_behind_push_state(page: Page, store: Shop, shop: Scene) -> None:
    page.add_init_script("Object.defineProperty(window, 'navigation', {value: undefined})")
    page.goto(store.url)
    click_id = shop.click_id(nonce=32)
    page.evaluate("id => history.replaceState({}, '', '/offers?pvd_cid=' + id)", click_id)
    assert page.evaluate("window.peyvand.clickId()") == click_id


def test_it_fills_forms_that_come_later(page: Page, store: Shop, shop: Scene) -> None:
    click_id = arrive(page, store, shop, nonce=33)
    page.evaluate(
        "const late = document.createElement('input'); late.name = 'late'; late.type = 'hidden';"
        "late.setAttribute('data-peyvand-click-id', ''); document.body.append(late)"
    )
    page.wait_for_function("id => document.querySelector('[name=late]').value === id", arg=click_id)


def test_calls_before_it_is_there_wait_for_it(page: Page, store: Shop, shop: Scene) -> None:
    store.code = (
        "window.peyvand = window.peyvand || [];"
        "peyvand.push(['convert', {goal: 'sale', orderId: 'tag-queued', amount: '5'}]); peyvand.push(['nothing', 1]);"
    )
    store.before = "<script src='/shop.js'></script>"
    click_id = arrive(page, store, shop, nonce=34)
    assert reported(shop, "tag-queued") == [("tag", True, click_id, "500", None)]
    assert (
        page.evaluate("window.peyvand.push(['convert', {goal: 'sale', orderId: 'tag-queued', amount: '5'}])") is False
    )


def test_another_tab_does_not_report_it_again(page: Page, store: Shop, shop: Scene) -> None:
    arrive(page, store, shop, nonce=35)
    other = page.context.new_page()
    other.goto(store.url)
    assert convert(page, goal="sale", orderId="tag-tabs", amount="5") is True
    assert convert(other, goal="sale", orderId="tag-tabs", amount="5") is False
    assert len(reported(shop, "tag-tabs")) == 1


def test_in_memory_mode_nothing_is_stored(page: Page, store: Shop, shop: Scene) -> None:
    store.attributes += ' data-consent="memory"'
    click_id = arrive(page, store, shop, nonce=36)
    assert page.evaluate("window.peyvand.clickId()") == click_id
    assert page.input_value("[name=cid]") == click_id
    assert convert(page, goal="sale", orderId="tag-memory", amount="5") is True
    assert page.evaluate("localStorage.length") == 0
    assert page.context.cookies() == []


def test_global_privacy_control_asks_for_consent(page: Page, store: Shop, shop: Scene) -> None:
    page.add_init_script("Object.defineProperty(Navigator.prototype, 'globalPrivacyControl', {get: () => true})")
    arrive(page, store, shop, nonce=37)
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length") == 0
