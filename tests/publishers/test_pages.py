"""The pages of a publisher, by its own hands."""

import html

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from advertisers import campaigns, creatives
from advertisers.models import Campaign, Creative
from network.models import Kind, Membership
from publishers import links, partnerships, properties
from publishers.models import Partnership, Property, PublisherProfile, TrackingLink
from tests.cast import Member, member, person
from tests.publishers.conftest import draft_campaign, png, running_campaign

XSS = "<script>alert('x')</script>\"><img src=x onerror=alert(1)>"


def signed_in(member: Member, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(member.user)
    return client


def text_of(client: Client, url: str, status: int = 200) -> str:
    response = client.get(url)
    assert response.status_code == status
    return response.content.decode()


def test_it_nudges_a_new_publisher(pia: Member) -> None:
    assert "Introduce yourself before you apply" in text_of(signed_in(pia), "/profile/")


def test_it_saves_the_profile(pia: Member) -> None:
    client = signed_in(pia)

    response = client.post("/profile/describe/", {"kind": "blog", "description": "Shoes", "audience": "Runners"})

    assert (response.status_code, response["Location"]) == (302, "/profile/")
    profile = PublisherProfile.objects.get(organization=pia.organization)
    assert (profile.kind, profile.description, profile.audience) == ("blog", "Shoes", "Runners")


def test_it_says_what_is_wrong_with_a_profile(pia: Member) -> None:
    response = signed_in(pia).post("/profile/describe/", {"kind": "spaceship", "description": "a" * 2001})
    assert response.status_code == 422
    assert not PublisherProfile.objects.exists()


def test_it_adds_edits_and_removes_a_property(pia: Member) -> None:
    client = signed_in(pia)
    client.post(
        "/properties/add/", {"kind": "blog", "name": "Shoes", "url": "shoes.example", "monthly_visitors": "1200"}
    )
    declared = Property.objects.get()
    assert (declared.url, declared.monthly_visitors) == ("https://shoes.example", 1200)

    client.post(
        f"/properties/{declared.public_id}/", {"kind": "social", "name": "Shoes", "url": "https://t.example/shoes"}
    )
    declared.refresh_from_db()
    assert (declared.kind, declared.url, declared.monthly_visitors) == ("social", "https://t.example/shoes", None)

    client.post(f"/properties/{declared.public_id}/remove/")
    declared.refresh_from_db()
    assert declared.removed_at is not None
    assert client.get(f"/properties/{declared.public_id}/").status_code == 404


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://shoes.example/", "https://", "not a host", "data:text/html,x"]
)
def test_it_refuses_a_property_with_a_strange_address(pia: Member, url: str) -> None:
    response = signed_in(pia).post("/properties/add/", {"kind": "blog", "name": "Shoes", "url": url})
    assert response.status_code == 422
    assert not Property.objects.exists()


def test_it_says_beside_the_field_that_a_property_is_there_already(pia: Member) -> None:
    client, values = signed_in(pia), {"kind": "blog", "name": "Shoes", "url": "https://shoes.example/"}
    client.post("/properties/add/", values)

    response = client.post("/properties/add/", values)

    assert response.status_code == 422
    assert "You have already added this address." in response.content.decode()
    assert Property.objects.count() == 1


def test_it_shows_open_campaigns_with_their_commission(campaign: Campaign, ada: Member, pia: Member) -> None:
    draft_campaign(ada, "Secret draft")
    page = text_of(signed_in(pia), "/discover/")
    assert "Autumn sale" in page
    assert "Sale: 8% of the order" in page
    assert "Click: $0.05 each" in page
    assert "Secret draft" not in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=autumn", True),
        ("q=Ada", True),
        ("q=winter", False),
        ("objective=sales", True),
        ("objective=leads", False),
        ("pay_model=cps", True),
        ("pay_model=cpm", False),
        ("currency=USD", True),
        ("currency=IRR", False),
        ("currency=XXX", True),  # no such choice: no filter
    ],
)
def test_it_filters_campaigns(campaign: Campaign, pia: Member, query: str, *, found: bool) -> None:
    assert ("Autumn sale" in text_of(signed_in(pia), f"/discover/?{query}")) == found


def test_it_answers_htmx_with_the_list_alone(campaign: Campaign, pia: Member) -> None:
    response = signed_in(pia).get("/discover/", headers={"hx-request": "true"})
    assert response.content.decode().lstrip().startswith('<div id="campaigns">')
    assert "HX-Request" in response["Vary"]


def test_it_shows_what_a_publisher_must_know(ada: Member, pia: Member) -> None:
    campaign = running_campaign(
        ada, description="Shoes & more", terms="No brand bidding", window_days=45, validation_days=14
    )
    page = (
        text_of(signed_in(pia), f"/discover/{campaign.public_id}/").replace('<bdi dir="ltr">', "").replace("</bdi>", "")
    )
    for expected in ("Shoes &amp; more", "No brand bidding", "45 days after the click", "14 days", "8% of the order"):
        assert expected in page


def test_it_shows_no_advertisers_money(campaign: Campaign, partnership: Partnership, pia: Member) -> None:
    """The network's fee of 20% and what the advertiser pays in all are not the publisher's business."""
    client = signed_in(pia)
    for url in ("/discover/", f"/discover/{campaign.public_id}/", f"/partnerships/{partnership.public_id}/links/"):
        page = text_of(client, url)
        assert "fee" not in page.lower().replace("feedback", "")
        assert "20%" not in page
        assert campaign.postback_token not in page


def test_it_hides_a_draft(ada: Member, pia: Member) -> None:
    assert signed_in(pia).get(f"/discover/{draft_campaign(ada).public_id}/").status_code == 404


def test_it_applies(campaign: Campaign, pia: Member) -> None:
    client = signed_in(pia)

    response = client.post(f"/discover/{campaign.public_id}/apply/", {"message": "I write about shoes."})

    assert response.status_code == 302
    partnership = Partnership.objects.get()
    assert (partnership.status, partnership.message) == ("applied", "I write about shoes.")
    page = text_of(client, f"/discover/{campaign.public_id}/")
    assert "I write about shoes." in page
    assert "/apply/" not in page


def test_it_shows_the_reason_and_lets_apply_again(application: Partnership, ada: Member, pia: Member) -> None:
    partnerships.decline(application, reason="Too few visitors", by=ada.actor)
    page = text_of(signed_in(pia), f"/discover/{application.campaign.public_id}/")
    assert "Too few visitors" in page
    assert "Apply again" in page


def test_it_says_why_an_application_is_not_possible(campaign: Campaign, application: Partnership, pia: Member) -> None:
    client = signed_in(pia)
    response = client.post(f"/discover/{campaign.public_id}/apply/", {"message": "Again"})
    assert response.status_code == 302
    assert "already takes part" in text_of(client, response["Location"])
    application.refresh_from_db()
    assert application.message == "I write about shoes."


def test_it_says_beside_the_field_that_a_message_is_too_long(campaign: Campaign, pia: Member) -> None:
    response = signed_in(pia).post(f"/discover/{campaign.public_id}/apply/", {"message": "a" * 1001})
    assert response.status_code == 422
    assert "1001" in response.content.decode()
    assert not Partnership.objects.exists()


def test_it_answers_an_invitation(campaign: Campaign, ada: Member, pia: Member) -> None:
    invited = partnerships.invite(campaign, publisher=pia.organization, message="Join us", by=ada.actor)
    client = signed_in(pia)
    assert "Join us" in text_of(client, f"/discover/{campaign.public_id}/")

    response = client.post(f"/partnerships/{invited.public_id}/accept/")

    invited.refresh_from_db()
    assert (invited.status, response["Location"]) == ("active", f"/partnerships/{invited.public_id}/links/")


def test_it_declines_an_invitation_and_leaves(
    campaign: Campaign, partnership: Partnership, ada: Member, pia: Member
) -> None:
    other = running_campaign(ada, "Winter")
    invited = partnerships.invite(other, publisher=pia.organization, by=ada.actor)
    client = signed_in(pia)

    client.post(f"/partnerships/{invited.public_id}/turn-down/")
    client.post(f"/partnerships/{partnership.public_id}/leave/")

    assert list(Partnership.objects.order_by("pk").values_list("status", flat=True)) == ["ended", "declined"]
    assert "Autumn sale" in text_of(client, "/partnerships/")


def test_it_shows_banners_texts_and_links(
    partnership: Partnership, pia: Member, banner: Creative, text: Creative
) -> None:
    link = links.grab(partnership, subs=["blog"], by=pia.actor)
    page = text_of(signed_in(pia), f"/partnerships/{partnership.public_id}/links/")
    assert banner.image
    assert f'src="/creatives/{banner.image.sha256}.png" width="300" height="250"' in page
    assert "Shoes for autumn" in page
    assert f"/c/{link.code}?sub1=blog" in page


def test_it_filters_banners_by_size(partnership: Partnership, ada: Member, pia: Member, banner: Creative) -> None:
    creatives.add_banner(partnership.campaign, name="Wide", data=png(728, 90), by=ada.actor)
    client, url = signed_in(pia), f"/partnerships/{partnership.public_id}/links/"
    both, wide = text_of(client, url), text_of(client, f"{url}?size=728×90")
    assert ('alt="Autumn"' in both, 'alt="Wide"' in both) == (True, True)
    assert ('alt="Autumn"' in wide, 'alt="Wide"' in wide) == (False, True)


def test_it_takes_a_banner(partnership: Partnership, pia: Member, banner: Creative) -> None:
    client = signed_in(pia)

    response = client.post(
        f"/partnerships/{partnership.public_id}/links/grab/",
        {"creative": banner.public_id, "sub1": "blog", "destination": "https://shop.example/shoes"},
    )

    link = TrackingLink.objects.get()
    assert (link.creative, link.subs, link.destination) == (banner, ["blog"], "https://shop.example/shoes")
    assert (response.status_code, response["Location"]) == (302, f"/links/{link.code}/")
    page = text_of(client, f"/links/{link.code}/")
    assert html.escape(f'/c/{link.code}?sub1=blog" rel="sponsored noopener"') in page


def test_it_takes_a_link_by_htmx(partnership: Partnership, pia: Member) -> None:
    response = signed_in(pia).post(
        f"/partnerships/{partnership.public_id}/links/grab/", {"sub1": "blog"}, headers={"hx-request": "true"}
    )
    page = response.content.decode()
    assert response.status_code == 200
    assert f"/c/{TrackingLink.objects.get().code}?sub1=blog" in page
    for part in ("link-result", "link-fields", "link-table"):
        assert page.count(f'id="{part}"') == 1
    assert page.count("hx-swap-oob") == 2


@pytest.mark.parametrize("is_htmx", [True, False])
def test_it_says_beside_the_field_that_a_deep_link_leads_elsewhere(
    partnership: Partnership, pia: Member, *, is_htmx: bool
) -> None:
    headers = {"hx-request": "true"} if is_htmx else {}
    response = signed_in(pia).post(
        f"/partnerships/{partnership.public_id}/links/grab/", {"destination": "https://evil.example/"}, headers=headers
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "This address is not on a site of the campaign." in page
    assert 'value="https://evil.example/"' in page
    assert response.get("HX-Retarget") == ("#link-fields" if is_htmx else None)
    assert not TrackingLink.objects.exists()


def test_it_hides_a_creative_of_another_campaign(partnership: Partnership, ada: Member, pia: Member) -> None:
    foreign = creatives.add_text(running_campaign(ada, "Other"), name="x", text="x", by=ada.actor)
    response = signed_in(pia).post(
        f"/partnerships/{partnership.public_id}/links/grab/", {"creative": foreign.public_id}
    )
    assert response.status_code == 404


def test_it_downloads_a_qr_code(partnership: Partnership, pia: Member) -> None:
    link = links.grab(partnership, by=pia.actor)
    response = signed_in(pia).get(f"/links/{link.code}/qr.png")
    assert (response["Content-Type"], response["Content-Disposition"]) == (
        "image/png",
        f'attachment; filename="qr-{link.code}.png"',
    )


def test_it_retires_a_link(partnership: Partnership, pia: Member) -> None:
    link = links.grab(partnership, by=pia.actor)
    client = signed_in(pia)

    response = client.post(f"/links/{link.code}/retire/")

    link.refresh_from_db()
    assert link.retired_at is not None
    assert response["Location"] == f"/partnerships/{partnership.public_id}/links/"
    assert link.code not in text_of(client, response["Location"])
    assert "Retired on" in text_of(client, f"/links/{link.code}/")


def test_it_escapes_what_people_wrote(ada: Member, pia: Member) -> None:
    campaign = running_campaign(ada, XSS[:100], description=XSS, terms=XSS)
    creatives.add_text(campaign, name=XSS[:100], text=XSS, by=ada.actor)
    properties.add(pia.organization, kind="blog", name=XSS, url="https://blog.example/", by=pia.actor)
    partnership = partnerships.apply(campaign, publisher=pia.organization, message=XSS, by=pia.actor)
    publisher, advertiser = signed_in(pia), signed_in(ada)
    pages = [
        text_of(publisher, f"/discover/{campaign.public_id}/"),
        text_of(advertiser, f"/partners/{partnership.public_id}/"),
    ]
    pages += [text_of(advertiser, "/partners/"), text_of(publisher, "/profile/"), text_of(publisher, "/discover/")]
    partnerships.approve(partnership, by=ada.actor)
    link = links.grab(partnership, creative=campaign.creatives.get(), name=XSS, subs=[XSS], by=pia.actor)
    pages += [
        text_of(publisher, f"/partnerships/{partnership.public_id}/links/"),
        text_of(publisher, f"/links/{link.code}/"),
    ]
    pages += [text_of(publisher, "/partnerships/")]
    for page in pages:
        assert "<script>alert" not in page
        assert "<img src=x" not in page


@pytest.mark.parametrize("role", ["analyst", "finance"])
def test_it_lets_an_analyst_look_but_not_act(partnership: Partnership, pia: Member, role: str) -> None:
    analyst = person("analyst@example.com", "Analyst")
    Membership.objects.create(user=analyst, organization=pia.organization, role=role)
    client = Client(headers={"accept-language": "en"})
    client.force_login(analyst)
    page = text_of(client, f"/partnerships/{partnership.public_id}/links/")
    assert "Get the link" not in page
    assert client.post(f"/partnerships/{partnership.public_id}/links/grab/").status_code == 403


def test_it_speaks_persian(campaign: Campaign, partnership: Partnership, pia: Member) -> None:
    client = signed_in(pia, "fa")
    found = text_of(client, "/discover/")
    assert 'dir="rtl"' in found
    assert "کمپین‌هایی که همین حالا ناشر می‌پذیرند" in found
    shown = text_of(client, f"/discover/{campaign.public_id}/")
    assert '<bdi dir="ltr">۳۰</bdi> روز پس از کلیک' in shown
    assert "شناسه‌های فرعی" in text_of(client, f"/partnerships/{partnership.public_id}/links/")
    response = client.post(
        f"/partnerships/{partnership.public_id}/links/grab/", {"destination": "https://evil.example/"}
    )
    assert "این نشانی در سایت‌های این کمپین نیست." in response.content.decode()


def test_it_shows_a_campaign_that_ended_to_its_partners_only(
    partnership: Partnership, ada: Member, pia: Member, nima: Member
) -> None:
    petra = member("Petra", Kind.PUBLISHER, nima)
    campaigns.end(partnership.campaign, by=ada.actor)
    url = f"/discover/{partnership.campaign.public_id}/"
    assert (signed_in(pia).get(url).status_code, signed_in(petra).get(url).status_code) == (200, 404)


def test_it_asks_as_often_for_many_links_as_for_one(
    partnership: Partnership, pia: Member, banner: Creative, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, url = signed_in(pia), f"/partnerships/{partnership.public_id}/links/"
    links.grab(partnership, creative=banner, by=pia.actor)
    with CaptureQueriesContext(connection) as one:
        client.get(url)
    for number in range(5):
        links.grab(partnership, creative=banner, subs=[str(number)], by=pia.actor)
    with django_assert_num_queries(len(one)) as many:
        client.get(url)
    assert not [query["sql"] for query in many.captured_queries if '"data"' in query["sql"]]
