"""Caps and blocked traffic: set, changed, removed; whose they may be."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from advertisers import caps, periods
from advertisers.models import Cap, Targeting, TrafficBlock
from network.models import AuditEntry
from publishers.models import Partnership
from tests.cast import Member
from tests.publishers.conftest import application, campaign, partnership
from tracking.models import CapUse

__all__ = ["application", "campaign", "partnership"]

CAP = {"metric": "clicks", "limit": "1,000", "period": "day", "effect": "hard", "partnership": ""}


def post(client: Client, who: Member, name: str, key: str, **fields: Any) -> Any:
    client.force_login(who.user)
    return client.post(reverse(name, args=[key]), fields)


def test_it_sets_a_cap_for_all_and_for_one(client: Client, partnership: Partnership, ada: Member) -> None:
    key = partnership.campaign.public_id
    post(client, ada, "tracking:cap-add", key, **CAP)
    post(client, ada, "tracking:cap-add", key, **CAP | {"partnership": partnership.public_id, "effect": "soft"})
    assert list(Cap.objects.order_by("pk").values_list("partnership_id", "limit", "is_hard")) == [
        (None, 1_000, True),
        (partnership.pk, 1_000, False),
    ]
    entry = AuditEntry.objects.filter(action="cap.added").latest("pk")
    assert entry.detail["publisher"] == "Pia's Publisher"


WRONG = [({"limit": "0"}, "limit"), ({"limit": "many"}, "limit"), ({"partnership": "strange"}, "partnership")]


@pytest.mark.parametrize(("changes", "field"), WRONG)
def test_it_says_beside_the_field_what_is_wrong(
    client: Client, partnership: Partnership, ada: Member, changes: dict[str, str], field: str
) -> None:
    response = post(client, ada, "tracking:cap-add", partnership.campaign.public_id, **CAP | changes)
    assert (response.status_code, list(response.context["cap_form"].errors)) == (422, [field])
    assert not Cap.objects.exists()


def test_it_has_one_cap_of_a_kind(client: Client, partnership: Partnership, ada: Member) -> None:
    post(client, ada, "tracking:cap-add", partnership.campaign.public_id, **CAP)
    response = post(client, ada, "tracking:cap-add", partnership.campaign.public_id, **CAP)
    assert list(response.context["cap_form"].errors) == ["period"]
    assert Cap.objects.count() == 1


def test_it_shows_how_far_a_cap_is(client: Client, partnership: Partnership, otto: Member, ada: Member) -> None:
    cap = caps.add(partnership.campaign, metric="conversions", period="total", limit=8, by=ada.actor)
    CapUse.objects.create(cap=cap, starts_at=periods.EVER, ends_at=periods.FOR_EVER, used=6)
    client.force_login(otto.user)
    response = client.get(reverse("tracking:campaign-caps", args=[partnership.campaign.public_id]))
    [row] = response.context["caps"]
    assert (row.used, row.share, row.level, row.is_reached) == (6, 7_500, 0, False)


def test_it_changes_and_removes_a_cap(client: Client, partnership: Partnership, ada: Member) -> None:
    cap = caps.add(partnership.campaign, metric="clicks", period="week", limit=5, by=ada.actor)
    post(client, ada, "tracking:cap-edit", cap.public_id, limit="۷", effect="soft")
    cap.refresh_from_db()
    assert (cap.limit, cap.is_hard) == (7, False)
    post(client, ada, "tracking:cap-remove", cap.public_id)
    assert not Cap.objects.exists()


def test_it_blocks_and_lifts(client: Client, partnership: Partnership, ada: Member) -> None:
    key = partnership.campaign.public_id
    post(client, ada, "tracking:block-add", key, field="source", value=" forum ", partnership="", reason="bots")
    post(client, ada, "tracking:block-add", key, field="all", value="x", partnership=partnership.public_id)
    assert list(TrafficBlock.objects.order_by("pk").values_list("field", "value", "partnership_id")) == [
        ("source", "forum", None),
        ("all", "", partnership.pk),
    ]
    for block in TrafficBlock.objects.all():
        post(client, ada, "tracking:block-lift", block.public_id)
    assert not TrafficBlock.objects.exists()


@pytest.mark.parametrize(("fields", "wrong"), [({"field": "sub1"}, "value"), ({"field": "all"}, "partnership")])
def test_it_says_what_a_block_lacks(
    client: Client, partnership: Partnership, ada: Member, fields: dict[str, str], wrong: str
) -> None:
    response = post(client, ada, "tracking:block-add", partnership.campaign.public_id, **fields)
    assert (response.status_code, list(response.context["block_form"].errors)) == (422, [wrong])


def test_it_targets_one_publisher(client: Client, partnership: Partnership, ada: Member) -> None:
    fields = {"country_mode": "any", "device_mode": "only", "device": ["desktop"]}
    post(client, ada, "publishers:targeting-change", partnership.public_id, **fields)
    kept = Targeting.objects.get()
    assert (kept.partnership_id, kept.rules) == (
        partnership.pk,
        {"country": ["any", []], "device": ["only", ["desktop"]]},
    )
    page = client.get(reverse("publishers:partner-targeting", args=[partnership.public_id])).content.decode()
    assert "Visitors from every country, on computers" in page
    assert "All visitors at all times" in page


def test_it_tells_the_publisher_whom_the_campaign_takes(
    client: Client, partnership: Partnership, ada: Member, pia: Member
) -> None:
    post(
        client, ada, "advertisers:targeting-change", partnership.campaign.public_id, country_mode="only", country=["IR"]
    )
    own = {"country_mode": "any", "device_mode": "only", "device": ["phone"]}
    client.force_login(pia.user)
    address = reverse("publishers:campaign-show", args=[partnership.campaign.public_id])
    assert "Visitors from Iran" in client.get(address).content.decode()
    post(client, ada, "publishers:targeting-change", partnership.public_id, **own)
    client.force_login(pia.user)
    assert "Visitors on phones" in client.get(address).content.decode()
