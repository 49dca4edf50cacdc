"""A run: begun, applied, discarded by people."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign
from network import audit
from network.actors import Actor
from network.errors import DomainError
from tracking.models import QualityRun, RunStatus
from tracking.quality import thresholds

LONGEST: Final = 92  # days


class BadPeriod(DomainError):
    code = "bad_period"
    message = _("Choose a period of at most 92 days that has begun.")


class NotReady(DomainError):
    code = "run_not_ready"
    message = _("This is not waiting to be applied any more.")
    status = 409


@transaction.atomic
def start(
    campaign: Campaign | None, *, first: date, last: date, proposed: Mapping[str, int] | None = None, by: Actor
) -> QualityRun:
    """Begin to count what would change. None: all campaigns. `proposed`: thresholds that somebody thinks about; they come
    into force when the run is applied. Raises BadPeriod, UnknownThreshold."""
    if not first <= last <= timezone.now().date() + timedelta(days=1) or (last - first).days >= LONGEST:
        raise BadPeriod(field="last")
    campaigns = [campaign.pk] if campaign else list(Campaign.objects.order_by("pk").values_list("pk", flat=True))
    values = thresholds.of(campaigns)
    if proposed is not None:
        thresholds.check(proposed)
        values = thresholds.as_if(campaign, campaigns, proposed)
    run = QualityRun.objects.create(
        campaign=campaign,
        first_day=first,
        last_day=last,
        thresholds={str(key): dict(figures) for key, figures in values.items()},
        preview={"proposed": dict(proposed)} if proposed is not None else {},
        position=beginning(campaigns),
        created_by=by.user,
    )
    audit.record(by, "quality_run.started", run, subject=campaign.advertiser if campaign else None)
    return run


@transaction.atomic
def apply(run: QualityRun, *, by: Actor) -> QualityRun:
    """What was counted is done. Raises NotReady."""
    run = QualityRun.objects.select_for_update(no_key=True, of=("self",)).get(pk=run.pk)
    if run.status != RunStatus.READY:
        raise NotReady
    if (proposed := run.preview.get("proposed")) is not None:
        thresholds.change(run.campaign, proposed, by=by)
    run.status, run.applied_at = RunStatus.APPLYING, timezone.now()
    run.position = beginning([int(key) for key in run.thresholds])
    run.save()
    audit.record(by, "quality_run.applied", run, subject=run.campaign.advertiser if run.campaign else None)
    return run


@transaction.atomic
def discard(run: QualityRun, *, by: Actor) -> QualityRun:
    run = QualityRun.objects.select_for_update(no_key=True, of=("self",)).get(pk=run.pk)
    if run.status not in {RunStatus.READY, RunStatus.PREVIEWING}:
        raise NotReady
    run.status, run.finished_at = RunStatus.DISCARDED, timezone.now()
    run.save()
    audit.record(by, "quality_run.discarded", run, subject=run.campaign.advertiser if run.campaign else None)
    return run


def beginning(campaigns: list[int]) -> dict[str, Any]:
    return {"campaigns": campaigns, "stage": "clicks", "at": None, "nonce": 0, "id": ""}
