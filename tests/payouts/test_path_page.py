"""The path on a conversion's page: all of it for those who pay, one's own for a publisher."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from network.models import Kind
from publishers import links, partnerships
from tests.cast import Member, member
from tests.payouts.market import Market, OpenMarket
from tests.tracking import stage


@pytest.fixture
def market(open_market: OpenMarket) -> Market:
    return open_market({"sale": (0, 800)})


@pytest.fixture
def paul(market: Market, nima: Member) -> Member:
    return member("Paul", Kind.PUBLISHER, nima)


@pytest.fixture
def page(market: Market, paul: Member) -> Any:
    """The page of a sale of Pia's, with a click of Paul's before and one long before, as somebody sees it."""
    applied = partnerships.apply(market.campaign, publisher=paul.organization, by=paul.actor)
    link = links.grab(partnerships.approve(applied, by=market.ada.actor), by=paul.actor)
    now = timezone.now()
    touches = [stage.click_id(link, now - timedelta(days=days)) for days in (2, 31)]
    commission = market.sell("1001", touches=touches)

    def see(one: Member) -> str:
        client = Client()
        client.force_login(one.user)
        return client.get(reverse("payouts:conversion-detail", args=[commission.public_id])).text

    return see


def test_it_shows_all_of_it_to_those_who_pay(page: Any, market: Market) -> None:
    for one in (market.ada, market.nima):
        text = page(one)
        assert "Path to the conversion" in text
        assert text.count("Paul&#x27;s Publisher") == 2
        assert "outside the window" in text
        assert "Last click, within <bdi" in text


def test_it_names_no_other_publisher_to_a_publisher(page: Any, market: Market) -> None:
    text = page(market.pia)
    assert text.count("another publisher") == 2
    assert "Paul" not in text
    assert "outside the window" not in text
    assert "earns" in text


def test_it_says_by_what_it_was_earned(market: Market) -> None:
    commission = market.sell("1001", click_id=None, publisher=market.partnership.public_id)
    client = Client()
    client.force_login(market.ada.user)
    text = client.get(reverse("payouts:conversion-detail", args=[commission.public_id])).text
    assert "Named by the advertiser" in text
