"""`{status:…}` and `{date:…}` in a publisher's postback address."""

import pytest
from django.test import Client

from payouts import macros
from publishers.models import PublisherPostback
from tests.payouts.market import Market

AT = "1781091005"  # 2026-06-10 11:30:05 UTC


def filled(template: str, status: str = "pending") -> str:
    facts = {"status": status, "timestamp": AT, "date": "2026-06-10", "campaign_name": "Autumn sale"}
    return macros.fill(f"https://t.example/?x={template}", facts, "whsec_c2VjcmV0").partition("?x=")[2]


@pytest.mark.parametrize(
    ("status", "expected"),
    [("pending", "0"), ("held", "0"), ("approved", "1"), ("paid", "1"), ("declined", "2"), ("reversed", "2")],
)
def test_it_tells_the_status_in_the_trackers_words(status: str, expected: str) -> None:
    assert filled("{status:lead=0 sale=1 rejected=2}", status) == expected
    assert filled("{status:%20lead=0%20sale=1%20rejected=2}", status) == expected


def test_our_own_words_go_first_and_what_is_not_named_stays() -> None:
    assert filled("{status:lead=0 held=9}", "held") == "9"
    assert filled("{status:sale=1}", "declined") == "declined"
    assert filled("{status:sale=a&b}", "approved") == "a"
    assert filled("{status}", "approved") == "approved"


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{date}", "2026-06-10"),
        ("{date:Y-m-d H:i:s,Europe/Kyiv}", "2026-06-10%2014%3A30%3A05"),
        ("{_date:Y-m-d%20H:i:s,Asia/Tehran}", "2026-06-10%2015:00:05"),
        ("{date:d.m.y}", "10.06.26"),
        ("{date:U}", AT),
        ("{_date:c}", "2026-06-10T11:30:05+00:00"),
        (r"{date:\Y Y}", "Y%202026"),
        ("{date:j/n G g A}", "10%2F6%2011%2011%20AM"),
    ],
)
def test_it_writes_the_date_as_asked(template: str, expected: str) -> None:
    assert filled(template) == expected


def test_it_says_which_macros_it_does_not_know() -> None:
    assert macros.unknown(
        "https://t.example/?a={date:Y,Nowhere/Land}&b={sample:1,2}&c={status:x=1}&d={date:Y,UTC}"
    ) == [
        "{date:Y,Nowhere/Land}",
        "{sample:1,2}",
    ]
    assert filled("{date:Y,Nowhere/Land}") == "2026"  # saved all the same: in UTC


def test_a_space_in_a_value_stays_one() -> None:
    assert filled("{_campaign_name}") == "Autumn%20sale"


def test_a_publisher_may_paste_them_with_spaces(market: Market, client: Client) -> None:
    client.force_login(market.pia.user)
    url = "https://tracker.example/in?s={status:lead=0 sale=1}&at={date:Y-m-d H:i,Asia/Tehran}"
    answer = client.post("/callbacks/add/", {"url": url, "events": ["recorded"], "method": "GET", "reach": ""})
    assert answer.status_code == 302
    assert PublisherPostback.objects.get().url == url.replace(" ", "%20")
