"""The money queue's jobs. Each takes what waits, in bounded batches, and may run beside itself on any number of workers."""

import time
from collections.abc import Callable, Hashable
from typing import Final

import structlog
from celery import shared_task

from payouts import accrual, commissions, deliveries, erasures, funding, recomputes, sending

log = structlog.get_logger(__name__)
BATCH: Final = 200
LONGEST: Final = 20.0  # seconds; what is left is taken by the next run


@shared_task(acks_late=True, reject_on_worker_lost=True)
def settle_conversions() -> None:
    accrual.settle_unfunded(BATCH)
    funding.reopen()
    work(
        lambda failed: accrual.waiting_conversions(BATCH, without=failed),
        lambda conversion: accrual.settle(conversion, skip_locked=True),
        together=accrual.settle_new,
    )


@shared_task(acks_late=True, reject_on_worker_lost=True)
def settle_days() -> None:
    work(lambda failed: accrual.waiting_days(BATCH, without=failed), accrual.settle_day)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def approve_due() -> None:
    work(lambda failed: commissions.due(BATCH, without=failed), commissions.approve_due)


@shared_task(acks_late=True, reject_on_worker_lost=True)
def send_postbacks() -> None:
    """On a queue of its own; a second one beside it goes home at once."""
    sending.pump()


@shared_task(acks_late=True, reject_on_worker_lost=True)
def forget_postbacks() -> None:
    while deliveries.forget():
        pass


@shared_task(acks_late=True, reject_on_worker_lost=True)
def forget_erased() -> int:
    """Those whom `tracking` has forgotten."""
    return erasures.work()


def work[T: Hashable](
    waiting: Callable[[set[T]], list[T]],
    do: Callable[[T], object],
    *,
    together: Callable[[list[T]], set[T]] | None = None,
) -> int:
    """Do all that waits; first `together` what can be, which says what it did, then one by one. What fails is left out of
    this run, so that it does not keep the others waiting, and raised at the end; a batch of which nothing could be done
    (others hold it) ends the run."""
    until, failed, errors, done = time.monotonic() + LONGEST, set[T](), [], 0
    seen = set[T]()
    while time.monotonic() < until:
        batch = waiting(failed)
        if seen.issuperset(batch):
            break
        taken = _together(together, batch) if together else set()
        done += len(taken)
        for item in batch:
            if item in taken:
                continue
            try:
                do(item)
                done += 1
            except Exception as error:
                log.exception("payouts.failed", item=str(item))
                failed.add(item)
                errors.append(error)
        seen.update(batch)
    if errors:
        raise ExceptionGroup("some could not be booked", errors)
    return done


def _together[T: Hashable](do: Callable[[list[T]], set[T]], batch: list[T]) -> set[T]:
    """Where that fails nothing was done, and each is tried by itself: so one of them stops no other."""
    try:
        return do(batch)
    except Exception:
        log.exception("payouts.divided", items=len(batch))
        return set()


@shared_task(acks_late=True, reject_on_worker_lost=True)
def recompute_quality() -> int:
    """Verdicts of the past, judged again in portions; what is left is taken by the next run."""
    return recomputes.work(until=time.monotonic() + LONGEST)
