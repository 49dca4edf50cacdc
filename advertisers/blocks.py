"""Traffic that a campaign does not take."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from advertisers.landing_pages import open_campaign
from advertisers.models import BlockedBy, Campaign, TrafficBlock
from network import audit
from network.actors import Actor
from network.errors import DomainError


class NothingToBlock(DomainError):
    code = "nothing_to_block"
    message = _("Say which value is blocked.")


class NeedsPublisher(DomainError):
    code = "block_needs_publisher"
    message = _("To block everything, choose whose traffic it is. To stop all of it, pause the campaign.")


class AlreadyBlocked(DomainError):
    code = "already_blocked"
    message = _("This is blocked already.")
    status = 409


@transaction.atomic
def add(
    campaign: Campaign,
    *,
    field: str,
    by: Actor,
    value: str = "",
    partnership_id: int | None = None,
    reason: str = "",
    label: str = "",
) -> TrafficBlock:
    """`label`: whose, for the audit trail."""
    campaign = open_campaign(campaign)
    value = value.strip()
    if field == BlockedBy.ALL:
        value = ""
        if partnership_id is None:
            raise NeedsPublisher(field="partnership")
    elif not value:
        raise NothingToBlock(field="value")
    same = TrafficBlock.objects.filter(campaign=campaign, partnership_id=partnership_id, field=field, value=value)
    if same.exists():
        raise AlreadyBlocked(field="value" if value else "partnership")
    block = TrafficBlock.objects.create(
        campaign=campaign, partnership_id=partnership_id, field=field, value=value, reason=reason
    )
    audit.record(by, "block.added", block, campaign=campaign.public_id, field=field, value=value, publisher=label)
    return block


@transaction.atomic
def lift(block: TrafficBlock, *, by: Actor) -> None:
    open_campaign(block.campaign)
    audit.record(by, "block.lifted", block, campaign=block.campaign.public_id, field=block.field, value=block.value)
    block.delete()
