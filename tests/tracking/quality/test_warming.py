"""A process that takes a shard over knows what the one before knew, from the rows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from advertisers.models import Campaign
from publishers.models import TrackingLink
from tests.cast import Member
from tests.tracking.quality.conftest import stored_click
from tests.tracking.stage import PHONE, ms
from tracking import enrich
from tracking.quality import thresholds, warming
from tracking.quality.arrival import Arrival, Verdict


@pytest.fixture
def at() -> datetime:
    """A moment of today that has been, not near the end of its minute or day."""
    now = datetime.now(UTC)
    return now.replace(second=10, microsecond=0) - timedelta(minutes=2 if now.hour or now.minute > 2 else 0)


def judge(arrival: Arrival, link: TrackingLink, at: datetime, ip: str = "198.51.100.7", link_id: int = 0) -> Verdict:
    campaign = link.partnership.campaign_id
    return arrival.judge("click", 1, ms(at), campaign, link_id or link.pk, ip, PHONE, enrich.agent(PHONE))


def test_it_remembers_the_last_clicks(link: TrackingLink, at: datetime) -> None:
    stored_click(link, at)
    arrival = warming.new()
    assert judge(arrival, link, at + timedelta(seconds=9)) == ("invalid", ("duplicate_click",))
    assert judge(warming.new(), link, at + timedelta(seconds=10)) == ("valid", ())


@pytest.mark.parametrize(("clicks", "verdict"), [(29, "valid"), (30, "invalid")])
def test_it_remembers_the_clicks_of_the_minute(link: TrackingLink, at: datetime, clicks: int, verdict: str) -> None:
    for n in range(clicks):
        stored_click(link, at + timedelta(milliseconds=n), user_agent=f"{PHONE} {n}")
    assert judge(warming.new(), link, at + timedelta(seconds=30), link_id=99)[0] == verdict


@pytest.mark.parametrize(("clicks", "verdict"), [(299, "valid"), (300, "invalid")])
def test_it_remembers_the_clicks_of_the_day(link: TrackingLink, at: datetime, clicks: int, verdict: str) -> None:
    if at.hour == 0:
        pytest.skip("the day has hardly begun")
    for n in range(clicks):
        stored_click(link, at - timedelta(seconds=10 * n), user_agent=f"{PHONE} {n}")
    assert judge(warming.new(), link, at + timedelta(minutes=1), link_id=99)[0] == verdict


def test_it_reads_thresholds_and_lists(
    link: TrackingLink, campaign: Campaign, ada: Member, at: datetime, tmp_path: Any, settings: Any
) -> None:
    path = tmp_path / "centres"
    path.write_text("203.0.113.0/24\n")
    settings.DATACENTRE_PATH = str(path)
    thresholds.change(campaign, {"clicks_per_minute": 2}, by=ada.actor)
    arrival = warming.new()
    assert arrival.of_campaigns[campaign.pk].per_minute == 2
    assert judge(arrival, link, at, ip="203.0.113.5") == ("invalid", ("data_centre",))


def test_it_looks_again_after_a_while(campaign: Campaign, ada: Member) -> None:
    arrival = warming.new()
    thresholds.change(campaign, {"clicks_per_minute": 2}, by=ada.actor)
    warming.refresh(arrival)
    assert not arrival.of_campaigns
    arrival.refresh_at = 0
    warming.refresh(arrival)
    assert arrival.of_campaigns[campaign.pk].per_minute == 2
