"""The network's money at a glance: per currency from the books, and each advertiser's balance."""

from dataclasses import dataclass

from network.models import Kind as OrganizationKind
from network.models import Organization
from network.money import Money
from payouts import ledger
from payouts.accounts import ASSETS, LABELS, Kind


@dataclass(frozen=True, slots=True)
class CurrencyTotals:
    """All accounts of one currency by kind. Assets are shown positive; what is owed equals what is there."""

    currency: str
    amounts: dict[Kind, int]

    @property
    def funds(self) -> Money:
        return self._of(Kind.ADV_FUNDS)

    @property
    def pending(self) -> Money:
        return self._of(Kind.PUB_PENDING) + self._of(Kind.PUB_HOLD)

    @property
    def payable(self) -> Money:
        return self._of(Kind.PUB_PAYABLE)

    @property
    def fees(self) -> Money:
        return self._of(Kind.NETWORK_FEE)

    @property
    def fees_pending(self) -> Money:
        return self._of(Kind.FEE_PENDING)

    @property
    def cash(self) -> Money:
        return -self._of(Kind.CASH)

    @property
    def lines(self) -> list[tuple[object, Money]]:
        """For the trial balance: each kind of account, assets with their sign turned."""
        ordered = sorted(self.amounts.items(), key=lambda item: (item[0] not in ASSETS, list(Kind).index(item[0])))
        return [(LABELS[kind], Money(-amount if kind in ASSETS else amount, self.currency)) for kind, amount in ordered]

    @property
    def difference(self) -> Money:
        """Zero: each posting takes from one account what it gives to another."""
        return Money(sum(self.amounts.values()), self.currency)

    def _of(self, kind: Kind) -> Money:
        return Money(self.amounts.get(kind, 0), self.currency)


def currencies() -> list[CurrencyTotals]:
    return [CurrencyTotals(currency, amounts) for currency, amounts in ledger.trial_balance().items()]


def advertisers() -> list[tuple[Organization, list[ledger.Balance]]]:
    """Every active advertiser with its balances; those without any come too, so that they can be topped up."""
    found = list(Organization.objects.filter(kind=OrganizationKind.ADVERTISER, status="active").order_by("name"))
    balances = ledger.balances_of(found)
    return [(one, balances.get(one.pk, [])) for one in found]
