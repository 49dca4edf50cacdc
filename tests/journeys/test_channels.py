"""Each channel on its whole way: the publisher takes it in the product, a visitor comes by it through a real edge, ingest
stores what happened, the shop reports a sale, and the commission and the report say exactly how much by which channel."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from django.test import Client
from django.utils import timezone
from redis import Redis

from advertisers import app_links, coupons, creatives, letters
from advertisers.models import Campaign, Suppression
from payouts.models import Commission
from publishers import smart_links
from publishers.models import TrackingLink, VanityName
from reporting import smart_scores
from reporting.breakdowns import Breakdown, Line
from reporting.figures import Slice
from reporting.periods import Period
from tests.live import Process, Processes, wait_until
from tests.payouts.market import Market, OpenMarket
from tests.publishers.conftest import png
from tracking.models import Click, Conversion, DailyCount

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]
PHONE = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0 Mobile Safari/537.36"
)
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 Version/18.6 Mobile/15E148 Safari/604.1"
DESK = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
PREVIEW = "TelegramBot (like TwitterBot)"


@dataclass
class Journey:
    market: Market
    edge: Process
    browser: httpx.Client
    page: Client

    def take(self, **values: str) -> TrackingLink:
        """As Pia takes it on her page."""
        url = f"/partnerships/{self.market.partnership.public_id}/links/grab/"
        answer = self.page.post(url, values)
        assert answer.status_code == 302, answer.content[:2000]
        return TrackingLink.objects.get(code=answer.headers["Location"].strip("/").rsplit("/", 1)[-1])

    def visit(self, path: str, agent: str = DESK, **headers: str) -> httpx.Response:
        return self.browser.get(path, headers={"User-Agent": agent, "Accept-Language": "en"} | headers)

    def land(self, path: str, agent: str = DESK) -> str:
        """The click id that the visitor brings to the shop."""
        answer = self.visit(path, agent)
        assert answer.status_code == 302, answer.text
        return parse_qs(urlsplit(answer.headers["location"]).query)["pvd_cid"][0]

    def buy(self, order: str, amount: str = "100.00", **values: str) -> Commission:
        """The shop's server reports the sale; 8% are the publisher's."""
        token, sold = self.market.campaign.postback_token, {"amount": amount} if amount else {}
        answer = self.browser.get("/postback", params={"token": token, "order_id": order} | sold | values)
        assert (answer.status_code, answer.json()["status"]) == (200, "accepted"), answer.text
        wait_until(Conversion.objects.filter(order_id=order).exists, 20)
        self.market.settle()
        return Commission.objects.get(conversion__order_id=order)

    def counted(self, link: TrackingLink, **counts: int) -> None:
        """The counts of this link become exactly these."""

        def found() -> dict[str, int]:
            row = DailyCount.objects.filter(link_id=link.pk).values(*counts).first()
            return row or dict.fromkeys(counts, 0)

        try:
            wait_until(lambda: found() == counts, 20)
        finally:
            assert found() == counts

    def line(self, channel: str, by: str = "channel") -> Line:
        today = timezone.now().date()
        part = Slice(self.market.pia.organization, "USD", Period(today, today))
        return Breakdown(part, (by,)).lines()[channel,]

    @property
    def tracking(self) -> str:
        return self.edge.url


@pytest.fixture
def journey(open_market: OpenMarket, processes: Processes, client: Client) -> Iterator[Journey]:
    market = open_market({"sale": (0, 800), "install": (150_000_000, 0)})
    edge = processes.start("edge")
    processes.start("ingest")
    client.force_login(market.pia.user)
    with httpx.Client(base_url=edge.url, timeout=10) as browser:
        yield Journey(market, edge, browser, client)


def seen(journey: Journey, is_seen: Callable[[], bool]) -> None:
    """The edge has heard of what was done in the product."""
    wait_until(is_seen, 10)


def test_it_pays_for_what_came_by_website_social_email_and_codes(journey: Journey, redis: Redis) -> None:
    _website(journey)
    _social(journey)
    _letters(journey)
    _codes(journey)


def _website(journey: Journey) -> None:
    link = journey.take(channel="website", destination="https://shop.example.com/shoes", sub1="article")
    seen(journey, lambda: "shoes" in journey.visit(f"/c/{link.code}", PREVIEW).headers.get("location", ""))
    click = journey.land(f"/c/{link.code}?sub1=article")
    assert journey.buy("W-1", click_id=click).amount == 800
    line = journey.line("website")
    assert (line.conversions, line.commission, line.sales) == (1, 800, 10_000)


def _social(journey: Journey) -> None:
    """A preview robot of the network where the link was posted is sent on and not counted."""
    link = journey.take(channel="social", name="Post")
    seen(journey, lambda: journey.visit(f"/c/{link.code}", PREVIEW).status_code == 302)
    click = journey.land(f"/c/{link.code}", PHONE)
    assert journey.buy("S-1", click_id=click).amount == 800
    journey.counted(link, clicks=1)
    text = journey.page.get(f"/links/{link.code}/").content.decode()
    assert "https://t.me/share/url?url=" in text
    assert "https://wa.me/?text=" in text
    line = journey.line("social")
    assert (line.clicks, line.conversions, line.commission) == (1, 1, 800)


def _letters(journey: Journey) -> None:
    market = journey.market
    html = '<p onclick="x()"><a href="{link}">Shoes</a></p><script>x()</script><a href="{unsubscribe}">No more</a>'
    mail = letters.add(market.campaign, name="", subject="New shoes", html=html, by=market.ada.actor)
    link = journey.take(creative=mail.public_id, channel="email")
    body = journey.page.get(f"/links/{link.code}/").content.decode()
    assert "List-Unsubscribe=One-Click" in body
    reader, other = (sha256(name).hexdigest() for name in (b"reader@example.com", b"other@example.com"))
    seen(journey, lambda: journey.visit(f"/u/{link.code}?r={reader}").status_code == 200)

    journey.visit(f"/o/{link.code}.gif?r={reader}")
    click = journey.land(f"/c/{link.code}?r={reader}")
    journey.counted(link, opens=1, clicks=1)
    assert journey.buy("E-1", click_id=click).amount == 800
    assert (Click.objects.get(link_id=link.pk).extra or {})["recipient"] == reader

    done = journey.browser.post(f"/u/{link.code}?r={reader}", data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    refused = journey.visit(f"/c/{link.code}?r={reader}")
    assert "pvd_cid" not in refused.headers.get("location", "")
    wait_until(lambda: Suppression.objects.filter(sha256=reader, source="unsubscribe").exists(), 10)
    journey.visit(f"/o/{link.code}.gif?r={reader}")
    assert "pvd_cid" in journey.visit(f"/c/{link.code}?r={other}", IPHONE).headers["location"]
    journey.counted(link, clicks=2, diverted_clicks=1, opens=1)
    assert list(Click.objects.filter(link_id=link.pk).exclude(diverted="").values_list("diverted", flat=True)) == [
        "unsubscribed"
    ]
    lines = b"".join(journey.page.get(f"/partnerships/{market.partnership.public_id}/suppression/sha256/"))
    assert lines.decode().split() == ["sha256", reader]
    line = journey.line("email")
    assert (line.clicks, line.diverted_clicks, line.conversions, line.commission) == (2, 1, 1, 800)


def _codes(journey: Journey) -> None:
    """A sale with the publisher's code and without any click."""
    market = journey.market
    terms = coupons.Terms(publisher=market.pia.organization, is_exclusive=True, description="10% off")
    code = coupons.create(market.campaign, code="PIA10", terms=terms, by=market.ada.actor)
    assert "PIA10" in journey.page.get("/codes/").content.decode()
    link = journey.take(channel="coupon", coupon=code.public_id)
    seen(journey, lambda: journey.visit(f"/c/{link.code}", PREVIEW).status_code == 302)
    click = journey.land(f"/c/{link.code}")
    assert journey.buy("K-1", click_id=click).amount == 800
    wait_until(lambda: Click.objects.filter(link_id=link.pk, verdict="valid").exists(), 20)
    assert Click.objects.get(link_id=link.pk, verdict="valid").coupon == "PIA10"
    alone = journey.buy("K-2", coupon="pia10")
    assert (alone.amount, alone.partnership) == (800, market.partnership)
    line = journey.line("coupon")
    assert (line.conversions, line.commission, line.sales) == (2, 1_600, 20_000)


def test_it_pays_for_what_came_by_display_native_influencer_and_app(journey: Journey) -> None:
    _display(journey)
    _native(journey)
    _influencer(journey)
    _app(journey)


def _display(journey: Journey) -> None:
    """The tag rotates by weight; the one of weight 0 never shows."""
    market = journey.market
    shown = creatives.add_banner(market.campaign, name="Shown", data=png(300, 250), by=market.ada.actor)
    hidden = creatives.add_banner(market.campaign, name="Hidden", data=png(300, 250), by=market.ada.actor)
    type(hidden).objects.filter(pk=hidden.pk).update(weight=0)
    link = journey.take(channel="display", sub1="sidebar")
    page = journey.page.get(f"/links/{link.code}/").content.decode()
    assert f"{link.code}?slot=300x250" in page

    def frame() -> str:
        return journey.visit(f"/b/{link.code}?slot=300x250&sub1=sidebar").text

    seen(journey, lambda: shown.public_id in frame() and hidden.public_id not in frame())
    answer = journey.visit(f"/b/{link.code}?slot=300x250&sub1=sidebar")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors http: https:" in policy
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "set-cookie" not in answer.headers
    assert 'width="300" height="250"' in answer.text
    assert all(hidden.public_id not in frame() for _ in range(20))
    click, view, pixel = (
        re.search(pattern, answer.text)[1].replace("&amp;", "&")  # type: ignore[index]
        for pattern in (r'href="([^"]+)"', r'data-view="([^"]+)"', r'src="(/i/[^"]+)"')
    )
    journey.visit(pixel)
    journey.visit(view)
    assert journey.buy("D-1", click_id=journey.land(click)).amount == 800
    journey.counted(link, impressions=1, viewable_impressions=1, clicks=1)
    found = Click.objects.get(link_id=link.pk)
    assert (found.creative_id, found.subs, found.channel) == (shown.pk, ["sidebar"], "display")
    script = journey.visit(f"/b/{link.code}.js?slot=300x250").text
    assert '"300","250"' in script
    assert journey.visit(f"/b/{link.code}?slot=728x90").text.count("<a") == 0
    line = journey.line("display")
    assert (line.impressions, line.clicks, line.commission) == (1, 1, 800)


def _native(journey: Journey) -> None:
    market = journey.market
    native = creatives.add_native(
        market.campaign,
        name="",
        title="Walk <far>",
        text="Light shoes",
        brand="Ada's",
        data=png(400, 400),
        by=market.ada.actor,
    )
    link = journey.take(creative=native.public_id, channel="native")
    seen(journey, lambda: "Walk &lt;far&gt;" in journey.visit(f"/b/{link.code}?slot=native").text)
    assert journey.buy("N-1", click_id=journey.land(f"/c/{link.code}")).amount == 800
    line = journey.line("native")
    assert (line.clicks, line.conversions, line.commission) == (1, 1, 800)


def _influencer(journey: Journey) -> None:
    market = journey.market
    link = journey.take(channel="influencer", name="Shoes")
    answer = journey.page.post("/names/claim/", {"name": "@Pia.Walks", "title": "پیا", "about": ""})
    assert answer.status_code == 302
    claimed = VanityName.objects.get()
    shown = {"link": link.code, "slug": "shoes", "label": "کفش‌ها"}
    assert journey.page.post(f"/names/{claimed.public_id}/links/add/", shown).status_code == 302
    seen(journey, lambda: "کفش‌ها" in journey.visit("/@pia.walks").text)
    page = journey.visit("/@PIA.walks?sub1=story", **{"Accept-Language": "fa-IR,fa"})
    assert 'lang="fa" dir="rtl"' in page.text
    assert 'href="/@pia.walks/shoes?sub1=story"' in page.text
    assert journey.buy("I-1", click_id=journey.land("/@Pia.Walks/Shoes?sub1=story")).amount == 800
    assert journey.page.get(f"/links/{link.code}/qr.svg").content.startswith(b"<?xml")
    assert journey.visit("/@nobody/at-all").status_code in {302, 404}
    line = journey.line("influencer")
    assert (line.clicks, line.conversions, line.commission) == (1, 1, 800)
    assert market.partnership.status == "active"


def _app(journey: Journey) -> None:
    market = journey.market
    link = journey.take(channel="app", sub1="reels & co")
    app_links.describe(market.campaign, android_package="com.example.shop", ios_app_id="310633997", by=market.ada.actor)
    seen(journey, lambda: "play.google.com" in journey.visit(f"/c/{link.code}", PHONE).headers.get("location", ""))
    play = urlsplit(journey.visit(f"/c/{link.code}", PHONE).headers.get("location", ""))
    assert (play.netloc, play.path) == ("play.google.com", "/store/apps/details")
    asked = parse_qs(play.query)
    referrer = parse_qs(asked["referrer"][0])  # decoded once by the first line, as the store does it
    assert (asked["id"], referrer["utm_source"]) == (["com.example.shop"], ["peyvand"])
    store = journey.visit(f"/c/{link.code}", IPHONE).headers["location"]
    assert store == "https://apps.apple.com/app/id310633997"
    assert journey.visit(f"/c/{link.code}").headers["location"].startswith("https://shop.example.com/")
    install = journey.buy("device-1", "", goal="install", click_id=referrer["pvd_cid"][0])
    assert install.amount == 150
    app_links.describe(
        market.campaign,
        android_package="com.example.shop",
        measurement="appsflyer",
        measurement_url=(
            "https://shop.onelink.me/a?pid=peyvand_int&clickid={click_id}&af_sub1={sub1}&af_siteid={publisher_id}"
        ),
        by=market.ada.actor,
    )
    seen(journey, lambda: "onelink" in journey.visit(f"/c/{link.code}", IPHONE).headers.get("location", ""))
    partner = journey.visit(f"/c/{link.code}", IPHONE).headers["location"]
    assert "&af_sub1=reels%20%26%20co" in partner
    assert f"&af_siteid={market.pia.organization.public_id}" in partner
    assert parse_qs(urlsplit(partner).query)["clickid"][0].startswith("v1.")
    assert journey.line("app").commission == 150


def test_it_sends_visitors_of_a_smart_link_to_the_best_campaign(journey: Journey) -> None:
    market = journey.market
    made = smart_links.create(
        market.pia.organization,
        name="All",
        slug="all",
        rule=smart_links.Rule(campaigns=[(market.campaign, 100)]),
        channel="social",
        catch_all_url="https://elsewhere.example/",
        by=market.pia.actor,
    )
    link = TrackingLink.objects.get(smart_link=made)
    seen(journey, lambda: journey.visit("/go/all", PREVIEW).status_code == 302)
    clicks = [journey.land("/go/all?sub1=bio") for _ in range(50)]
    assert journey.buy("G-1", click_id=clicks[0]).amount == 800
    wait_until(lambda: Click.objects.filter(link_id=link.pk, smart_link_id=made.pk).count() >= 50, 20)
    smart_scores.update()
    route = made.routes.get()
    assert route.clicks == DailyCount.objects.get(link_id=link.pk).clicks

    Campaign.objects.filter(pk=market.campaign.pk).update(status="paused")
    seen(journey, lambda: journey.visit("/go/all").headers.get("location") == "https://elsewhere.example/")
    wait_until(lambda: Click.objects.filter(link_id=link.pk, diverted="smart_link_no_match").exists(), 20)
    line = journey.line(str(made.pk), "smart_link")
    assert (line.conversions, line.commission) == (1, 800)
