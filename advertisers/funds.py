"""Whether a campaign's advertiser can pay for what publishers bring. Set by the books, followed by the edges."""

from django.db import transaction
from django.utils import timezone

from advertisers.models import Campaign
from network import audit
from network.actors import Actor


@transaction.atomic
def run_out(campaign_id: int, *, by: Actor) -> bool:
    """Visitors are diverted from now on, until `come_back`. False: they were already."""
    changed = Campaign.objects.filter(pk=campaign_id, out_of_funds_at=None).update(out_of_funds_at=timezone.now())
    if changed:
        campaign = Campaign.objects.select_related("advertiser").get(pk=campaign_id)
        audit.record(by, "campaign.out_of_funds", campaign)
    return bool(changed)


@transaction.atomic
def come_back(campaign: Campaign, *, by: Actor) -> bool:
    """The campaign takes visitors again. False: it did."""
    out = Campaign.objects.filter(pk=campaign.pk, out_of_funds_at__isnull=False)
    changed = out.update(out_of_funds_at=None)
    if changed:
        audit.record(by, "campaign.funded", campaign)
    return bool(changed)
