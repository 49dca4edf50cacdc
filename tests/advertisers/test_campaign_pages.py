from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from advertisers import campaigns, mandates, plans
from advertisers.models import Campaign, Goal, Scope
from advertisers.plans import Terms
from network.models import Membership
from network.roles import Role
from tests.cast import Member, person

FORM = {
    "name": "Autumn",
    "objective": "sales",
    "landing_url": "https://shop.example.com/",
    "currency": "USD",
    "time_zone": "Europe/Paris",
    "description": "",
    "terms": "",
    "window_days": "30",
    "attribution_model": "last_click",
    "view_window_hours": "0",
    "ownership_days": "0",
    "validation_days": "14",
    "allowed_hosts": "blog.example.com",
    "fallback_url": "",
    "click_parameter": "pvd_cid",
}


def signed_in(client: Client, member: Member, language: str = "en") -> Client:
    client.force_login(member.user)
    client.cookies["language"] = language
    return client


def page(response: Any) -> str:
    assert isinstance(response, HttpResponse)
    return response.content.decode()


def test_it_creates_a_campaign_and_goes_on_to_its_commission(client: Client, ada: Member) -> None:
    response = signed_in(client, ada).post(reverse("advertisers:campaign-create"), FORM)
    campaign = Campaign.objects.get()
    assert response.headers["Location"] == reverse("advertisers:plan-edit", args=[campaign.public_id])
    assert (campaign.advertiser, campaign.time_zone, campaign.validation_days) == (ada.organization, "Europe/Paris", 14)
    assert campaign.allowed_hosts == ["shop.example.com", "blog.example.com"]


def test_it_reads_persian_digits(client: Client, ada: Member) -> None:
    fields = FORM | {"window_days": "۴۵", "validation_days": "۷"}
    signed_in(client, ada, "fa").post(reverse("advertisers:campaign-create"), fields)
    campaign = Campaign.objects.get()
    assert (campaign.window_days, campaign.validation_days) == (45, 7)


WRONG = [
    ("name", "", "This field is required.", "این فیلد لازم است."),
    ("landing_url", "shop", "Enter a valid URL.", "یک نشانی اینترنتی معتبر وارد کنید."),
    ("landing_url", "ftp://shop.example.com/", "Enter a valid URL.", "یک نشانی اینترنتی معتبر وارد کنید."),
    ("landing_url", "javascript:alert(1)", "Enter a valid URL.", "یک نشانی اینترنتی معتبر وارد کنید."),
    (
        "landing_url",
        "https://ada:secret@shop.example.com/",
        "Leave user name and password out of the address.",
        "نام کاربری و گذرواژه را از نشانی بردارید.",
    ),
    ("allowed_hosts", "a..b", "“a..b” is not a host name.", "«a..b» نام دامنه نیست."),
    (
        "click_parameter",
        "1x",
        "Use letters a–z, digits, dots, hyphens and underscores; begin with a letter.",
        "از حروف انگلیسی، رقم، نقطه، خط تیره و زیرخط استفاده کنید و با حرف شروع کنید.",
    ),
]


@pytest.mark.parametrize(("field", "value", "english", "persian"), WRONG)
def test_it_says_beside_the_field_what_is_wrong(
    client: Client, ada: Member, field: str, value: str, english: str, persian: str
) -> None:
    for language, text in (("en", english), ("fa", persian)):
        response = signed_in(client, ada, language).post(reverse("advertisers:campaign-create"), FORM | {field: value})
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]
        assert f"<strong>{text}</strong>" in page(response)
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [("window_days", "0"), ("window_days", "366"), ("validation_days", "181"), ("currency", "XXX"), ("time_zone", "X")],
)
def test_it_refuses_values_out_of_range(client: Client, ada: Member, field: str, value: str) -> None:
    response = signed_in(client, ada).post(reverse("advertisers:campaign-create"), FORM | {field: value})
    assert list(response.context["form"].errors) == [field]
    assert not Campaign.objects.exists()


def test_it_lets_an_agency_create_for_a_client(client: Client, ada: Member, otto: Member) -> None:
    fields = FORM | {"client": ada.organization.public_id}
    signed_in(client, otto).post(reverse("advertisers:campaign-create"), fields)
    assert Campaign.objects.get().advertiser == ada.organization


def test_it_lets_an_agency_create_for_nobody_else(client: Client, otto: Member, mallory: Member) -> None:
    for other in (mallory.organization.public_id, otto.organization.public_id, ""):
        response = signed_in(client, otto).post(reverse("advertisers:campaign-create"), FORM | {"client": other})
        assert list(response.context["form"].errors) == ["client"]
    assert not Campaign.objects.exists()


def test_it_ignores_a_client_named_by_an_advertiser(client: Client, ada: Member, mallory: Member) -> None:
    fields = FORM | {"client": mallory.organization.public_id}
    signed_in(client, ada).post(reverse("advertisers:campaign-create"), fields)
    assert Campaign.objects.get().advertiser == ada.organization


def test_it_takes_an_agency_only_as_far_as_its_scopes(
    client: Client, running: Campaign, ada: Member, otto: Member
) -> None:
    detail = reverse("advertisers:campaign-detail", args=[running.public_id])
    assert signed_in(client, otto).get(detail).status_code == 200
    others = [scope for scope in Scope if scope != Scope.CAMPAIGNS]
    mandates.give(ada.organization, agency=otto.organization, scopes=others, by=ada.actor)
    assert client.get(detail).status_code == 404
    assert client.post(reverse("advertisers:campaign-pause", args=[running.public_id])).status_code == 404
    response = client.post(reverse("advertisers:campaign-create"), FORM | {"client": ada.organization.public_id})
    assert response.status_code == 422
    running.refresh_from_db()
    assert running.status == "active"


def test_it_edits_settings(client: Client, running: Campaign, ada: Member) -> None:
    fields = FORM | {"name": "Winter", "currency": "EUR", "time_zone": "Asia/Tehran"}
    signed_in(client, ada).post(reverse("advertisers:campaign-edit", args=[running.public_id]), fields)
    running.refresh_from_db()
    assert (running.name, running.validation_days) == ("Winter", 14)
    assert (running.currency, running.time_zone) == ("USD", "UTC")


def test_it_starts_pauses_resumes_and_ends_by_buttons(
    client: Client, campaign: Campaign, sale: Goal, ada: Member
) -> None:
    signed_in(client, ada)
    client.post(reverse("advertisers:plan-edit", args=[campaign.public_id]), {"percent-sale": "8", "action": "save"})
    for verb, status in [("start", "active"), ("pause", "paused"), ("resume", "active"), ("end", "ended")]:
        response = client.post(reverse(f"advertisers:campaign-{verb}", args=[campaign.public_id]))
        assert response.status_code == 302
        campaign.refresh_from_db()
        assert campaign.status == status


def test_it_tells_why_a_campaign_cannot_start(client: Client, campaign: Campaign, ada: Member) -> None:
    url = reverse("advertisers:campaign-start", args=[campaign.public_id])
    response = signed_in(client, ada, "fa").post(url, follow=True)
    assert "ابتدا دست‌کم برای یک هدف کمیسیون تعیین کنید." in page(response)
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_it_lists_by_status_and_search(client: Client, running: Campaign, ada: Member, mallory: Member) -> None:
    for member, name in ((ada, "Winter"), (mallory, "Other shop")):
        campaigns.create(
            member.organization,
            name=name,
            objective="leads",
            landing_url="https://x.example/",
            currency="USD",
            by=member.actor,
        )
    url = reverse("advertisers:campaign-list")
    signed_in(client, ada)

    def names(query: str) -> list[str]:
        return [campaign.name for campaign, _ in client.get(url + query).context["rows"]]

    assert names("") == ["Winter", "Ada's shop"]
    assert names("?status=active") == ["Ada's shop"]
    assert names("?search=wint") == ["Winter"]
    assert names(f"?search={running.public_id}") == ["Ada's shop"]
    assert names("?status=ended") == []
    assert "8% per sale" in page(client.get(url))
    assert signed_in(client, mallory).get(url).context["in_all"] == 1


def test_it_answers_htmx_with_the_table_alone(client: Client, running: Campaign, ada: Member) -> None:
    response = signed_in(client, ada).get(reverse("advertisers:campaign-list"), headers={"hx-request": "true"})
    assert page(response).lstrip().startswith('<div id="campaign-table">')
    assert "HX-Request" in response["Vary"]


def test_it_shows_the_network_everything_and_no_button(client: Client, running: Campaign, nima: Member) -> None:
    signed_in(client, nima)
    for name in ("detail", "commission", "creatives", "integration"):
        text = page(client.get(reverse(f"advertisers:campaign-{name}", args=[running.public_id])))
        assert 'method="post" action="/campaigns' not in text
        assert running.postback_token not in text


def test_it_shows_the_token_to_those_who_manage(client: Client, running: Campaign, ada: Member) -> None:
    url = reverse("advertisers:campaign-integration", args=[running.public_id])
    text = page(signed_in(client, ada).get(url))
    assert f"token={running.postback_token}" in text
    assert f"data-campaign=&quot;{running.public_id}&quot;" in text
    analyst = person("ana@example.com", "Ana")
    Membership.objects.create(user=analyst, organization=ada.organization, role=Role.ANALYST)
    client.force_login(analyst)
    assert running.postback_token not in page(client.get(url))


def test_it_renews_the_token(client: Client, running: Campaign, ada: Member) -> None:
    before = running.postback_token
    signed_in(client, ada).post(reverse("advertisers:token-renew", args=[running.public_id]))
    running.refresh_from_db()
    assert running.postback_token != before


def test_it_escapes_what_people_typed(client: Client, running: Campaign, ada: Member) -> None:
    hostile = "<script>alert(1)</script>"
    campaigns.edit(running, name=hostile, description=hostile, terms=hostile, by=ada.actor)
    signed_in(client, ada)
    for name in ("list", "detail", "commission", "creatives", "integration"):
        arguments = [] if name == "list" else [running.public_id]
        assert hostile not in page(client.get(reverse(f"advertisers:campaign-{name}", args=arguments)))


def test_it_asks_as_little_for_many_campaigns_as_for_one(
    client: Client, running: Campaign, ada: Member, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    signed_in(client, ada)
    with CaptureQueriesContext(connection) as one:
        client.get(reverse("advertisers:campaign-list"))
    for number in range(10):
        made = campaigns.create(
            ada.organization,
            name=f"Campaign {number}",
            objective="sales",
            landing_url="https://x.example/",
            currency="USD",
            by=ada.actor,
        )
        plan = plans.draft(made, by=ada.actor)
        plans.set_rules(plan, [Terms(made.goals.get(code="sale"), percent_basis_points=500)], by=ada.actor)
    with django_assert_max_num_queries(len(one)):
        client.get(reverse("advertisers:campaign-list"))


def test_it_names_time_zones_in_the_readers_language(client: Client, ada: Member) -> None:
    assert "Oslo (" in page(signed_in(client, ada).get("/campaigns/new/"))
    assert "اسلو (" in page(signed_in(client, ada, "fa").get("/campaigns/new/"))
