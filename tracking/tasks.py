from celery import shared_task
from django.utils import timezone

from network.actors import Actor
from tracking import converted, erasures, foreign_ids, leases, pacing, partitions, retention
from tracking.files import runner
from tracking.models import ForeignId, ForeignKind
from tracking.quality import facts, statistics


@shared_task(acks_late=True, reject_on_worker_lost=True)
def create_partitions() -> int:
    return partitions.ensure()


@shared_task(acks_late=True, reject_on_worker_lost=True)
def forget_old_data() -> dict[str, int]:
    return retention.run()


@shared_task(acks_late=True, reject_on_worker_lost=True)
def erase() -> int:
    """All requests that wait."""
    return sum(erasures.work(pk) is not None for pk in erasures.waiting())


@shared_task(acks_late=True, reject_on_worker_lost=True)
def watch_caps() -> int:
    """Tell people of caps that fill up; bring back what killed edges held of them."""
    leases.reconcile()
    return pacing.watch(timezone.now())


@shared_task(acks_late=True, reject_on_worker_lost=True)
def collect_converted() -> int:
    return converted.collect()


@shared_task(acks_late=True, reject_on_worker_lost=True)
def forget_converted() -> int:
    return converted.forget()


@shared_task(acks_late=True, reject_on_worker_lost=True)
def work_on_files() -> None:
    """One file; the next run takes the next."""
    runner.run_one()


@shared_task(acks_late=True, reject_on_worker_lost=True)
def connect_foreign_ids() -> int:
    """Links for publishers who came from another system and joined a campaign since."""
    by = Actor.system("ids of other systems")
    systems = (
        ForeignId.objects.filter(kind=ForeignKind.PUBLISHER).order_by().values_list("system", flat=True).distinct()
    )
    return foreign_ids.connect(list(systems), by=by)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def judge_partnerships() -> int:
    """Quality's rules about whole partnerships."""
    return statistics.run()


@shared_task(acks_late=True, reject_on_worker_lost=True)
def forget_quality_facts() -> int:
    return facts.forget(timezone.now() - facts.KEPT)
