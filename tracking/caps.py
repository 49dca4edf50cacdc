"""Caps on conversions: counted here, one by one, when a conversion is made; the edges are told when one is reached.

A conversion counts in the period in which it happened, by the campaign's time zone. Several caps can concern it (of the
campaign, of the publisher; a day, in all): it counts in all of them or, if a hard one is full, in none.
"""

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone

from advertisers import periods
from advertisers.models import Campaign, Cap, Metric
from tracking.models.caps import CapTaken, CapUse

OVER_CAP = "over_cap"
"""The reason of the verdict "suspect" on a conversion for which `take` had no room."""


@transaction.atomic
def take(campaign: Campaign, partnership_id: int, conversion_id: UUID, occurred_at: datetime) -> bool:
    """Count this conversion. False: a hard cap has no room for it, and nothing was counted.

    Call it once for each attributed, valid conversion that is no test, in the database transaction that makes it.
    """
    concerned = Cap.objects.filter(
        Q(partnership_id=None) | Q(partnership_id=partnership_id), campaign=campaign, metric=Metric.CONVERSIONS
    )
    taken: list[CapUse] = []
    for cap in concerned.order_by("pk"):  # one order for all, lest two wait for each other
        use = use_of(cap, occurred_at, campaign.time_zone)
        rows = CapUse.objects.filter(pk=use.pk)
        if cap.is_hard:
            rows = rows.filter(used__lt=cap.limit)
        if not rows.update(used=F("used") + 1, changed_at=timezone.now()):
            _undo(taken)
            return False
        taken.append(use)
    CapTaken.objects.bulk_create([CapTaken(conversion_id=conversion_id, use=use) for use in taken])
    full = CapUse.objects.filter(pk__in=[use.pk for use in taken], used__gte=F("cap__limit"), cap__is_hard=True)
    if full.exists():
        tell_edges(campaign.pk)
    return True


@transaction.atomic
def give_back(conversion_id: UUID) -> int:
    """A conversion that came to nothing makes room again, in periods that are not over. Returns in how many caps."""
    found = CapTaken.objects.select_for_update(of=("self",)).filter(
        conversion_id=conversion_id, use__ends_at__gt=timezone.now()
    )
    uses = [taken.use for taken in found.select_related("use__cap").order_by("use__cap_id")]
    _undo(uses)
    CapTaken.objects.filter(conversion_id=conversion_id, use__in=uses).delete()
    for use in uses:
        tell_edges(use.cap.campaign_id)
    return len(uses)


def use_of(cap: Cap, at: datetime, time_zone: str) -> CapUse:
    """The row of the period in which this moment lies."""
    period = periods.span(cap.period, at, time_zone)
    found = CapUse.objects.filter(cap=cap, starts_at=period.starts_at).first()
    if found is None:
        found, _ = CapUse.objects.get_or_create(
            cap=cap, starts_at=period.starts_at, defaults={"ends_at": period.ends_at}
        )
    return found


def tell_edges(campaign_id: int) -> None:
    """They read this campaign again, with what of its caps is used up."""
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO tracking_snapshot_change (kind, key) VALUES ('campaign', %s)", [str(campaign_id)])
        cursor.execute("SELECT pg_notify('peyvand_snapshot', '')")


def _undo(uses: list[CapUse]) -> None:
    for use in uses:
        CapUse.objects.filter(pk=use.pk, used__gt=0).update(used=F("used") - 1, changed_at=timezone.now())
