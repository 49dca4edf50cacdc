from celery import shared_task
from django.utils import timezone

from tracking import converted, leases, pacing, partitions
from tracking.files import runner


@shared_task(acks_late=True, reject_on_worker_lost=True)
def create_partitions() -> int:
    return partitions.ensure()


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
