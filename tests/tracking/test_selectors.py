from datetime import UTC, date, datetime, timedelta

import pytest
from redis import Redis

from advertisers.models import Campaign
from publishers.models import TrackingLink
from tests.cast import Member
from tests.tracking.stage import GOOGLEBOT, click_id, event, ingest, process, report, send
from tracking import selectors
from tracking.models import Conversion, DailyCount, Postback
from tracking.selectors import Counts, Funnel

AT = datetime(2026, 11, 20, 12, tzinfo=UTC)
NEXT = AT + timedelta(days=1)


@pytest.fixture
def traffic(redis: Redis, campaign: Campaign, link: TrackingLink, second_link: TrackingLink) -> None:
    """Two days, two publishers; one robot, one diverted click, one conversion of each kind that matters."""
    send(redis, *(event(link, AT, n=number, subs=["mail"]) for number in range(3)))
    send(redis, event(link, NEXT, n=10, subs=["blog", "top"]), event(link, AT, n=11, subs=[]))
    send(redis, event(link, AT, ua=GOOGLEBOT, subs=["mail"]), event(link, AT, div="campaign_paused"))
    send(redis, *(event(link, AT, t="impression") for _ in range(7)), event(link, AT, t="impression", ua=GOOGLEBOT))
    send(redis, event(second_link, AT, n=20, subs=["mail"]))
    ingest(redis)
    process(
        report(campaign, "A-1", received_at=NEXT, click_id=click_id(link, AT, 0)),
        report(campaign, "A-2", received_at=NEXT, click_id=click_id(link, NEXT, 10), amount=1_000),
        report(campaign, "A-3", received_at=NEXT, click_id=click_id(link, AT, 1), goal="lead", amount=None),
        report(campaign, "A-4", received_at=NEXT, click_id=click_id(link, AT, 2), test=True),
        report(campaign, "A-5", received_at=NEXT, coupon="NOBODY"),
        report(campaign, "A-6", received_at=NEXT, click_id=click_id(link, AT, 99)),
        report(campaign, "A-7", received_at=NEXT, click_id=click_id(second_link, AT, 20)),
    )


@pytest.mark.usefixtures("traffic")
class TestFigures:
    def test_it_sums_counts(self, link: TrackingLink) -> None:
        found = selectors.counts(DailyCount.objects.filter(partnership_id=link.partnership_id))
        assert found == Counts(7, 1, 5, 1, 1)
        assert (found.gross_impressions, found.gross_clicks) == (8, 7)
        assert selectors.counts(DailyCount.objects.none()) == Counts()

    def test_it_sums_counts_by_a_column(self, link: TrackingLink, second_link: TrackingLink) -> None:
        assert selectors.counts_by(DailyCount.objects.all(), "day") == {
            date(2026, 11, 20): Counts(7, 1, 5, 1, 1),
            date(2026, 11, 21): Counts(0, 0, 1, 0, 0),
        }
        by_link = selectors.counts_by(DailyCount.objects.all(), "link_id")
        assert by_link == {link.pk: Counts(7, 1, 5, 1, 1), second_link.pk: Counts(0, 0, 1, 0, 0)}

    def test_it_makes_a_funnel(self, campaign: Campaign) -> None:
        counts = DailyCount.objects.filter(campaign_id=campaign.pk)
        conversions = Conversion.objects.filter(campaign=campaign)
        assert selectors.funnel(counts, conversions) == Funnel(7, 6, 1, 0, 4, 0)


@pytest.mark.usefixtures("traffic")
class TestVisibility:
    def test_it_shows_each_side_its_conversions(
        self, ada: Member, pia: Member, otto: Member, nima: Member, mallory: Member
    ) -> None:
        seen = {
            who.user.name: Conversion.objects.visible_to(who.organization).count()
            for who in (ada, pia, otto, nima, mallory)
        }
        assert seen == {"Ada": 7, "Pia": 5, "Otto": 7, "Nima": 7, "Mallory": 0}

    def test_it_shows_calls_to_the_side_of_the_campaign_only(self, ada: Member, pia: Member, mallory: Member) -> None:
        seen = [Postback.objects.visible_to(who.organization).count() for who in (ada, pia, mallory)]
        assert seen == [7, 0, 0]
