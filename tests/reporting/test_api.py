import pytest
from django.test import Client
from django.utils import timezone

from network import keys
from network.keys import Scope
from tests.cast import Member
from tests.payouts.market import Market

pytestmark = pytest.mark.django_db


def key(member: Member) -> str:
    return keys.create(member.organization, name="Test", scopes=[Scope.READ], by=member.actor)[1]


@pytest.fixture
def sold(market: Market) -> Market:
    market.happen("click", 4)
    market.sell("1001")
    return market


def read(client: Client, member: Member, path: str) -> dict:  # type: ignore[type-arg]
    answer = client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {key(member)}"})
    assert answer.status_code == 200, answer.content
    return answer.json()  # type: ignore[no-any-return]


def test_it_reads_a_conversion_by_order_with_its_commission(client: Client, sold: Market) -> None:
    (item,) = read(client, sold.ada, "conversions?order_id=1001")["items"]
    assert item["state"] == "pending"
    assert item["amount"] == {"amount": 10_000, "currency": "USD"}
    assert item["commission"]["amount"] == {"amount": 800, "currency": "USD"}
    assert item["commission"]["cost"] == {"amount": 960, "currency": "USD"}
    assert "8%" in item["commission"]["explanation"]
    assert "$8.00" in item["commission"]["explanation"]


def test_it_hides_the_cost_and_the_order_from_the_publisher(client: Client, sold: Market) -> None:
    sold.sell("a-long-order-number-1002")
    first, second = read(client, sold.pia, "conversions")["items"]
    assert first["commission"]["cost"] is None
    assert first["order_id"] != "a-long-order-number-1002"
    assert first["order_id"].endswith("1002")
    assert "fee" not in first["commission"]["explanation"].lower()
    assert second["commission"]["amount"]["amount"] == 800


def test_it_pages_through_conversions(client: Client, sold: Market) -> None:
    sold.sell("1002")
    page = read(client, sold.ada, "conversions?limit=1")
    rest = read(client, sold.ada, f"conversions?limit=1&cursor={page['next']}")
    assert [item["order_id"] for item in page["items"] + rest["items"]] == ["1002", "1001"]
    assert rest["next"] is None


def test_it_filters_by_state_and_campaign(client: Client, sold: Market) -> None:
    assert read(client, sold.ada, "conversions?state=approved")["items"] == []
    assert len(read(client, sold.ada, f"conversions?campaign={sold.campaign.public_id}")["items"]) == 1


def test_it_finds_what_is_unpaid_by_its_state(client: Client, sold: Market) -> None:
    sold.report("1002", click_id=None, coupon="NOBODYS")
    sold.settle()
    assert [item["order_id"] for item in read(client, sold.ada, "conversions?state=unpaid")["items"]] == ["1002"]
    assert [item["order_id"] for item in read(client, sold.ada, "conversions?state=pending")["items"]] == ["1001"]


def test_it_gives_strangers_nothing(client: Client, sold: Market, mallory: Member) -> None:
    for path in ("conversions?order_id=1001", "campaigns", "links", "balance"):
        assert read(client, mallory, path)["items"] == []
    answer = client.get(
        f"/api/v1/statistics?campaign={sold.campaign.public_id}", headers={"Authorization": f"Bearer {key(mallory)}"}
    )
    assert answer.status_code == 404


def test_it_lists_campaigns_with_their_goals(client: Client, sold: Market) -> None:
    (item,) = read(client, sold.pia, "campaigns")["items"]
    assert item["public_id"] == sold.campaign.public_id
    assert {"code": "sale", "name": "Sale", "kind": "sale"} in item["goals"]


def test_it_lists_links(client: Client, sold: Market) -> None:
    (item,) = read(client, sold.pia, "links")["items"]
    assert item["url"].endswith(f"/c/{sold.link.code}")
    assert item["campaign"] == sold.campaign.public_id


def test_it_reads_statistics_by_day(client: Client, sold: Market) -> None:
    items = read(client, sold.ada, "statistics")["items"]
    assert len(items) == 30
    today = next(item for item in items if item["day"] == timezone.now().date().isoformat())
    assert (today["clicks"], today["conversions"]) == (4, 1)
    assert today["sales"] == {"amount": 10_000, "currency": "USD"}
    assert today["commission"] == {"amount": 800, "currency": "USD"}
    assert today["cost"] == {"amount": 960, "currency": "USD"}


def test_it_refuses_a_period_of_more_than_a_year(client: Client, sold: Market) -> None:
    answer = client.get(
        "/api/v1/statistics?first=2020-01-01&last=2026-01-01", headers={"Authorization": f"Bearer {key(sold.ada)}"}
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "period_too_long"


def test_it_reads_balances_from_the_ledger(client: Client, sold: Market) -> None:
    (funds,) = read(client, sold.ada, "balance")["items"]
    assert funds["available"] == {"amount": 100_000 - 960, "currency": "USD"}
    (earned,) = read(client, sold.pia, "balance")["items"]
    assert earned["pending"] == {"amount": 800, "currency": "USD"}
    assert earned["available"] == {"amount": 0, "currency": "USD"}


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("statistics?last=0001-01-01", 422, "last"),
        ("statistics?first=1999-12-31", 422, "first"),
        ("statistics?currency=XXX", 422, "currency"),
        ("conversions?state=aproved", 422, "state"),
        ("statistics?campaign=%00", 400, None),
        ("conversions?order_id=a%00b", 400, None),
    ],
)
def test_it_refuses_what_no_database_holds(
    client: Client, sold: Market, path: str, status: int, field: str | None
) -> None:
    answer = client.get(f"/api/v1/{path}", headers={"Authorization": f"Bearer {key(sold.ada)}"})
    assert (answer.status_code, answer.json()["error"]["field"]) == (status, field)
