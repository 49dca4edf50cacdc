"""Each channel as people go it in a real browser: from the page where the publisher takes it, over the publisher's own
place, to the shop and back into the publisher's report. `tests/journeys/test_channels.py` has the rest of each way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

import pytest
from django.utils import timezone
from playwright.sync_api import Page, Request, expect

from advertisers import campaigns, coupons, creatives, letters
from advertisers.models import Creative, Suppression
from payouts.models import Commission
from publishers.models import TrackingLink
from reporting.breakdowns import Breakdown, Line
from reporting.figures import Slice
from reporting.periods import Period
from tests.browser import qr
from tests.browser.conftest import Person, Site
from tests.browser.places import Place, Shop
from tests.live import wait_until
from tests.payouts.market import Market, OpenMarket
from tests.publishers.conftest import png
from tracking.models import Click, Conversion, DailyCount
from tracking.quality import thresholds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
type People = Callable[..., Person]

SHIFTS = """
    window.moved = 0
    new PerformanceObserver(list => { for (const entry of list.getEntries()) window.moved += entry.value })
        .observe({type: "layout-shift", buffered: true})"""
TAB = """
    let state = "visible"
    Object.defineProperty(document, "visibilityState", {get: () => state})
    addEventListener("message", event => { state = event.data; document.dispatchEvent(new Event("visibilitychange")) })"""
"""A tab that is brought to the front and put behind others by messages: without a screen no tab is ever hidden."""


@dataclass
class Trade:
    """Pia, signed in; her own site; a shop, and what it tells the network."""

    market: Market
    site: Site
    shop: Shop
    own: Place
    pia: Person
    people: People

    def take(self, channel: str, creative: Creative | None = None, **labels: str) -> TrackingLink:
        """Pia takes a link on her page, which then shows all that it is used as."""
        before = set(TrackingLink.objects.values_list("pk", flat=True))
        page = self.pia.open(f"/partnerships/{self.market.partnership.public_id}/links/")
        page.select_option("select[name=channel]", channel)
        if labels:
            page.locator("details.labels summary").first.click()
        for name, value in labels.items():
            page.fill(f"input[name={name}]", value)
        button = (
            f"button[name=creative][value='{creative.public_id}']" if creative else "#link-fields .form-foot button"
        )
        page.locator(button).click()
        page.locator("#link-result .takeaway").wait_for()
        return TrackingLink.objects.exclude(pk__in=before).get()

    def copied(self, start: str) -> str:
        """What the button beside it copies: the first text of the page that begins so."""
        return self.pia.page.locator(f"[data-copy^='{start}']").first.get_attribute("data-copy") or ""

    def buy(self, landing: Page) -> Commission:
        """A visitor orders in the shop, whose server reports it; 8% of 100.00."""
        landing.locator("[data-peyvand-click-id]").wait_for(state="attached")
        landing.locator("button").click()
        expect(landing.locator("#order")).to_be_visible()
        return self.earned(self.shop.orders[-1]["order_id"])

    def earned(self, order: str) -> Commission:
        wait_until(Conversion.objects.filter(order_id=order).exists, 20)
        self.market.settle()
        return Commission.objects.get(conversion__order_id=order)

    def counted(self, link: TrackingLink, **counts: int) -> None:
        def found() -> dict[str, int]:
            return DailyCount.objects.filter(link_id=link.pk).values(*counts).first() or dict.fromkeys(counts, 0)

        try:
            wait_until(lambda: found() == counts, 20)
        finally:
            assert found() == counts

    def line(self, channel: str) -> Line:
        today = timezone.now().date()
        part = Slice(self.market.pia.organization, "USD", Period(today, today))
        return Breakdown(part, ("channel",)).lines()[channel,]

    def lands(self, page: Page) -> None:
        page.wait_for_url(f"{self.shop.place.url}/?pvd_cid=v1.*")


@pytest.fixture
def trade(open_market: OpenMarket, site: Site, shop: Shop, publisher_site: Place, people: People) -> Trade:
    market = open_market({"sale": (0, 800)})
    campaigns.edit(market.campaign, landing_url=f"{shop.place.url}/", allowed_hosts=[], by=market.ada.actor)
    thresholds.change(market.campaign, {"sale_seconds": 0}, by=market.ada.actor)  # nobody ponders here before buying
    shop.token = market.campaign.postback_token
    return Trade(market, site, shop, publisher_site, people("en").sign_in(market.pia), people)


def test_a_banner_tag_is_drawn_counted_and_pays(trade: Trade) -> None:
    """Lazy, in a sandbox, nothing moves; viewed after a second with half of it on the screen of a tab in front."""
    banner = creatives.add_banner(trade.market.campaign, name="Tents", data=png(300, 250), by=trade.market.ada.actor)
    link = trade.take("display", sub1="sidebar")
    details = trade.pia.page.locator("details.labels", has=trade.pia.page.locator("details.banner-tag"))
    details.locator("summary").first.click()
    tag = trade.copied("<iframe ")
    policy = f"default-src 'none'; frame-src {trade.site.edge.url}; style-src 'unsafe-inline'; script-src 'none'"
    trade.own.headers["Content-Security-Policy"] = policy
    trade.own.pages["/"] = (
        f"<!doctype html><title>Tent talk</title><p style='height:6000px'>A long story</p>{tag}<p id=end>The end</p>"
        "<p style='height:3000px'></p>"
    )
    visitor = trade.people("en")
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(_path(request)))
    visitor.context.add_init_script(SHIFTS)
    visitor.context.add_init_script(TAB)
    visitor.page.goto(trade.own.url)
    visitor.page.wait_for_timeout(700)
    assert asked == ["/"]  # far below the screen nothing is fetched

    frame_element = visitor.page.locator("iframe")
    _scroll(visitor, 0.4, "iframe")
    frame = visitor.page.frame_locator("iframe")
    expect(frame.locator("a img").first).to_be_visible()
    inside = visitor.page.frames[1]
    assert inside.evaluate("window.origin") == "null"  # an origin of its own: nothing of the page around it
    assert inside.evaluate("(() => { try { return top.document.title } catch (error) { return error.name } })()") == (
        "SecurityError"
    )
    visitor.page.wait_for_timeout(1500)
    _scroll(visitor, 0.6, "iframe")
    visitor.page.wait_for_timeout(500)
    _scroll(visitor, 0.4, "iframe")
    visitor.page.wait_for_timeout(800)
    _show(visitor, "hidden")
    _scroll(visitor, 1.0, "iframe")
    visitor.page.wait_for_timeout(1500)
    assert _seen(asked, "/v/") == 0  # less than half, less than a second, a tab behind others
    _show(visitor, "visible")
    visitor.page.wait_for_timeout(600)
    _show(visitor, "hidden")
    visitor.page.wait_for_timeout(200)
    _show(visitor, "visible")
    visitor.page.wait_for_timeout(500)
    assert _seen(asked, "/v/") == 0  # not in a row
    wait_until(lambda: _pause(visitor) and _seen(asked, "/v/") == 1, 5)
    visitor.page.wait_for_timeout(1500)
    assert (_seen(asked, "/v/"), _seen(asked, "/i/"), _seen(asked, "/b/")) == (1, 1, 1)
    assert visitor.page.evaluate("window.moved") == 0
    box = frame_element.bounding_box()
    assert box
    assert box["width"] == 300

    with visitor.context.expect_page() as opened:
        frame.locator("a").click()
    trade.lands(opened.value)
    assert trade.buy(opened.value).amount == 800
    trade.counted(link, impressions=1, viewable_impressions=1, clicks=1)
    found = Click.objects.get(link_id=link.pk)
    assert (found.subs, found.creative_id) == (["sidebar"], banner.pk)
    line = trade.line("display")
    assert (line.impressions, line.clicks, line.conversions, line.commission) == (1, 1, 1, 800)
    assert "Display" in trade.pia.open("/reports/?by=channel").locator("main").inner_text()
    assert (trade.pia.complaints, visitor.complaints) == ([], [])


def test_a_mail_counts_its_opening_pays_and_lets_its_reader_go(trade: Trade) -> None:
    market = trade.market
    html = '<p><a href="{link}">Tents for two</a></p><p><a href="{unsubscribe}">No more of these</a></p>{open_pixel}'
    mail = letters.add(market.campaign, name="", subject="New tents", html=html, by=market.ada.actor)
    link = trade.take("email", mail)
    reader = sha256(b"reader@example.com").hexdigest()
    headers = trade.copied("List-Unsubscribe").replace("RECIPIENT", reader)
    trade.own.pages["/"] = "<!doctype html><title>Mail</title>" + trade.copied("<").replace("RECIPIENT", reader)
    visitor = trade.people("fa")
    visitor.page.goto(trade.own.url)
    trade.counted(link, opens=1, clicks=0)
    visitor.page.get_by_text("Tents for two").click()
    trade.lands(visitor.page)
    assert trade.buy(visitor.page).amount == 800
    trade.counted(link, opens=1, clicks=1)

    visitor.page.goto(trade.own.url)
    visitor.page.get_by_text("No more of these").click()
    expect(visitor.page.get_by_role("heading")).to_have_text("لغو اشتراک")
    assert not Suppression.objects.exists()  # whoever only opens the link changes nothing
    visitor.page.get_by_role("button").click()
    expect(visitor.page.get_by_role("heading")).to_have_text("اشتراک شما لغو شد")
    wait_until(lambda: Suppression.objects.filter(sha256=reader, source="unsubscribe").exists(), 10)
    visitor.page.goto(trade.own.url)
    visitor.page.get_by_text("Tents for two").click()
    wait_until(lambda: Click.objects.filter(link_id=link.pk, diverted="unsubscribed").count() == 1, 20)
    assert "pvd_cid" not in visitor.page.url

    other = sha256(b"other@example.com").hexdigest()
    address, way = (line.split(": ", 1)[1] for line in headers.replace(reader, other).splitlines())
    assert way == "List-Unsubscribe=One-Click"  # what a mail program posts, without asking
    answer = visitor.context.request.post(address.strip("<>"), form={"List-Unsubscribe": "One-Click"})
    assert answer.status == 200
    wait_until(lambda: Suppression.objects.filter(sha256=other).exists(), 10)
    line = trade.line("email")
    assert (line.clicks, line.diverted_clicks, line.conversions, line.commission) == (1, 1, 1, 800)


def test_a_short_name_a_qr_code_and_a_discount_code_lead_to_the_shop(trade: Trade) -> None:
    _short_name(trade)
    _code(trade)


def _short_name(trade: Trade) -> None:
    link = trade.take("influencer", name="Tents")
    picture = trade.pia.context.request.get(f"{trade.site.web.url}/links/{link.code}/qr.png").body()
    assert qr.read(picture) == trade.copied("http") == f"{trade.site.edge.url}/c/{link.code}"
    page = trade.pia.open("/names/")
    page.fill("input[name=name]", "@Pia.Walks")
    with page.expect_navigation():
        page.locator("form[action$='/names/claim/'] button").click()
    page.select_option("select[name=link]", link.code)
    page.fill("input[name=slug]", "tents")
    page.fill("input[name=label]", "چادر دونفره")
    with page.expect_navigation():
        page.locator("form[action$='/links/add/'] button").click()

    follower = trade.people("fa", 390)
    listed = follower.page.get_by_role("link", name="چادر دونفره")
    wait_until(lambda: bool(follower.page.goto(f"{trade.site.edge.url}/@pia.walks?sub1=story")) and listed.count() == 1)
    assert follower.page.evaluate("document.documentElement.scrollWidth") == 390
    listed.click()
    trade.lands(follower.page)
    assert trade.buy(follower.page).amount == 800
    scanner = trade.people("en", 390)
    scanner.page.goto(qr.read(picture))
    trade.lands(scanner.page)
    wait_until(lambda: Click.objects.filter(link_id=link.pk).count() == 2, 20)
    assert sorted(Click.objects.filter(link_id=link.pk).values_list("subs", flat=True)) == [[], ["story"]]
    line = trade.line("influencer")
    assert (line.conversions, line.commission) == (1, 800)


def _code(trade: Trade) -> None:
    """Copied from a coupon site, typed into the shop by somebody who never followed a link."""
    market = trade.market
    terms = coupons.Terms(publisher=market.pia.organization, is_exclusive=True, description="10% off")
    coupons.create(market.campaign, code="PIA10", terms=terms, by=market.ada.actor)
    trade.pia.open("/codes/")
    code = trade.copied("PIA")
    trade.shop.report(order_id="C-1", goal="sale", amount="100.00", currency="USD", coupon=code.lower())
    alone = trade.earned("C-1")
    assert alone.conversion
    assert (alone.amount, alone.conversion.attribution.kind) == (800, "coupon")
    line = trade.line("coupon")
    assert (line.conversions, line.commission) == (1, 800)


def _path(request: Request) -> str:
    return "/" + request.url.split("/", 3)[3]


def _seen(asked: list[str], start: str) -> int:
    return sum(path.startswith(start) for path in asked)


def _pause(person: Person) -> bool:
    """Lets the browser tell what happened."""
    person.page.wait_for_timeout(100)
    return True


def _scroll(person: Person, share: float, selector: str) -> None:
    """So that this share of it is above the lower end of the screen."""
    script = """([selector, share]) => {
        const box = document.querySelector(selector).getBoundingClientRect()
        window.scrollBy({top: box.top + box.height * share - innerHeight, behavior: "instant"})
    }"""
    person.page.evaluate(script, [selector, share])


def _show(person: Person, state: str) -> None:
    for frame in person.page.frames:
        frame.evaluate("state => window.postMessage(state, '*')", state)
