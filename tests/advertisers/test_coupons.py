from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from advertisers import campaigns, coupons
from advertisers.coupons import Terms
from advertisers.models import Campaign, Coupon
from network.models import AuditEntry
from publishers import coupons as of_publishers
from publishers.models import Partnership
from tests.cast import Member
from tests.publishers.conftest import application, campaign, partnership

__all__ = ["application", "campaign", "partnership"]


def test_it_makes_a_code_for_everybody(campaign: Campaign, ada: Member) -> None:
    made = coupons.create(campaign, code=" Shoes-10% ", terms=Terms(description=" 10% off "), by=ada.actor)
    assert (made.code, made.description, made.publisher, made.status) == ("Shoes-10%", "10% off", None, "active")
    entry = AuditEntry.objects.get(action="coupon.created")
    assert entry.detail["code"] == "Shoes-10%"


def test_it_takes_persian_letters(campaign: Campaign, ada: Member) -> None:
    assert coupons.create(campaign, code="نوروز۱۴۰۵", terms=Terms(), by=ada.actor).code == "نوروز۱۴۰۵"


@pytest.mark.parametrize("code", ["", "two words", "-x", "a" * 65, "a\u200fb", "x\ny", "<b>"])
def test_it_refuses_what_cannot_be_copied(campaign: Campaign, ada: Member, code: str) -> None:
    with pytest.raises(coupons.BadCode):
        coupons.create(campaign, code=code, terms=Terms(), by=ada.actor)
    assert not Coupon.objects.exists()


def test_it_refuses_the_same_code_in_other_capitals(campaign: Campaign, ada: Member) -> None:
    coupons.create(campaign, code="SHOES", terms=Terms(), by=ada.actor)
    with pytest.raises(coupons.CodeTaken):
        coupons.create(campaign, code="shoes", terms=Terms(), by=ada.actor)
    assert Coupon.objects.count() == 1


def test_it_refuses_an_exclusive_code_of_nobody(campaign: Campaign, ada: Member) -> None:
    with pytest.raises(coupons.ExclusiveToNobody):
        coupons.create(campaign, code="X1", terms=Terms(is_exclusive=True), by=ada.actor)


def test_it_refuses_a_code_that_ends_before_it_begins(campaign: Campaign, ada: Member) -> None:
    now = timezone.now()
    with pytest.raises(coupons.EndsBeforeItBegins):
        coupons.create(campaign, code="X1", terms=Terms(valid_from=now, valid_until=now), by=ada.actor)


def test_it_adds_a_list_or_nothing(campaign: Campaign, ada: Member) -> None:
    made = coupons.create_many(campaign, codes=[("A1", Terms()), ("A2", Terms())], by=ada.actor)
    assert [one.code for one in made] == ["A1", "A2"]
    with pytest.raises(coupons.CodeTaken, match="A2"):
        coupons.create_many(campaign, codes=[("A3", Terms()), ("a2", Terms())], by=ada.actor)
    with pytest.raises(coupons.CodeTaken):
        coupons.create_many(campaign, codes=[("B1", Terms()), ("b1", Terms())], by=ada.actor)
    assert Coupon.objects.count() == 2


def test_its_validity_is_half_open(campaign: Campaign, ada: Member) -> None:
    begin, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    coupons.create(campaign, code="JAN", terms=Terms(valid_from=begin, valid_until=end), by=ada.actor)
    instant = timedelta(microseconds=1)
    found = [of_publishers.owner(campaign, "jan", at) for at in (begin - instant, begin, end - instant, end)]
    assert [bool(one) for one in found] == [False, True, True, False]


def test_it_belongs_to_its_publishers_partnership(campaign: Campaign, partnership: Partnership, ada: Member) -> None:
    terms = Terms(publisher=partnership.publisher, is_exclusive=True)
    made = coupons.create(campaign, code="PIA", terms=terms, by=ada.actor)
    found = of_publishers.owner(campaign, "pia", timezone.now())
    assert found == (made, partnership)
    retired = coupons.retire(made, by=ada.actor)
    assert of_publishers.owner(campaign, "pia", timezone.now()) is None
    assert retired.status == "retired"


def test_it_changes_nothing_of_an_ended_campaign(campaign: Campaign, ada: Member) -> None:
    campaigns.end(campaign, by=ada.actor)
    with pytest.raises(Exception, match="ended"):
        coupons.create(campaign, code="X1", terms=Terms(), by=ada.actor)


def test_it_is_made_listed_and_shown_on_the_pages(
    client: Client, campaign: Campaign, partnership: Partnership, ada: Member, pia: Member
) -> None:
    client.force_login(ada.user)
    at = f"/campaigns/{campaign.public_id}/codes/"
    values = {"code": "PIA5", "publisher": pia.organization.public_id, "is_exclusive": "on", "last": "2099-12-31"}
    assert client.post(f"{at}new/", values).status_code == 302
    assert client.post(f"{at}new/", values).status_code == 422
    assert client.post(f"{at}list/", {"list-codes": "code\nB1\nB2\n\n"}).status_code == 302
    assert client.post(f"{at}list/", {"list-codes": ""}).status_code == 422
    page = client.get(at).content.decode()
    assert all(code in page for code in ("PIA5", "B1", "B2"))
    coupon = Coupon.objects.get(code="PIA5")
    assert coupon.is_exclusive
    assert coupon.valid_until == datetime(2100, 1, 1, tzinfo=UTC)
    client.force_login(pia.user)
    assert "PIA5" in client.get("/codes/").content.decode()
