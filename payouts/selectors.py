"""Questions other rooms ask about money. Every answer comes from the ledger or from commissions."""

from datetime import timedelta

from django.db.models import F, Sum
from django.utils import timezone

from advertisers.models import Scope, advertisers_of
from network.models import NetworkSettings, Organization
from payouts.ledger import Balance, balances_of
from payouts.models import Commission

RECENT_DAYS = 7


def low_balances(organization: Organization) -> list[Balance]:
    """Funds that last fewer than `NetworkSettings.low_balance_days` days at the spend of the last seven."""
    advertisers = list(advertisers_of(organization, Scope.MONEY))
    days = NetworkSettings.current().low_balance_days
    since = timezone.now() - timedelta(days=RECENT_DAYS)
    spent = dict(
        Commission.objects.filter(advertiser__in=advertisers, created_at__gte=since)
        .order_by()
        .values_list("advertiser", "currency")
        .annotate(spent=Sum(F("amount") + F("fee")))
        .values_list("advertiser", "spent")
    )
    return [
        balance
        for found in balances_of(advertisers).values()
        for balance in found
        if balance.available.amount * RECENT_DAYS < days * spent.get(balance.organization.pk, 0)
    ]
