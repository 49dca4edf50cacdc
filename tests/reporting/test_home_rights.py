"""What a home page keeps from members without a right to money."""

import pytest
from django.test import Client

from network.models import Membership
from network.roles import Role
from tests.cast import Member, person
from tests.payouts.market import Market, OpenMarket


@pytest.fixture
def short(open_market: OpenMarket) -> Market:
    """Ada's balance of 12.34 does not cover what waits for it."""
    market = open_market({"sale": (0, 800)}, funds=1_234)
    market.sell("1001", 100_000)
    return market


@pytest.mark.parametrize(("role", "sees"), [(Role.FINANCE, True), (Role.ANALYST, False), (Role.MANAGER, False)])
def test_it_shows_clients_balances_to_those_with_a_right_to_money(
    client: Client, short: Market, otto: Member, *, role: Role, sees: bool
) -> None:
    user = person("omid@example.com", "Omid")
    Membership.objects.create(user=user, organization=otto.organization, role=role)
    client.force_login(user)
    page = client.get("/home/").content.decode()
    assert ("$12.34" in page) is sees
    assert ("Low balance" in page) is sees
