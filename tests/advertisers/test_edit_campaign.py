from typing import Any

import pytest

from advertisers import campaigns
from advertisers.errors import CampaignEnded
from advertisers.models import Campaign
from network.models import AuditEntry
from tests.cast import Member


def test_it_changes_settings_and_says_what_changed(running: Campaign, ada: Member) -> None:
    campaigns.edit(running, name="Ada's new shop", window_days=30, validation_days=14, by=ada.actor)
    running.refresh_from_db()
    assert (running.name, running.validation_days) == ("Ada's new shop", 14)
    detail = AuditEntry.objects.get(action="campaign.edited").detail
    assert detail == {
        "before": {"name": "Ada's shop", "validation_days": 30},
        "after": {"name": "Ada's new shop", "validation_days": 14},
    }


def test_it_always_allows_the_landing_pages_host(running: Campaign, ada: Member) -> None:
    edited = campaigns.edit(running, landing_url="https://new.example.com/", by=ada.actor)
    assert edited.allowed_hosts == ["new.example.com", "shop.example.com"]


def test_it_writes_nothing_when_nothing_changed(campaign: Campaign, ada: Member) -> None:
    campaigns.edit(campaign, name=campaign.name, by=ada.actor)
    assert not AuditEntry.objects.filter(action="campaign.edited").exists()


def test_it_changes_the_currency_of_a_draft(campaign: Campaign, ada: Member) -> None:
    assert campaigns.edit(campaign, currency="EUR", by=ada.actor).currency == "EUR"


@pytest.mark.parametrize(("field", "value"), [("currency", "EUR"), ("time_zone", "Asia/Tehran")])
def test_it_fixes_currency_and_time_zone_with_the_first_plan(
    running: Campaign, ada: Member, field: str, value: str
) -> None:
    change: Any = {field: value}
    with pytest.raises(campaigns.FixedByPlan) as raised:
        campaigns.edit(running, name="Other", by=ada.actor, **change)
    assert raised.value.field == field
    running.refresh_from_db()
    assert (running.name, running.currency, running.time_zone) == ("Ada's shop", "USD", "UTC")


def test_it_leaves_an_ended_campaign_as_it_is(running: Campaign, ada: Member) -> None:
    campaigns.end(running, by=ada.actor)
    with pytest.raises(CampaignEnded):
        campaigns.edit(running, name="Other", by=ada.actor)
    running.refresh_from_db()
    assert running.name == "Ada's shop"


def test_it_renews_the_postback_token(running: Campaign, ada: Member) -> None:
    before = running.postback_token
    renewed = campaigns.renew_token(running, by=ada.actor).postback_token
    assert renewed != before
    assert len(renewed) == 32
    entry = AuditEntry.objects.get(action="campaign.token_renewed")
    assert renewed not in str(entry.detail)
