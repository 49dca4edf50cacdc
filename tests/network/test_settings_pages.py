from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from network.models import AuditEntry, NetworkSettings
from tests.cast import Member
from tests.network.conftest import SignedIn

DETAILS = {
    "name": "Ada & Co",
    "website": "https://ada.example",
    "country": "DE",
    "currency": "EUR",
    "time_zone": "Europe/Berlin",
    "about": "Shoes",
}


def test_it_saves_the_organizations_details(ada: Member, signed_in: SignedIn) -> None:
    signed_in(ada).post(reverse("network:organization-settings"), DETAILS)
    ada.organization.refresh_from_db()
    assert {name: getattr(ada.organization, name) for name in DETAILS} == DETAILS
    entry = AuditEntry.objects.latest("id")
    assert entry.action == "organization.edited"
    assert set(entry.detail["fields"]) == set(DETAILS)


def test_it_takes_only_what_the_form_asks(ada: Member, signed_in: SignedIn) -> None:
    forged = {"kind": "network", "status": "suspended", "public_id": "forged", "status_reason": "x"}
    signed_in(ada).post(reverse("network:organization-settings"), DETAILS | forged)
    ada.organization.refresh_from_db()
    assert (ada.organization.kind, ada.organization.status) == ("advertiser", "active")
    assert (ada.organization.public_id != "forged", ada.organization.status_reason) == (True, "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("website", "javascript:alert(1)"),
        ("website", "ftp://ada.example"),
        ("time_zone", "Mars/Olympus"),
        ("currency", "BTC"),
        ("name", "x" * 121),
        ("name", "nul\x00"),
    ],
)
def test_it_says_what_is_wrong_beside_the_field(ada: Member, signed_in: SignedIn, name: str, value: str) -> None:
    page = signed_in(ada).post(reverse("network:organization-settings"), DETAILS | {name: value})
    assert page.status_code == 422
    assert list(page.context["form"].errors) == [name]
    ada.organization.refresh_from_db()
    assert ada.organization.name == "Ada's Advertiser"


def test_it_saves_a_persons_settings(ada: Member, signed_in: SignedIn) -> None:
    data = {"name": "Ada Lovelace", "language": "fa", "time_zone": "Asia/Tehran"}
    answer = signed_in(ada).post(reverse("network:user-settings"), data)
    ada.user.refresh_from_db()
    assert {name: getattr(ada.user, name) for name in data} == data
    assert answer.cookies["language"].value == "fa"


def test_it_shows_times_in_the_persons_zone_else_the_organizations(ada: Member, signed_in: SignedIn) -> None:
    ada.organization.time_zone = "Asia/Kolkata"
    ada.organization.save()
    at, client = AuditEntry.objects.latest("id").at, signed_in(ada)

    def shows(zone: str) -> bool:
        return f"{at.astimezone(ZoneInfo(zone)):%H:%M}</time>" in client.get(reverse("network:audit-list")).text

    assert shows("Asia/Kolkata")
    ada.user.time_zone = "Asia/Kabul"
    ada.user.save()
    assert shows("Asia/Kabul")
    assert not shows("Asia/Kolkata")
    assert timezone.get_current_timezone_name() == "UTC"


def test_it_saves_the_networks_settings(nima: Member, signed_in: SignedIn) -> None:
    data = {"fallback_url": "https://network.example/gone", "fee_basis_points": "12.5", "low_balance_days": "7"}
    signed_in(nima).post(reverse("network:network-settings"), data)
    row = NetworkSettings.current()
    assert (row.fallback_url, row.fee_basis_points, row.low_balance_days) == ("https://network.example/gone", 1250, 7)
    entry = AuditEntry.objects.latest("id")
    assert entry.detail["changes"]["fee_basis_points"] == [2000, 1250]


def test_it_understands_persian_digits(nima: Member, signed_in: SignedIn) -> None:
    client = signed_in(nima)
    client.cookies["language"] = "fa"
    data = {"fallback_url": "", "fee_basis_points": "۱۲٫۵", "low_balance_days": "۷"}
    client.post(reverse("network:network-settings"), data)
    row = NetworkSettings.current()
    assert (row.fee_basis_points, row.low_balance_days) == (1250, 7)


@pytest.mark.parametrize(
    ("name", "value"), [("fee_basis_points", "101"), ("fee_basis_points", "-1"), ("low_balance_days", "0")]
)
def test_it_refuses_impossible_numbers(nima: Member, signed_in: SignedIn, name: str, value: str) -> None:
    data = {"fallback_url": "", "fee_basis_points": "20", "low_balance_days": "3", name: value}
    page = signed_in(nima).post(reverse("network:network-settings"), data)
    assert list(page.context["form"].errors) == [name]
    assert NetworkSettings.current().fee_basis_points == 2000
