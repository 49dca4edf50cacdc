"""A campaign that takes phones from anywhere, and a hundred clicks a day: from the settings to the counts."""

import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from advertisers import campaigns, caps, targeting
from publishers import links
from publishers.models import Partnership
from tests.cast import Member
from tests.live import Process, Processes, wait_until
from tests.publishers.conftest import application, campaign, partnership
from tests.tracking.stage import PHONE
from tracking.models import DailyBreakdown, DailyCount, Dimension

__all__ = ["application", "campaign", "partnership"]

DESKTOP = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
FALLBACK = "https://shop.example/elsewhere"


@pytest.mark.django_db(transaction=True)
def test_it_takes_a_hundred_phones_and_no_desktop(
    partnership: Partnership, ada: Member, pia: Member, processes: Processes, edge: Process
) -> None:
    campaign = campaigns.edit(partnership.campaign, fallback_url=FALLBACK, by=ada.actor)
    link = links.grab(partnership, by=pia.actor)

    def visit(number: int, agent: str = PHONE) -> str:
        headers = {"user-agent": f"{agent} {number}"}
        return str(httpx.get(f"{edge.url}/c/{link.code}", headers=headers).headers.get("location", ""))

    targeting.change(campaign, rules={"device": ["only", ["phone"]]}, by=ada.actor)
    wait_until(lambda: visit(0, DESKTOP) == FALLBACK, 5)
    caps.add(campaign, metric="clicks", period="day", limit=100, by=ada.actor)
    time.sleep(1)  # within which every edge follows

    with ThreadPoolExecutor(16) as pool:
        places = list(pool.map(visit, range(400)))
    assert sum(place != FALLBACK for place in places) == 100

    processes.start("ingest")

    def counted() -> int:
        return sum(row.clicks + row.invalid_clicks + row.diverted_clicks for row in DailyCount.objects.all())

    wait_until(lambda: counted() >= 401, 20)
    kept = sum(row.clicks + row.invalid_clicks for row in DailyCount.objects.all())
    assert kept == 100
    reasons = DailyBreakdown.objects.filter(dimension=Dimension.DIVERSION)
    assert dict(reasons.values_list("value", "diverted_clicks"))["cap_reached"] == 300
