"""Whether a campaign's advertiser can pay for what publishers bring. Set by the books, followed by the edges."""

from django.db import transaction
from django.utils import timezone

from advertisers.models import Campaign
from network import audit
from network.actors import Actor
from network.models import Organization


@transaction.atomic
def run_out(campaign: Campaign, *, by: Actor) -> bool:
    """Visitors are diverted from now on, until `come_back`. False: they were already."""
    changed = Campaign.objects.filter(pk=campaign.pk, out_of_funds_at=None).update(out_of_funds_at=timezone.now())
    if changed:
        audit.record(by, "campaign.out_of_funds", campaign)
    return bool(changed)


@transaction.atomic
def come_back(advertiser: Organization, currency: str, *, by: Actor) -> list[Campaign]:
    """The advertiser's campaigns in this currency take visitors again."""
    found = Campaign.objects.select_for_update(no_key=True, of=("self",)).filter(
        advertiser=advertiser, currency=currency, out_of_funds_at__isnull=False
    )
    campaigns = list(found.select_related("advertiser"))
    for campaign in campaigns:
        campaign.out_of_funds_at = None
        campaign.save(update_fields=["out_of_funds_at"])
        audit.record(by, "campaign.funded", campaign)
    return campaigns
