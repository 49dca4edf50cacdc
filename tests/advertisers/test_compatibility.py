"""In whose words a campaign's reports are, and whether a goal counts again for the same click."""

import pytest
from django.test import Client

from advertisers import campaigns, goals
from advertisers.models import Campaign, GoalKind
from tests.cast import Member
from tests.tracking.conftest import campaign

__all__ = ["campaign"]

pytestmark = pytest.mark.django_db


def test_it_says_in_whose_words_reports_are(client: Client, ada: Member, campaign: Campaign) -> None:
    client.force_login(ada.user)
    page = f"/campaigns/{campaign.public_id}/integration/"
    assert client.post(f"{page}profile/", {"profile": "tune"}).status_code == 302
    campaign.refresh_from_db()
    assert campaign.profile == "tune"
    assert '<option value="tune" selected>' in client.get(page).content.decode()


def test_a_system_that_nobody_knows_is_refused(ada: Member, campaign: Campaign) -> None:
    with pytest.raises(campaigns.UnknownSystem):
        campaigns.set_profile(campaign, "nobody", by=ada.actor)


def test_a_goal_counts_once_per_click_if_it_should(client: Client, ada: Member, campaign: Campaign) -> None:
    client.force_login(ada.user)
    page = f"/campaigns/{campaign.public_id}/integration/"
    client.post(f"{page}goals/lead/", {"allows_repeat": ""})
    assert campaign.goals.get(code="lead").allows_repeat is False
    client.post(f"{page}goals/lead/", {"allows_repeat": "1"})
    assert campaign.goals.get(code="lead").allows_repeat is True


def test_a_campaign_for_installs_shows_the_partners_addresses(
    client: Client,
    ada: Member,
    campaign: Campaign,
) -> None:
    client.force_login(ada.user)
    page = f"/campaigns/{campaign.public_id}/integration/"
    assert "AppsFlyer" not in client.get(page).content.decode()
    goals.add(campaign, kind=GoalKind.INSTALL, by=ada.actor)
    text = client.get(page).content.decode()
    for words in ("(clickid)", "{gps_adid}", "${(last_attributed_touch_data.~click_id)!}", "Kochava"):
        assert words in text
