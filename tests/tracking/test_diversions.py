"""Diverted traffic: who sees which reasons, and what the file says."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from publishers.models import Partnership
from tests.cast import Member
from tests.publishers.conftest import application, campaign, partnership
from tests.services import ROOT
from tracking.diversions import REASONS
from tracking.models import DailyBreakdown, DailyCount

__all__ = ["application", "campaign", "partnership"]


@pytest.fixture
def diverted(partnership: Partnership) -> date:
    """Six by country, three by device, one cap; ninety more were kept."""
    today = datetime.now(UTC).date()
    for code, clicks in (("country", 6), ("device", 3), ("cap_reached", 1)):
        DailyBreakdown.objects.create(
            campaign_id=partnership.campaign_id,
            day=today,
            partnership_id=partnership.pk,
            dimension="diversion",
            value=code,
            diverted_clicks=clicks,
        )
    DailyCount.objects.create(
        campaign_id=partnership.campaign_id,
        day=today,
        link_id=1,
        plan_version=1,
        partnership_id=partnership.pk,
        clicks=80,
        invalid_clicks=10,
        diverted_clicks=10,
    )
    return today


def seen(client: Client, who: Member, **query: str) -> Any:
    client.force_login(who.user)
    return client.get(reverse("tracking:diversion-list"), query)


@pytest.mark.parametrize("name", ["ada", "otto", "nima"])
def test_it_shows_each_reason_with_its_cause(
    client: Client, diverted: date, name: str, request: pytest.FixtureRequest
) -> None:
    response = seen(client, request.getfixturevalue(name))
    assert [(row.code, row.clicks) for row in response.context["reasons"]] == [
        ("country", 6),
        ("device", 3),
        ("cap_reached", 1),
    ]
    assert (response.context["total"], response.context["share"]) == (10, 1_000)
    assert "Raise the cap, or wait for the next period." in response.content.decode()


def test_it_shows_a_publisher_categories_alone(client: Client, diverted: date, pia: Member) -> None:
    response = seen(client, pia)
    found = [(row.reason.category.code, row.clicks) for row in response.context["reasons"]]
    assert found == [("targeting", 9), ("capacity", 1)]
    text = response.content.decode()
    assert "cap_reached" not in text
    assert "Raise the cap" not in text


def test_it_shows_strangers_nothing(client: Client, diverted: date, mallory: Member) -> None:
    assert seen(client, mallory).context["reasons"] == []


@pytest.mark.parametrize("group", ["day", "campaign_id", "partnership_id"])
def test_it_breaks_down(client: Client, diverted: date, ada: Member, group: str) -> None:
    rows = seen(client, ada, by=group).context["rows"]
    assert [(row.code, row.clicks) for _, row in rows] == [("country", 6), ("device", 3), ("cap_reached", 1)]
    assert str(rows[0][0]) in {"Autumn sale", "Pia's Publisher"} or group == "day"


def test_it_keeps_to_the_days(client: Client, diverted: date, ada: Member) -> None:
    assert seen(client, ada, since="2025-01-01", until="2025-01-31").context["reasons"] == []
    wrong = seen(client, ada, since="2025-02-01", until="2025-01-31")
    assert list(wrong.context["form"].errors) == ["until"]


def test_it_exports_with_everflows_numbers(client: Client, diverted: date, ada: Member, pia: Member) -> None:
    client.force_login(ada.user)
    lines = client.get(reverse("tracking:diversion-export")).content.decode("utf-8-sig").splitlines()
    assert lines == [
        "day,campaign,publisher,category,reason,everflow_code,clicks",
        f"{diverted},Autumn sale,Pia's Publisher,capacity,cap_reached,2,1",
        f"{diverted},Autumn sale,Pia's Publisher,targeting,country,9,6",
        f"{diverted},Autumn sale,Pia's Publisher,targeting,device,5,3",
    ]
    client.force_login(pia.user)
    lines = client.get(reverse("tracking:diversion-export")).content.decode("utf-8-sig").splitlines()
    assert lines == [
        "day,campaign,category,clicks",
        f"{diverted},Autumn sale,capacity,1",
        f"{diverted},Autumn sale,targeting,9",
    ]


def test_it_explains_every_reason_that_the_edge_gives() -> None:
    given = set()
    for path in Path(ROOT, "tracking", "edge").rglob("*.py"):
        given |= set(re.findall(r'(?:return|else|: Final =) "([a-z_]+)"', path.read_text())) & set(REASONS)
    assert {"country", "out_of_funds", "traffic_blocked", "cap_reached"} <= given
    assert set(REASONS) == set(
        "link_retired campaign_draft campaign_paused campaign_ended advertiser_suspended partnership_not_active"
        " publisher_suspended out_of_funds cap_reached not_scheduled country region city device system browser language"
        " connection hour already_converted smart_link_no_match unsubscribed traffic_blocked".split()
    )
