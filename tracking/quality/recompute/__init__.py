"""The past judged again with the thresholds of now: first counted, then, when somebody says so, applied.

A run goes through its campaigns one after the other, clicks and impressions before conversions, in portions of one
database transaction each: what a portion changes, the counts that follow, and how far it came are committed together.
Payouts follows the counts and verdicts by itself.

Not judged again: what people decided, what attribution refused, and what is no longer known (addresses that were
shortened or erased, reports that were dropped).
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from tracking.models import QualityRun, RunStatus
from tracking.quality.recompute import clicks, conversions, impressions
from tracking.quality.recompute.conversions import Move, Moves
from tracking.quality.recompute.runs import BadPeriod, NotReady, apply, beginning, discard, start

__all__ = ["BadPeriod", "Move", "Moves", "NotReady", "apply", "changes_of", "discard", "portion", "start"]


@transaction.atomic
def portion(run_id: int, moves: Moves) -> bool:
    """One step of a run that is being counted or applied; False where there is nothing to do for us. `moves` gets the
    conversions that change, to put their money into the preview."""
    found = QualityRun.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    run = found.filter(pk=run_id, status__in=[RunStatus.PREVIEWING, RunStatus.APPLYING]).first()
    if run is None:
        return False
    if not run.position["campaigns"]:
        run.status = RunStatus.READY if run.status == RunStatus.PREVIEWING else RunStatus.DONE
        run.finished_at = timezone.now()
        clicks.forget(run)
    elif run.position["stage"] == "clicks":
        clicks.again(run)
    elif run.position["stage"] == "impressions":
        impressions.again(run)
    elif conversions.again(run, moves):
        clicks.forget(run)
        run.position = beginning(run.position["campaigns"][1:])
    run.save()
    return True


def changes_of(told: Mapping[str, Any]) -> dict[int, dict[str, int]]:
    return {int(key): dict(value) for key, value in told.get("partnerships", {}).items()}
