"""The report by sub id, source, country: exact figures from rollups, conversions and commissions."""

import csv
import io
from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from advertisers import coupons
from network.files import cell
from network.money import Money
from payouts import commissions
from reporting.breakdowns import Breakdown, Line, TwoBreakdowns
from reporting.figures import Slice, total
from reporting.periods import Period
from tests.cast import Member
from tests.payouts.market import Market, OpenMarket
from tests.tracking import stage
from tracking.days import day_of
from tracking.models import Click, DailyBreakdown, DailyCount

pytestmark = pytest.mark.django_db
PERCENT = 10_000


def click(market: Market, nonce: int, subs: list[str], **values: Any) -> str:
    """A click's row; the counts are written apart from it."""
    at = stage.to_ms(timezone.now() - timedelta(minutes=5))
    Click.objects.create(
        campaign_id=market.campaign.pk,
        at=at,
        nonce=nonce,
        partnership_id=market.partnership.pk,
        link_id=market.link.pk,
        day=day_of(at, market.campaign.time_zone),
        received_at=at,
        subs=subs,
        **values,
    )
    return stage.click_id(market.link, at, nonce)


def count(market: Market, values: dict[tuple[str, str], tuple[int, int]], **whole: int) -> None:
    """By (dimension, value): clicks and unique clicks; `whole` is the day's count."""
    of = {"campaign_id": market.campaign.pk, "day": timezone.localdate(), "partnership_id": market.partnership.pk}
    counts = {"plan_version": 1, "link_id": market.link.pk, "needs_settling": False} | whole
    DailyCount.objects.create(**of, **counts)
    for (dimension, value), (clicks, unique) in values.items():
        row = {"dimension": dimension, "value": value, "clicks": clicks, "unique_clicks": unique}
        DailyBreakdown.objects.create(**of, **row)


@pytest.fixture
def busy(open_market: OpenMarket) -> Market:
    """20 clicks: 10 of news, 4 of blog, 6 without a label; 2 sales by news, of which one is approved; one by nobody."""
    market = open_market({"sale": (0, 800)})
    market.sell("1001", click_id=click(market, 1, ["news", "top"], country="IR", source="mail", device="phone"))
    first = market.sell("1002", click_id=click(market, 2, ["news"], country="DE", source="mail"))
    commissions.approve(first, by=market.ada.actor)
    market.sell("1003", 5_000)  # its click's row is not there
    counts = {
        ("sub1", "news"): (10, 8),
        ("sub1", "blog"): (4, 4),
        ("country", "IR"): (15, 12),
        ("country", "DE"): (5, 5),
    }
    count(market, counts, impressions=200, clicks=20, unique_clicks=17, invalid_clicks=3, diverted_clicks=2)
    return market


def of(member: Member) -> Slice:
    return Slice(member.organization, "USD", Period.latest(30))


def lines(member: Member, *by: str) -> dict[Any, Line]:
    found = Breakdown(of(member), by).lines()
    return {key[0] if len(key) == 1 else key: line for key, line in found.items()}


def test_it_breaks_down_by_sub_id(busy: Market) -> None:
    found = lines(busy.pia, "sub1")
    assert set(found) == {"news", "blog", "", "(unknown)"}
    news = found["news"]
    assert (news.clicks, news.unique_clicks, news.duplicate_clicks) == (10, 8, 2)
    assert (news.conversions, news.pending, news.approved) == (2, 1, 1)
    assert (news.earned, news.earned_approved, news.net_sales) == (
        Money(1_600, "USD"),
        Money(800, "USD"),
        Money(20_000, "USD"),
    )
    assert (news.conversion_rate, news.epc, news.average_order) == (
        Fraction(1, 5),
        Money(160, "USD"),
        Money(10_000, "USD"),
    )
    assert found["blog"].conversion_rate == 0
    assert (found[""].clicks, found[""].impressions, found[""].gross_clicks) == (6, 200, 6 + 3 + 2)
    assert (found["(unknown)"].conversions, found["(unknown)"].conversion_rate) == (1, None)


def test_it_adds_up_to_the_whole(busy: Market) -> None:
    whole = total(of(busy.pia))
    for dimension in ("sub1", "sub2", "country", "source", "device", "channel", "creative", "landing"):
        found = lines(busy.pia, dimension).values()
        sums = [sum(getattr(line, name) for line in found) for name in ("clicks", "conversions", "commission", "sales")]
        assert sums == [whole.clicks, whole.conversions, whole.commission, whole.sales], dimension


def test_it_breaks_down_by_what_the_click_tells(busy: Market) -> None:
    found = lines(busy.ada, "country")
    assert {key: (line.clicks, line.conversions) for key, line in found.items()} == {
        "IR": (15, 1),
        "DE": (5, 1),
        "": (0, 0),
        "(unknown)": (0, 1),
    }


def test_it_pairs_a_dimension_with_the_day(busy: Market) -> None:
    found = lines(busy.pia, "day", "sub1")
    assert found[timezone.localdate(), "news"].clicks == 10
    assert lines(busy.ada, "publisher")[busy.partnership.pk].clicks == 20


def test_it_counts_no_pair_of_two_labels(busy: Market) -> None:
    with pytest.raises(TwoBreakdowns):
        Breakdown(of(busy.pia), ("sub1", "sub2"))


def test_it_keeps_apart_what_is_paid_by_the_day(open_market: OpenMarket) -> None:
    market = open_market({"click": (50 * 1_000_000, 0)})
    count(market, {("sub1", "news"): (10, 10)}, clicks=10, unique_clicks=10, needs_settling=True)
    market.settle()
    found = lines(market.pia, "sub1")
    assert (found["news"].commission, found["(paid by the day)"].commission) == (0, 500)


def test_it_shows_a_publisher_only_its_own(busy: Market, mallory: Member) -> None:
    assert lines(mallory, "sub1") == {}


def page(member: Member, name: str = "breakdown", **query: str) -> Any:
    client = Client()
    client.force_login(member.user)
    return client.get(reverse(f"reporting:{name}"), query)


def test_it_shows_the_report_with_its_formulas(busy: Market) -> None:
    text = page(busy.pia).text
    assert "news" in text
    assert "Commission ÷ clicks" in text
    assert "$1.60" in text
    assert "network fee" not in text
    assert "Commission + network fee" in page(busy.ada).text


def test_it_says_what_cannot_be_asked(busy: Market) -> None:
    assert "one of these at a time" in page(busy.pia, by="sub1", then="sub2").text
    assert "at most 366 days" in page(busy.pia, since="2020-01-01", until="2026-01-01").text


def test_it_gives_the_report_as_a_file(busy: Market) -> None:
    answer = page(busy.pia, "breakdown-file", by="sub1")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))
    news = next(row for row in rows if row["Sub id 1"] == "news")
    assert (news["Clicks"], news["Commission"], news["CR"], news["Currency"]) == ("10", "16.00", "20.0000", "USD")


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_it_gives_no_spreadsheet_a_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


def test_a_sale_by_code_alone_is_the_coupon_channels(market: Market) -> None:
    """It has no link that could say so."""
    terms = coupons.Terms(publisher=market.pia.organization)
    coupons.create(market.campaign, code="PIA10", terms=terms, by=market.ada.actor)
    market.sell("1001", click_id="", coupon="pia10")
    today = timezone.localdate()
    lines = Breakdown(Slice(market.ada.organization, "USD", Period(today, today)), ("channel",)).lines()
    assert {key: (line.conversions, line.commission, line.sales) for key, line in lines.items()} == {
        ("coupon",): (1, 800, 10_000)
    }
