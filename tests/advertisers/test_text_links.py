import pytest

from advertisers import creatives
from advertisers.models import Campaign, Creative
from network.models import AuditEntry
from tests.cast import Member


def test_it_adds_a_text_link(campaign: Campaign, ada: Member) -> None:
    creative = creatives.add_text(
        campaign, name="", text=" ۲۰٪ تخفیف ", landing_url="https://a.example/x", by=ada.actor
    )
    assert (creative.kind, creative.text, creative.name) == ("text", "۲۰٪ تخفیف", "۲۰٪ تخفیف")
    assert (creative.landing_url, creative.image) == ("https://a.example/x", None)


def test_it_needs_a_text(campaign: Campaign, ada: Member) -> None:
    with pytest.raises(creatives.CreativeNeedsText) as raised:
        creatives.add_text(campaign, name="x", text=" \n", by=ada.actor)
    assert raised.value.field == "text"
    assert not Creative.objects.exists()


def test_it_retires_a_creative_once(campaign: Campaign, ada: Member) -> None:
    creative = creatives.add_text(campaign, name="", text="Shoes", by=ada.actor)
    assert creatives.retire(creative, by=ada.actor).retired_at is not None
    with pytest.raises(creatives.AlreadyRetired):
        creatives.retire(creative, by=ada.actor)
    assert AuditEntry.objects.filter(action="creative.retired").count() == 1
