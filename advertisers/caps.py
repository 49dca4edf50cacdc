"""How many clicks or conversions a campaign, or one publisher in it, takes in a period."""

from typing import Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from advertisers.landing_pages import open_campaign
from advertisers.models import Campaign, Cap
from network import audit
from network.actors import Actor
from network.errors import DomainError

MAX_LIMIT: Final = 2_000_000_000


class CapExists(DomainError):
    code = "cap_exists"
    message = _("There is a cap for this already. Change its limit instead.")
    status = 409


class LimitOutOfRange(DomainError):
    code = "limit_out_of_range"
    message = _("A cap is at least 1.")


@transaction.atomic
def add(
    campaign: Campaign,
    *,
    metric: str,
    period: str,
    limit: int,
    by: Actor,
    is_hard: bool = True,
    partnership_id: int | None = None,
    label: str = "",
) -> Cap:
    """`label`: whose, for the audit trail."""
    campaign = open_campaign(campaign)
    same = Cap.objects.filter(campaign=campaign, partnership_id=partnership_id, metric=metric, period=period)
    if same.exists():
        raise CapExists(field="period")
    cap = Cap.objects.create(
        campaign=campaign,
        partnership_id=partnership_id,
        metric=metric,
        period=period,
        limit=_checked(limit),
        is_hard=is_hard,
    )
    audit.record(by, "cap.added", cap, campaign=campaign.public_id, after=facts(cap), publisher=label)
    return cap


@transaction.atomic
def edit(cap: Cap, *, limit: int, is_hard: bool, by: Actor) -> Cap:
    """What was counted so far still counts: a limit below it is reached at once."""
    campaign = open_campaign(cap.campaign)
    cap = Cap.objects.select_for_update(no_key=True, of=("self",)).get(pk=cap.pk)
    before = facts(cap)
    cap.limit, cap.is_hard = _checked(limit), is_hard
    if facts(cap) != before:
        cap.save(update_fields=["limit", "is_hard"])
        audit.record(by, "cap.edited", cap, campaign=campaign.public_id, before=before, after=facts(cap))
    return cap


@transaction.atomic
def remove(cap: Cap, *, by: Actor) -> None:
    open_campaign(cap.campaign)
    audit.record(by, "cap.removed", cap, campaign=cap.campaign.public_id, before=facts(cap))
    cap.delete()


def facts(cap: Cap) -> dict[str, object]:
    return {"metric": cap.metric, "period": cap.period, "limit": cap.limit, "is_hard": cap.is_hard}


def _checked(limit: int) -> int:
    if not 1 <= limit <= MAX_LIMIT:
        raise LimitOutOfRange(field="limit")
    return limit
