"""Campaigns whose advertiser cannot pay take no more visitors; once nothing waits for money any more, they do again."""

from django.db.models import Q

from advertisers import funds
from advertisers.models import Campaign
from network.actors import Actor
from network.models import Organization
from payouts.models import Commission

JOB = Actor.system("settle_unfunded")


def stop(commission: Commission) -> None:
    """Its advertiser's balance did not cover this commission."""
    funds.run_out(commission.campaign_id, by=JOB)


def reopen(advertiser: Organization | None = None) -> int:
    """Campaigns of which no commission waits for money; of this advertiser, or of all. Returns how many."""
    waiting = Commission.objects.filter(Q(due_amount__gt=0) | Q(due_fee__gt=0)).values("campaign")
    out = Campaign.objects.filter(out_of_funds_at__isnull=False).exclude(pk__in=waiting)
    if advertiser:
        out = out.filter(advertiser=advertiser)
    return sum(funds.come_back(campaign, by=JOB) for campaign in out.select_related("advertiser"))
