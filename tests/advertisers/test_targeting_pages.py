"""Targeting, rotation: what is typed, what is said back, what is kept."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation

from advertisers import audience_sentences, landing_pages, targeting
from advertisers.models import Campaign, LandingPage, Targeting
from network.models import AuditEntry
from tests.advertisers.test_campaign_pages import page, signed_in
from tests.cast import Member

FORM: dict[str, Any] = {
    "country_mode": "only",
    "country": ["TR", "IR"],
    "device_mode": "only",
    "device": ["phone"],
    "hour_mode": "only",
    "hour_from": "08:00",
    "hour_until": "22:00",
}


def change(client: Client, campaign: Campaign, **changes: Any) -> Any:
    return client.post(reverse("advertisers:targeting-change", args=[campaign.public_id]), FORM | changes)


def test_it_keeps_what_is_typed_and_says_it_back(client: Client, campaign: Campaign, ada: Member) -> None:
    assert change(signed_in(client, ada), campaign).status_code == 302
    kept = Targeting.objects.get()
    assert kept.rules == {
        "country": ["only", ["IR", "TR"]],
        "device": ["only", ["phone"]],
        "hour": ["only", [[127, 480, 1320]]],
    }
    response = client.get(reverse("advertisers:campaign-targeting", args=[campaign.public_id]))
    assert "Visitors from Iran and Türkiye, on phones, 08:00–22:00" in page(response)
    assert AuditEntry.objects.filter(action="campaign.targeted").count() == 1


def test_it_says_it_in_persian(client: Client, campaign: Campaign, ada: Member) -> None:
    change(signed_in(client, ada, "fa"), campaign, hour_from="۰۸:۰۰", hour_until="۲۲:۰۰")
    response = client.get(reverse("advertisers:campaign-targeting", args=[campaign.public_id]))
    assert "بازدیدکنندگان از ایران و ترکیه، با تلفن همراه، ۰۸:۰۰–۲۲:۰۰" in page(response)


def test_it_previews_the_sentence(client: Client, campaign: Campaign, ada: Member) -> None:
    address = reverse("advertisers:targeting-preview", args=[campaign.public_id])
    response = signed_in(client, ada).post(address, FORM | {"days": ["0", "1", "2"], "hour_until": "24:00"})
    assert "Visitors from Iran and Türkiye, on phones, Monday to Wednesday 08:00–24:00" in page(response)
    assert not Targeting.objects.exists()


def test_it_keeps_nothing_that_restricts_nobody(client: Client, campaign: Campaign, ada: Member) -> None:
    change(signed_in(client, ada), campaign)
    client.post(reverse("advertisers:targeting-change", args=[campaign.public_id]), {"country_mode": "any"})
    assert not Targeting.objects.exists()


WRONG = [
    ({"country": []}, "country", "Choose at least one, or take all."),
    ({"country": ["XX"]}, "country", "Select a valid choice. XX is not one of the available choices."),
    ({"region_mode": "only", "region": "Tehran"}, "region", "“TEHRAN” is not known here."),
    ({"hour_from": "8 o'clock"}, "hour_from", "Enter a time such as 08:00."),
    ({"hour_from": "25:00"}, "hour_from", "Enter a time such as 08:00."),
    ({"hour_until": ""}, "hour_until", "Enter both times, or none for the whole day."),
    ({"hour_from": "", "hour_until": ""}, "days", "Choose days or hours, or take all."),
    ({"starts_on": "2026-02-01", "ends_on": "2026-01-31"}, "ends_on", "The last day cannot be before the first."),
]


@pytest.mark.parametrize(("changes", "field", "message"), WRONG)
def test_it_says_beside_the_field_what_is_wrong(
    client: Client, campaign: Campaign, ada: Member, changes: dict[str, Any], field: str, message: str
) -> None:
    response = change(signed_in(client, ada), campaign, **changes)
    assert response.status_code == 422
    assert response.context["form"].errors == {field: [message]}
    assert f"<strong>{message}</strong>".replace("'", "&#x27;") in page(response)
    assert not Targeting.objects.exists()


SENTENCES = [
    ({}, "All visitors at all times"),
    ({"country": ["not", ["DE"]]}, "Visitors not from Germany"),
    ({"system": ["only", ["iOS"]], "browser": ["not", ["Edge", "Opera"]]},
     "Visitors with iOS, not in the browser Edge and Opera"),
    ({"hour": ["only", [[0b11111, 0, 0]]]}, "Visitors Monday to Friday"),
    ({"hour": ["not", [[0b1100000, 1320, 360]]]}, "Visitors not Saturday and Sunday 22:00–06:00"),
    ({"country": ["only", ["AT", "BE", "CH", "DE", "DK", "FR", "IT"]]},
     "Visitors from Austria, Belgium, Denmark, France, Germany, and 2 more"),
]  # fmt: skip


@pytest.mark.parametrize(("rules", "sentence"), SENTENCES)
def test_it_reads_as_a_sentence(campaign: Campaign, rules: dict[str, Any], sentence: str) -> None:
    with translation.override("en"):
        assert audience_sentences.sentence(Targeting(campaign=campaign, rules=rules)) == sentence


def test_it_refuses_what_cannot_be_targeted(campaign: Campaign, ada: Member) -> None:
    for rules in ({"shoe": ["only", ["42"]]}, {"country": ["only", ["XX"]]}, {"hour": ["only", [[0, 1, 2]]]}):
        with pytest.raises(targeting.NotATarget):
            targeting.change(campaign, rules=rules, by=ada.actor)


def test_it_keeps_days_in_the_campaigns_zone(client: Client, campaign: Campaign, ada: Member) -> None:
    Campaign.objects.filter(pk=campaign.pk).update(time_zone="Asia/Tehran")
    change(signed_in(client, ada), campaign, starts_on="2026-12-01", ends_on="2026-12-31")
    kept = Targeting.objects.get()
    times = [at.isoformat() for at in (kept.starts_at, kept.ends_at) if at]
    assert times == ["2026-11-30T20:30:00+00:00", "2026-12-31T20:30:00+00:00"]
    shown = client.get(reverse("advertisers:campaign-targeting", args=[campaign.public_id])).context["form"]
    assert [str(shown[name].value()) for name in ("starts_on", "ends_on")] == ["2026-12-01", "2026-12-31"]


def test_it_shares_out_landing_pages(client: Client, campaign: Campaign, ada: Member) -> None:
    signed_in(client, ada)
    add = reverse("advertisers:landing-page-add", args=[campaign.public_id])
    for name, weight in (("One", "3"), ("Two", "1")):
        client.post(add, {"name": name, "url": f"https://shop.example.com/{name}", "weight": weight})
    first, second = LandingPage.objects.order_by("pk")
    address = reverse("advertisers:campaign-landing-pages", args=[campaign.public_id])
    assert [row.share for row in client.get(address).context["pages_form"].rows] == [7_500, 2_500]
    client.post(
        reverse("advertisers:landing-page-shares", args=[campaign.public_id]),
        {f"page-{first.pk}": "0", f"page-{second.pk}": "5"},
    )
    assert [(row.item.name, row.share) for row in client.get(address).context["pages_form"].rows] == [
        ("Two", 10_000),
        ("One", 0),
    ]
    first.refresh_from_db()
    assert not first.is_active


def test_it_refuses_a_weight_beyond_a_thousand(client: Client, campaign: Campaign, ada: Member) -> None:
    made = landing_pages.add(campaign, name="One", url="https://shop.example.com/", by=ada.actor)
    address = reverse("advertisers:landing-page-shares", args=[campaign.public_id])
    response = signed_in(client, ada).post(address, {f"page-{made.pk}": "1001"})
    assert response.status_code == 422
    assert list(response.context["pages_form"].errors) == [str(made.pk)]


def test_it_rounds_shares_so_that_they_add_up() -> None:
    assert landing_pages.shares({1: 1, 2: 1, 3: 1}) == {1: 3_334, 2: 3_333, 3: 3_333}
    assert landing_pages.shares({1: 0, 2: 0}) == {1: 0, 2: 0}
