"""Rules at the conversion: how they are asked, and what their answers do."""

from typing import Any

import pytest

from advertisers.models import Campaign
from publishers.models import TrackingLink
from tests.cast import Member
from tests.tracking import stage
from tests.tracking.quality.conftest import VALID, Sell, mail, only, signals, verdict
from tracking import conversions
from tracking.models import Conversion, QualityCase, QualityFacts
from tracking.quality import thresholds
from tracking.quality.rules import Category


def test_it_finds_an_ordinary_sale_valid(sell: Sell) -> None:
    sale = sell("A-1")
    assert (verdict(sale), signals(sale)) == (VALID, [])
    facts = QualityFacts.objects.get(pk=sale.pk)
    assert facts.address
    assert (facts.device, facts.mail, facts.countries) == (None, None, "")
    assert not QualityCase.objects.exists()


def test_it_asks_the_database_as_often_for_many_as_for_two(
    campaign: Campaign, link: TrackingLink, django_assert_max_num_queries: Any
) -> None:
    reports = [
        stage.report(campaign, f"A-{n}", click_id=stage.click_id(link), mail=mail(f"b{n}@x.example")) for n in range(40)
    ]
    with django_assert_max_num_queries(45):
        conversions.process_all(reports)
    assert Conversion.objects.filter(verdict="valid").count() == 40


def test_r1_it_holds_the_sale_of_a_robots_click(sell: Sell) -> None:
    sale = sell("A-1", click={"verdict": "invalid", "reasons": ["known_robot"]})
    assert (verdict(sale), signals(sale)) == (("suspect", "invalid_click"), [("R1", "H")])


def test_r2_it_holds_the_sale_of_a_data_centres_click(sell: Sell) -> None:
    sale = sell("A-1", click={"verdict": "invalid", "reasons": ["truncated", "data_centre"]})
    assert (verdict(sale), signals(sale)) == (("suspect", "invalid_click"), [("R2", "H")])
    assert only(sale).inputs == {"click": ["truncated", "data_centre"]}


def test_it_leaves_tests_and_what_nobody_earns_alone(sell: Sell, campaign: Campaign) -> None:
    assert signals(sell("A-1", after=1, test=True)) == []
    stage.process(stage.report(campaign, "A-2"))
    assert signals(stage.conversion("A-2")) == []


def test_every_reason_has_a_category_for_the_publisher() -> None:
    from tracking.quality.rules import CODES, category

    assert {category(code) for code in CODES} <= set(Category)
    assert category("outside_window") == Category.ATTRIBUTION


class TestThresholds:
    def test_a_campaign_overrides_the_network_which_overrides_the_product(
        self, campaign: Campaign, ada: Member, nima: Member
    ) -> None:
        thresholds.change(None, {"sale_seconds": 20, "lead_seconds": 30}, by=nima.actor)
        thresholds.change(campaign, {"sale_seconds": 5, "lead_seconds": 30}, by=ada.actor)
        values = thresholds.of_campaign(campaign.pk)
        assert (values["sale_seconds"], values["lead_seconds"], values["install_seconds"]) == (5, 30, 20)
        thresholds.change(None, {"sale_seconds": 20}, by=nima.actor)
        assert thresholds.of_campaign(campaign.pk)["lead_seconds"] == 15

    @pytest.mark.parametrize("wanted", [{"nonsense": 1}, {"sale_seconds": -1}, {"rate_percent": 101}])
    def test_it_refuses_what_makes_no_sense(self, campaign: Campaign, ada: Member, wanted: dict[str, int]) -> None:
        with pytest.raises(thresholds.UnknownThreshold):
            thresholds.change(campaign, wanted, by=ada.actor)
        assert thresholds.of_campaign(campaign.pk) == thresholds.DEFAULTS

    def test_arrival_hears_of_those_that_concern_it(self, campaign: Campaign, ada: Member, nima: Member) -> None:
        assert thresholds.of_arrival() == ((10_000, 30, 300), {})
        thresholds.change(campaign, {"sale_seconds": 5}, by=ada.actor)
        assert thresholds.of_arrival()[1] == {}
        thresholds.change(campaign, {"clicks_per_minute": 5}, by=ada.actor)
        thresholds.change(None, {"duplicate_seconds": 20}, by=nima.actor)
        assert thresholds.of_arrival() == ((20_000, 30, 300), {campaign.pk: (20_000, 5, 300)})


def test_what_was_held_stays_held_when_the_server_confirms_it(sell: Sell, link: TrackingLink) -> None:
    """Tag and server report the same order: the second report opens no way around the rules."""
    held = sell("A-1", after=2, channel="tag")
    assert verdict(held)[0] == "suspect"
    click = stage.click_id(link, held.attribution.clicked_at, held.attribution.click_nonce or 0)
    stage.process(stage.report(link.partnership.campaign, "A-1", click_id=click))
    held.refresh_from_db()
    assert held.is_trusted
    assert verdict(held) == ("suspect", "too_fast")


def test_a_conversion_that_the_server_attributes_is_judged_as_a_new_one(sell: Sell, link: TrackingLink) -> None:
    campaign = link.partnership.campaign
    stage.process(stage.report(campaign, "A-1", channel="pixel", click_id="", coupon="UNKNOWN"))
    assert verdict(stage.conversion("A-1"))[0] == "invalid"
    confirmed = sell("A-1", after=2)
    assert confirmed.is_trusted
    assert verdict(confirmed) == ("suspect", "too_fast")
    assert ("R10", "H") in signals(confirmed)


def test_a_browsers_test_opens_no_way_around_the_rules(sell: Sell, link: TrackingLink) -> None:
    tested = sell("A-1", after=2, channel="pixel", test=True)
    assert verdict(tested) == VALID
    stage.process(stage.report(link.partnership.campaign, "A-1", click_id=""))
    tested.refresh_from_db()
    assert (tested.is_test, tested.is_trusted) == (False, True)
    assert verdict(tested) == ("suspect", "too_fast")
