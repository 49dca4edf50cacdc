"""The work queue and the table of clients of a home page: what they count is what the page they lead to shows."""

import re

import pytest
from django.test import Client

from advertisers import mandates
from advertisers.models import Scope
from tests.cast import Member
from tests.payouts.market import OpenMarket

pytestmark = pytest.mark.django_db


def words(content: bytes) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", content.decode()))


def test_it_counts_what_the_page_behind_the_link_lists(open_market: OpenMarket, client: Client) -> None:
    """The balance covers the first sale; the second waits for money and not for a decision."""
    market = open_market({"sale": (0, 800)}, funds=1_000)
    market.sell("1001")
    market.sell("1002")
    client.force_login(market.ada.user)
    home = client.get("/home/").content
    assert "1 conversion to validate" in words(home)

    link = re.search(r'href="(/conversions/\?[^"]+)"', home.decode())
    assert link
    listed = client.get(link[1].replace("&amp;", "&")).content.decode().partition('id="conversions"')[2]
    assert "1001" in listed
    assert "1002" not in listed


def test_it_shows_a_new_advertiser_the_first_step(open_market: OpenMarket, ada: Member, client: Client) -> None:
    client.force_login(ada.user)
    assert "Start your first campaign" in words(client.get("/home/").content)
    open_market({"sale": (0, 800)})
    assert "Start your first campaign" not in words(client.get("/home/").content)


def test_an_agency_reads_each_client_in_its_own_currency(
    open_market: OpenMarket, otto: Member, mallory: Member, client: Client
) -> None:
    market = open_market({"sale": (0, 800)}, funds=50_000_000, currency="IRR")
    market.sell("1001", 1_000_000)
    mandates.give(mallory.organization, agency=otto.organization, scopes=list(Scope), by=mallory.actor)
    client.force_login(otto.user)
    for currency in ("IRR", "USD", ""):
        page = client.get(f"/home/?currency={currency}").content.decode()
        table = words(page.partition('id="clients"')[2].partition("</table>")[0].encode())
        assert "IRR 1,000,000 IRR 96,000 942%" in table
