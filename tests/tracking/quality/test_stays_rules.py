"""R11 and R19: what the advertiser's pages tell of a publisher's clicks."""

from datetime import timedelta

import pytest

from publishers.models import TrackingLink
from tests.cast import Member
from tests.tracking.quality.test_statistics import NOW, count, found
from tracking.models import DailyStays, QualityCase
from tracking.quality import thresholds


def told(link: TrackingLink, arrived: int, left: int = 0, short: int = 0) -> None:
    DailyStays.objects.create(
        partnership_id=link.partnership_id, day=NOW.date(), arrived=arrived, left=left, short=short
    )


class TestR11:
    @pytest.mark.parametrize(("short", "noted"), [(101, True), (100, False)])
    def test_it_notes_when_most_leave_at_once(self, link: TrackingLink, short: int, *, noted: bool) -> None:
        count(link, 400)
        told(link, 400, left=200, short=short)
        assert found(link) == ({"R11": "W"} if noted else {})
        if noted:
            assert QualityCase.objects.get().evidence == {"visits": 200, "percent": 50.5, "most": 50}

    def test_too_few_tell_nothing(self, link: TrackingLink) -> None:
        count(link, 99)
        told(link, 99, left=99, short=99)
        assert found(link) == {}

    def test_what_all_visitors_do_is_the_pages_nature(self, link: TrackingLink, second_link: TrackingLink) -> None:
        for each in (link, second_link):
            count(each, 400)
            told(each, 400, left=400, short=300)
        assert found(link) == {}


class TestR19:
    @pytest.mark.parametrize(("arrived", "noted"), [(199, True), (200, False)])
    def test_it_notes_clicks_that_never_arrive(
        self, link: TrackingLink, second_link: TrackingLink, arrived: int, *, noted: bool
    ) -> None:
        count(link, 500)
        told(link, arrived)
        count(second_link, 1_000)
        told(second_link, 900)
        assert found(link) == ({"R19": "W"} if noted else {})
        if noted:
            evidence = {"clicks": 500, "arrived": 199, "percent": 39.8, "least": 40, "others": 90.0}
            assert QualityCase.objects.get(partnership=link.partnership).evidence == evidence

    def test_below_the_number_of_clicks_it_says_nothing(self, link: TrackingLink, second_link: TrackingLink) -> None:
        count(link, 499)
        told(link, 1)
        count(second_link, 1_000)
        told(second_link, 900)
        assert found(link) == {}

    def test_where_nothing_ever_arrives_there_is_no_tag(self, link: TrackingLink, second_link: TrackingLink) -> None:
        count(link, 5_000)
        count(second_link, 5_000)
        assert "R19" not in found(link)

    def test_days_before_the_tag_was_there_do_not_count(self, link: TrackingLink) -> None:
        count(link, 500)
        count(link, 5_000, day=(NOW - timedelta(days=3)).date())
        told(link, 450)
        assert "R19" not in found(link)

    def test_a_low_share_of_all_is_the_pages_nature(self, link: TrackingLink, second_link: TrackingLink) -> None:
        for each, arrived in ((link, 100), (second_link, 120)):
            count(each, 500)
            told(each, arrived)
        assert "R19" not in found(link)

    def test_a_campaign_may_switch_it_off(self, link: TrackingLink, second_link: TrackingLink, ada: Member) -> None:
        thresholds.change(link.partnership.campaign, {"arrival_percent": 0}, by=ada.actor)
        count(link, 500)
        told(link, 1)
        count(second_link, 1_000)
        told(second_link, 900)
        assert found(link) == {}
