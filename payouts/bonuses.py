"""Extra pay by hand, for a publisher in a campaign."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers import plans
from advertisers.models import Campaign
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import NetworkSettings, Organization, OrganizationStatus
from network.money import Money
from payouts import accounts, arithmetic, ledger
from payouts.models import Bonus
from publishers.models import Partnership
from tracking.days import day_of


class BonusNotPositive(DomainError):
    code = "bonus_not_positive"
    message = _("A bonus must be more than zero.")


class OtherCurrency(DomainError):
    code = "other_currency"
    message = _("A bonus is paid in the currency of its campaign.")


class BonusReasonNeeded(DomainError):
    code = "bonus_reason_needed"
    message = _("Tell the publisher what the bonus is for.")


class PartyNotActive(DomainError):
    code = "party_not_active"
    message = _("The advertiser or the publisher is suspended; nothing is paid until the network reactivates it.")
    status = 409


class BonusUnfunded(DomainError):
    code = "bonus_unfunded"
    message = _("The advertiser's balance does not cover the bonus and the network fee on it.")


class BonusChanged(DomainError):
    code = "bonus_changed"
    message = _("This form was sent before with other values. Open it anew to give another bonus.")
    status = 409


@transaction.atomic
def give(partnership: Partnership, *, amount: Money, reason: str, key: UUID, by: Actor) -> Bonus:
    """Payable at once, from the advertiser's funds, with the network's fee on top. `key` makes sending it twice one bonus.

    Raises BonusNotPositive, OtherCurrency, BonusReasonNeeded, PartyNotActive, BonusUnfunded, BonusChanged.
    """
    campaign = partnership.campaign
    if amount.currency != campaign.currency:
        raise OtherCurrency(field="amount")
    if amount.amount <= 0:
        raise BonusNotPositive(field="amount")
    if not reason.strip():
        raise BonusReasonNeeded(field="reason")
    parties = Organization.objects.filter(pk__in=[campaign.advertiser_id, partnership.publisher_id])
    if parties.exclude(status=OrganizationStatus.ACTIVE).exists():
        raise PartyNotActive
    values = {
        "campaign": campaign,
        "advertiser": campaign.advertiser,
        "publisher": partnership.publisher,
        "amount": amount.amount,
        "currency": amount.currency,
        "reason": reason.strip(),
    }
    late = {
        "fee": arithmetic.fee(fee_basis_points(campaign), amount.amount),
        "day": day_of(timezone.now(), campaign.time_zone),
        "given_by": by.user,
    }
    bonus, is_new = Bonus.objects.get_or_create(key=key, defaults=values | late)
    if is_new:
        _pay(bonus)
        audit.record(by, "bonus.given", bonus, amount=bonus.amount, currency=bonus.currency, reason=bonus.reason)
    elif any(getattr(bonus, name) != value for name, value in values.items()):
        raise BonusChanged
    return bonus


def fee_basis_points(campaign: Campaign) -> int:
    """As on a commission of the plan now in force; without a plan, as the network's settings say."""
    plan = plans.in_force(campaign, timezone.now())
    return plan.fee_basis_points if plan else NetworkSettings.current().fee_basis_points


def _pay(bonus: Bonus) -> None:
    funds = accounts.funds(bonus.advertiser, bonus.currency)
    moves = [
        *ledger.move(funds, accounts.payable(bonus.publisher, bonus.currency), bonus.amount),
        *ledger.move(funds, accounts.network_fee(bonus.currency), bonus.fee),
    ]
    try:
        ledger.post("bonus.given", key=f"bonus:{bonus.public_id}", moves=moves, source=bonus)
    except ledger.InsufficientFunds:
        raise BonusUnfunded(field="amount") from None
