import re
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from redis import Redis

from advertisers.models import Campaign, Creative
from publishers import links
from publishers.models import Partnership, TrackingLink
from tests.cast import Member
from tests.tracking.stage import GOOGLEBOT, PHONE, click_id, event, ingest, send
from tracking import attribution
from tracking.keys import ClickId, sign_click_id

CLICKED = datetime(2026, 5, 1, 10, tzinfo=UTC)
TABLE = Path(__file__).parents[2] / "docs" / "attribution.md"


class Example(NamedTuple):
    conversion: str
    partnership: str
    row: str
    verdict: str
    code: str


def examples() -> list[Example]:
    """The worked example of the documentation."""
    section = TABLE.read_text().split("## Worked example")[1].split("##")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if re.match(r"\| \d{4}-", line)]
    return [Example(*row) for row in rows]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_it_has_a_worked_example() -> None:
    assert len(examples()) == 15


@pytest.mark.parametrize("example", examples(), ids=" ".join)
def test_it_decides_as_documented(redis: Redis, campaign: Campaign, link: TrackingLink, example: Example) -> None:
    if example.row != "missing":
        agent = PHONE if example.row == "valid" else GOOGLEBOT
        send(redis, event(link, CLICKED, n=42, ua=agent))
        ingest(redis)
    status, _, ended_at = example.partnership.partition(" ")
    if ended_at:
        Partnership.objects.update(status=status, decided_at=moment(ended_at))

    decision = attribution.decide(campaign, click_id(link, CLICKED, nonce=42), moment(example.conversion))

    assert (decision.verdict, decision.code) == (example.verdict, example.code)
    assert decision.reason == ("" if example.verdict == "valid" else example.code)
    assert decision.touch
    assert decision.touch.partnership == link.partnership


def test_it_takes_a_conversion_shortly_before_its_click_as_at_the_click(campaign: Campaign, link: TrackingLink) -> None:
    decision = attribution.decide(campaign, click_id(link, CLICKED), moment("2026-05-01 09:45:00"))
    assert (decision.occurred_at, decision.flags) == (CLICKED, ["clock_skew"])


def test_it_names_partnership_link_creative_and_click(
    redis: Redis, campaign: Campaign, partnership: Partnership, ada: Member, pia: Member
) -> None:
    text = Creative.objects.create(campaign=campaign, kind="text", name="Spring", text="Fresh shoes")
    link = links.grab(partnership, creative=text, by=pia.actor)
    send(redis, event(link, CLICKED, n=-5, subs=["a", "", "c"]))
    ingest(redis)

    decision = attribution.decide(campaign, click_id(link, CLICKED, nonce=-5), moment("2026-05-02 10:00:00"))

    assert decision.touch == attribution.Touch(partnership, CLICKED, -5, link.pk, text.pk)
    assert decision.subs == ["a", "", "c"]


def test_it_forgives_a_missing_row(campaign: Campaign, link: TrackingLink) -> None:
    decision = attribution.decide(campaign, click_id(link, CLICKED), moment("2026-05-02 10:00:00"))
    assert (decision.verdict, decision.subs) == ("valid", None)


@pytest.mark.parametrize(("text", "code"), [("", "no_click"), ("v1.abc", "bad_click_id"), ("nonsense", "bad_click_id")])
def test_it_needs_a_click_id(campaign: Campaign, text: str, code: str) -> None:
    decision = attribution.decide(campaign, text, CLICKED)
    assert (decision.verdict, decision.code, decision.touch) == ("invalid", code, None)


def test_it_needs_a_click_of_somebody(campaign: Campaign) -> None:
    text = sign_click_id(ClickId(404, 404, None, 1_700_000_000_000, 1, "granted"))
    assert attribution.decide(campaign, text, CLICKED).code == "unknown_click"


def test_it_refuses_a_click_of_another_campaign(campaign: Campaign, link: TrackingLink, mallory: Member) -> None:
    other = Campaign.objects.create(
        advertiser=mallory.organization,
        name="Other",
        objective="sales",
        landing_url="https://m.example",
        currency="USD",
    )
    decision = attribution.decide(other, click_id(link, CLICKED), moment("2026-05-02 10:00:00"))
    assert (decision.verdict, decision.code, decision.touch) == ("invalid", "campaign_mismatch", None)


def test_it_counts_a_click_from_before_a_new_application(campaign: Campaign, link: TrackingLink) -> None:
    Partnership.objects.update(status="applied", decided_at=None)
    decision = attribution.decide(campaign, click_id(link, CLICKED), moment("2026-05-02 10:00:00"))
    assert decision.code == "attributed"
