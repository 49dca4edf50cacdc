from celery import shared_task

from reporting import smart_scores


@shared_task(acks_late=True, reject_on_worker_lost=True)
def score_smart_links() -> None:
    smart_scores.update()
