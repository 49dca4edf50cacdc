from typing import Any

import pytest
from django.test import Client

from publishers import partnerships, smart_links
from publishers.models import Partnership, SmartLink, TrackingLink
from publishers.smart_links import Rule
from tests.cast import Member
from tests.publishers.conftest import running_campaign
from tracking.edge import smartlinks
from tracking.snapshot.smart_links import Choice


def make(owner: Member, **values: Any) -> SmartLink:
    return smart_links.create(owner.organization, **{"name": "All", "rule": Rule()} | values, by=owner.actor)


def ways(smart_link: SmartLink) -> list[int]:
    return list(smart_link.routes.order_by("pk").values_list("link__partnership", flat=True))


def test_it_routes_to_active_partnerships_only(partnership: Partnership, ada: Member, pia: Member) -> None:
    other = partnerships.apply(running_campaign(ada, "Other"), publisher=pia.organization, by=pia.actor)
    made = make(pia, channel="social")
    assert ways(made) == [partnership.pk]
    partnerships.approve(other, by=ada.actor)
    partnerships.pause(partnership, reason="x", by=ada.actor)
    smart_links.refresh_all()
    assert ways(made) == [other.pk]
    assert set(TrackingLink.objects.filter(smart_link=made).values_list("channel", flat=True)) == {"social"}


def test_it_follows_named_campaigns_with_their_weights(partnership: Partnership, pia: Member) -> None:
    made = make(pia, rule=Rule(campaigns=[(partnership.campaign, 250)]), slug="Best")
    assert (made.slug, made.routes.get().weight) == ("best", 250)


def test_a_publisher_cannot_name_a_campaign_of_others(ada: Member, pia: Member, partnership: Partnership) -> None:
    with pytest.raises(smart_links.NotYourCampaign):
        make(pia, rule=Rule(campaigns=[(running_campaign(ada, "Other"), 1)]))
    assert not SmartLink.objects.exists()


def test_a_publisher_takes_the_networks_and_reaches_only_its_own(
    nima: Member, pia: Member, mallory: Member, partnership: Partnership
) -> None:
    offered = make(nima, name="Best of all")
    assert ways(offered) == []
    mine = smart_links.take(offered, publisher=pia.organization, by=pia.actor)
    assert smart_links.take(offered, publisher=pia.organization, by=pia.actor) == mine
    assert ways(mine) == [partnership.pk]
    smart_links.edit(offered, name="Best", rule=Rule(objective="installs"), by=nima.actor)
    assert ways(mine) == []
    smart_links.retire(offered, by=nima.actor)
    mine.refresh_from_db()
    assert mine.retired_at


@pytest.mark.parametrize("slug", ["two words", "-x", "a" * 41, "پیا"])
def test_it_refuses_a_bad_slug(pia: Member, slug: str) -> None:
    with pytest.raises(smart_links.BadSlug):
        make(pia, slug=slug)


def test_it_refuses_a_slug_twice(pia: Member) -> None:
    make(pia, slug="best")
    with pytest.raises(smart_links.SlugTaken):
        make(pia, slug="BEST")


CHOICES = (
    Choice("low", 100, 500_000),
    Choice("high", 100, 2_000_000),
    Choice("new", 100, None),
    Choice("last", 0, None),
)


def test_the_edge_takes_the_best_score_first_and_weight_0_last() -> None:
    for _ in range(50):
        codes = [choice.code for choice in smartlinks.ranked(CHOICES, explore=False)]
        assert codes == ["high", "low", "new", "last"]


def test_the_edge_explores_by_weight() -> None:
    drawn = [
        smartlinks.ranked((*CHOICES[:2], Choice("heavy", 800, None), CHOICES[3]), explore=True) for _ in range(2000)
    ]
    first = [choices[0].code for choices in drawn]
    assert 1500 < first.count("heavy") < 1700  # of 2,000: 80%, within five standard deviations
    assert {choices[-1].code for choices in drawn} == {"last"}


def test_it_works_on_its_pages(client: Client, partnership: Partnership, nima: Member, pia: Member) -> None:
    client.force_login(pia.user)
    public_id = partnership.campaign.public_id
    values = {"name": "Best", "channel": "social", "campaigns": public_id, f"weight-{public_id}": "300"}
    assert client.post("/smart-links/new/", values).status_code == 302
    made = SmartLink.objects.get()
    assert made.routes.get().weight == 300
    at = f"/smart-links/{made.public_id}/"
    assert "/go/" in client.get(at).content.decode()
    assert client.get(f"{at}edit/").status_code == 200
    assert client.post(f"{at}edit/", values | {"name": ""}).status_code == 422
    assert client.post(f"{at}retire/").status_code == 302
    assert client.get(at).status_code == 404
    offered = make(nima, name="Offered")
    assert "Offered" in client.get("/smart-links/").content.decode()
    assert client.post(f"/smart-links/{offered.public_id}/take/").status_code == 302
    assert SmartLink.objects.get(source=offered).publisher == pia.organization
