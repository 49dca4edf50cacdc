"""Rules about where buyers come from and by what terms, each at, below and above its threshold."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from advertisers.models import Campaign, Coupon
from publishers import profiles
from publishers.models import PublisherKind, TrackingLink
from tests.cast import Member
from tests.tracking.quality.conftest import VALID, Sell, only, signals, verdict
from tracking.models import Conversion, QualityFacts
from tracking.quality import hosts, thresholds


class TestR21:
    def sales(self, sell: Sell, same: int, other: int) -> Conversion:
        for n in range(same + other):
            country = "IR" if n < same else "DE"
            last = sell(f"A-{n}", click={"country": "IR", "ip": f"198.51.100.{n}"}, country=country)
        return last

    def test_one_of_many_is_only_noted(self, sell: Sell) -> None:
        sale = self.sales(sell, same=9, other=1)
        assert (verdict(sale), signals(sale)) == (VALID, [("R21", "W")])
        assert only(sale).inputs == {"click": "IR", "conversion": "DE", "percent": 10.0, "of": 10, "most": 20}

    @pytest.mark.parametrize(("same", "other", "held"), [(8, 2, False), (7, 2, False), (7, 3, True)])
    def test_it_holds_them_where_they_are_many(self, sell: Sell, same: int, other: int, *, held: bool) -> None:
        assert (verdict(self.sales(sell, same, other))[0] == "suspect") is held

    def test_the_same_country_is_nothing(self, sell: Sell) -> None:
        sale = sell("A-1", click={"country": "IR"}, country="ir")
        assert signals(sale) == []
        assert QualityFacts.objects.get(pk=sale.pk).countries == "IR-IR"


class TestR28:
    @pytest.mark.parametrize(
        "click",
        [
            {"extra": {"gclid": "abc"}},
            {"referrer": "https://www.google.com/search?q=shop&gad_source=1"},
            {"referrer": "https://blog.example/?msclkid=1"},
        ],
    )
    def test_it_holds_paid_traffic_where_that_is_forbidden(
        self, sell: Sell, campaign: Campaign, ada: Member, click: dict[str, Any]
    ) -> None:
        assert verdict(sell("A-1", click=click)) == VALID
        thresholds.change(campaign, {"no_paid_traffic": 1}, by=ada.actor)
        assert verdict(sell("A-2", click=click)) == ("suspect", "paid_search")

    def test_other_traffic_is_free(self, sell: Sell, campaign: Campaign, ada: Member) -> None:
        thresholds.change(campaign, {"no_paid_traffic": 1}, by=ada.actor)
        assert (
            verdict(sell("A-1", click={"referrer": "https://blog.example/?ngclid=1", "extra": {"click": "1"}})) == VALID
        )


class TestR30:
    def test_a_code_of_somebody_else_is_held(self, sell: Sell, second_link: TrackingLink, campaign: Campaign) -> None:
        paul = second_link.partnership.publisher
        Coupon.objects.create(campaign=campaign, publisher=paul, code="PAUL10", is_exclusive=True)
        campaign.attribution_model = "click_first"
        campaign.save()
        sale = sell("A-1", coupon="paul10")
        assert (verdict(sale), only(sale).inputs) == (
            ("suspect", "coupon_poaching"),
            {"code": "paul10", "owner": paul.pk},
        )

    @pytest.mark.parametrize(("seconds", "held"), [(59.999, True), (60, False)])
    @pytest.mark.parametrize("kind", [PublisherKind.COUPON, PublisherKind.BLOG])
    def test_a_click_at_the_checkout_is_held(
        self, sell: Sell, pia: Member, kind: PublisherKind, seconds: float, *, held: bool
    ) -> None:
        profiles.describe(pia.organization, kind=kind, description="", audience="", by=pia.actor)
        expected = ("suspect", "coupon_poaching") if held and kind == PublisherKind.COUPON else VALID
        assert verdict(sell("A-1", after=seconds)) == expected


class TestR34:
    def test_it_is_off_by_default(self, sell: Sell) -> None:
        assert verdict(sell("A-1")) == VALID

    def test_it_holds_the_first_conversions(self, sell: Sell, nima: Member) -> None:
        thresholds.change(None, {"new_publisher_conversions": 2}, by=nima.actor)
        now = timezone.now().replace(microsecond=0)
        found = [verdict(sell(f"A-{n}", at=now + timedelta(seconds=n)))[0] for n in range(3)]
        assert found == ["suspect", "suspect", "valid"]

    def test_it_holds_the_first_days(self, sell: Sell, nima: Member) -> None:
        now = timezone.now().replace(microsecond=0)
        sell("A-1", at=now - timedelta(days=30))
        thresholds.change(None, {"new_publisher_days": 30}, by=nima.actor)
        assert verdict(sell("A-2", at=now - timedelta(seconds=1))) == ("suspect", "new_publisher")
        assert verdict(sell("A-3", at=now)) == VALID


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("shop.example.com", "shop.example.com", False),
        ("shap.example.com", "shop.example.com", True),
        ("shp.example.com", "shop.example.com", True),
        ("shoop.example.com", "shop.example.com", True),
        ("hsop.example.com", "shop.example.com", True),
        ("shaap.example.com", "shop.example.com", False),
        ("shop.example.co", "shop.example.com", True),
        ("blog.example", "shop.example.com", False),
        ("a.co", "b.c", False),
    ],
)
def test_r39_one_letter_makes_a_lookalike(one: str, other: str, *, alike: bool) -> None:
    assert hosts.is_lookalike(one, other) is alike


def test_r39_it_holds_orders_from_a_lookalike_of_the_shop(sell: Sell) -> None:
    sale = sell("A-1", click={"referrer": "https://www.shap.example.com/"})
    assert (verdict(sale), only(sale).inputs) == (
        ("suspect", "lookalike_site"),
        {"site": "shap.example.com", "like": "shop.example.com"},
    )
    assert verdict(sell("A-2", click={"referrer": "https://www.shop.example.com/x"})) == VALID
