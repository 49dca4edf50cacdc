"""Which accounts there are. Each belongs to one organization (or, without an owner, to the network) and one currency."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from network.models import Organization


class Kind(StrEnum):
    CASH = "cash"
    ADV_FUNDS = "adv_funds"
    PUB_PENDING = "pub_pending"
    PUB_HOLD = "pub_hold"
    PUB_PAYABLE = "pub_payable"
    PAYOUT_TRANSIT = "payout_transit"
    FEE_PENDING = "fee_pending"
    NETWORK_FEE = "network_fee"


FLOORS: Final[dict[Kind, int | None]] = {
    Kind.CASH: None,
    Kind.ADV_FUNDS: 0,  # prepaid: the floor is what keeps an advertiser from spending more
    Kind.PUB_PENDING: 0,
    Kind.PUB_HOLD: 0,
    Kind.PUB_PAYABLE: None,  # a refund after approval may make a publisher's balance negative; it carries over
    Kind.PAYOUT_TRANSIT: 0,
    Kind.FEE_PENDING: None,
    Kind.NETWORK_FEE: None,
}
"""The balance that an account never goes below. None: not guarded, and without a cached balance that all would wait for."""

LABELS: Final[dict[Kind, Promise]] = {
    Kind.CASH: _("Cash at the bank"),
    Kind.ADV_FUNDS: _("Advertisers' funds"),
    Kind.PUB_PENDING: _("Pending commissions"),
    Kind.PUB_HOLD: _("Commissions on hold"),
    Kind.PUB_PAYABLE: _("Payable to publishers"),
    Kind.PAYOUT_TRANSIT: _("Payouts under way"),
    Kind.FEE_PENDING: _("Pending network fees"),
    Kind.NETWORK_FEE: _("Network fees earned"),
}
ASSETS: Final = frozenset({Kind.CASH})
"""Their balance is negative while there is something; shown with the sign turned."""


@dataclass(frozen=True, slots=True)
class Account:
    kind: Kind
    owner: int | None
    currency: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.owner or ''}:{self.currency}"


def cash(currency: str) -> Account:
    return Account(Kind.CASH, None, currency)


def funds(advertiser: Organization, currency: str) -> Account:
    return Account(Kind.ADV_FUNDS, advertiser.pk, currency)


def pending(publisher: Organization, currency: str) -> Account:
    return Account(Kind.PUB_PENDING, publisher.pk, currency)


def held(publisher: Organization, currency: str) -> Account:
    return Account(Kind.PUB_HOLD, publisher.pk, currency)


def payable(publisher: Organization, currency: str) -> Account:
    return Account(Kind.PUB_PAYABLE, publisher.pk, currency)


def fee_pending(currency: str) -> Account:
    return Account(Kind.FEE_PENDING, None, currency)


def network_fee(currency: str) -> Account:
    return Account(Kind.NETWORK_FEE, None, currency)
