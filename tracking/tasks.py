from celery import shared_task

from tracking import partitions


@shared_task(acks_late=True, reject_on_worker_lost=True)
def create_partitions() -> int:
    return partitions.ensure()
