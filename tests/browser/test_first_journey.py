"""From a campaign set up by clicking to exact balances: the main job of the product, in both languages."""

import io
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from advertisers.models import Campaign, CampaignStatus
from network import formats
from network.money import Money
from payouts import accounts, ledger
from payouts.models import Commission
from publishers.models import Partnership, PartnershipStatus
from tests.browser.conftest import Person, Site
from tests.browser.places import Place, Shop
from tests.cast import Member
from tests.live import wait_until
from tracking.models import DailyCount
from tracking.quality import thresholds

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(240)]

type Arrive = Callable[..., Person]
type Screenshot = Callable[[Page, str], Path]


def banner(tmp_path: Path) -> Path:
    path = tmp_path / "banner.png"
    data = io.BytesIO()
    Image.new("RGB", (300, 250), "#14532d").save(data, "PNG")
    path.write_bytes(data.getvalue())
    return path


def shown(amount: int, language: str) -> str:
    """An amount of dollars as a page shows it, without its unit in Persian."""
    return formats.money(Money(amount, "USD"), language).figure


def typed(text: str, language: str) -> str:
    """As people type numbers in that language."""
    return formats.digits(text, language) if language == "fa" else text


@pytest.mark.parametrize("language", ["en", "fa"])
def test_it_goes_from_a_click_to_exact_balances(
    language: str,
    people: Arrive,
    site: Site,
    shop: Shop,
    publisher_site: Place,
    nima: Member,
    ada: Member,
    pia: Member,
    otto: Member,
    tmp_path: Path,
    screenshot: Screenshot,
) -> None:
    staff = people(language).sign_in(nima)
    advertiser = people(language).sign_in(ada)
    publisher = people(language).sign_in(pia)
    opm = people(language).sign_in(otto)

    def keep(person: Person, name: str) -> None:
        screenshot(person.page, f"journey-{language}-{name}")

    # the network records a top-up of 1,000.00 dollars
    page = staff.open(f"/money/top-up/{ada.organization.public_id}/")
    page.fill("input[name=amount]", typed("1000.00", language))
    page.fill("[name=reference]", "BANK-1")
    page.press("[name=reference]", "Enter")
    wait_until(lambda: ledger.balance(accounts.funds(ada.organization, "USD")) == 100_000)
    keep(staff, "1-top-up")

    # the advertiser sets up a campaign and its commission structure
    page = advertiser.open("/campaigns/new/")
    page.fill("input[name=name]", "Tents for autumn")
    page.fill("input[name=landing_url]", f"{shop.place.url}/")
    with page.expect_navigation():
        page.locator("form[method=post] button.btn-primary").last.click()
    page.fill("input[name=flat-sale]", typed("1.00", language))
    page.fill("input[name=percent-sale]", typed("8", language))
    page.fill("input[name=flat-click]", typed("0.05", language))
    page.fill("input[name=flat-impression]", typed("2.00", language))
    expect(page.locator("#example-sale")).to_contain_text(shown(900, language))
    expect(page.locator("#example-sale")).to_contain_text(shown(1080, language))
    keep(advertiser, "2-commission")
    with page.expect_navigation():
        page.locator("button[name=action][value=save]").click()
    page.set_input_files("input[type=file]", banner(tmp_path))
    advertiser.send("/creatives/banners/")
    expect(page.locator("img[width='300']").or_(page.locator("img[alt*='banner']")).first).to_be_visible()
    keep(advertiser, "3-creatives")
    campaign = Campaign.objects.get()
    shop.token = campaign.postback_token
    page = advertiser.open(f"/campaigns/{campaign.public_id}/integration/")
    expect(page.locator("body")).to_contain_text(campaign.postback_token)
    advertiser.open(f"/campaigns/{campaign.public_id}/")
    advertiser.send("/start/")
    assert Campaign.objects.get().status == CampaignStatus.ACTIVE
    keep(advertiser, "4-started")
    thresholds.change(campaign, {"sale_seconds": 0}, by=ada.actor)  # nobody waits here between click and purchase

    # the publisher finds it and applies, the OPM approves from the work queue
    page = publisher.open("/discover/")
    page.locator(f"a[href$='/discover/{campaign.public_id}/']").first.click()
    keep(publisher, "5-campaign")
    page.fill("textarea[name=message]", "Two thousand hikers a day.")
    publisher.send("/apply/")
    page = opm.open("/home/")
    keep(opm, "6-queue")
    page.locator("#queue a[href*='/partners/']").click()
    page.locator("a[href*='/partners/']", has_text=pia.organization.name).first.click()
    keep(opm, "7-application")
    opm.send("/approve/")
    partnership = Partnership.objects.get()
    assert partnership.status == PartnershipStatus.ACTIVE

    # the publisher copies the banner's code and puts it on its own site
    page = publisher.open(f"/partnerships/{partnership.public_id}/links/")
    page.locator("button[name=creative]").first.click()
    code = page.locator("[data-copy^='<a ']").first
    code.wait_for()
    keep(publisher, "8-links")
    embed = code.get_attribute("data-copy") or ""
    publisher_site.pages["/"] = f"<!doctype html><title>Tent talk</title><h1>Tent talk</h1>{embed}"

    # a visitor sees and clicks it, lands in the shop with a click id, and buys
    visitor = people(language)
    visitor.page.goto(publisher_site.url)
    image = visitor.page.locator("a img")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.naturalWidth") == 300
    wait_until(lambda: seen("impressions") == 1, within=30)
    screenshot(visitor.page, f"journey-{language}-9-publisher-site")
    with visitor.context.expect_page() as opened:
        image.click()
    landing = opened.value
    landing.wait_for_url(f"{shop.place.url}/?pvd_cid=v1.*")
    failures: list[str] = []
    landing.on("console", lambda line: failures.append(line.text) if line.type == "error" else None)
    hidden = landing.locator("[data-peyvand-click-id]")
    expect(hidden).to_have_value(landing.url.split("pvd_cid=")[1])
    landing.locator("button").click()
    expect(landing.locator("#order")).to_have_text("1001")
    assert failures == []
    assert shop.answers[0]["status"] == "accepted"

    # seconds later all three see impression, click, sale and the exact commission
    wait_until(lambda: Commission.objects.count() == 3 and seen("clicks") == 1, within=40)
    sale = Commission.objects.get(conversion__isnull=False)
    assert (sale.amount, sale.fee, sale.status) == (900, 180, "pending")
    click = Commission.objects.get(goal__kind="click")
    assert (click.amount, click.fee) == (5, 1)
    for person, name in ((publisher, "publisher"), (advertiser, "advertiser"), (opm, "opm")):
        person.open("/home/")
        keep(person, f"10-{name}-home")
        page = person.open("/conversions/")
        expect(page.locator("main")).to_contain_text(shown(900, language))
        keep(person, f"11-{name}-conversions")
    expect(opm.open("/home/").locator("main")).to_contain_text(shown(1086, language))
    expect(publisher.open("/home/").locator("main")).to_contain_text(shown(905, language))

    # it is approved, then a quarter is refunded
    advertiser.open(f"/conversions/{sale.public_id}/")
    advertiser.send("/approve/")
    page = advertiser.page
    page.fill("form[action$='/refund/'] input[name=amount]", typed("25.00", language))
    advertiser.send("/refund/")
    keep(advertiser, "12-refunded")
    wait_until(lambda: Commission.objects.get(pk=sale.pk).amount == 700)
    sale.refresh_from_db()
    assert (sale.amount, sale.fee, sale.status) == (700, 140, "approved")
    assert ledger.balance(accounts.funds(ada.organization, "USD")) == 100_000 - 840 - 6
    assert ledger.balance(accounts.payable(pia.organization, "USD")) == 700
    assert ledger.balance(accounts.pending(pia.organization, "USD")) == 5
    assert ledger.balance(accounts.network_fee("USD")) == 140
    expect(publisher.open("/balance/").locator("main")).to_contain_text(shown(700, language))
    keep(publisher, "13-publisher-balance")
    expect(advertiser.open("/balance/").locator("main")).to_contain_text(shown(99_154, language))
    keep(advertiser, "14-advertiser-balance")
    for person in (staff, advertiser, publisher, opm):
        assert person.complaints == []


def seen(name: str) -> int:
    time.sleep(0.05)
    return sum(DailyCount.objects.values_list(name, flat=True))
