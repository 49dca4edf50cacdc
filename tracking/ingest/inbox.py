"""The loop over the inbox: accepted postbacks become conversions, refunds, changes of status. Any number side by side."""

import time
from collections import Counter
from datetime import timedelta
from threading import Event as Flag
from typing import Final

import structlog
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.models import QuerySet
from django.utils import timezone

from tracking import conversions, reconcile
from tracking.ingest.store import NOT_THE_EVENTS
from tracking.models import Postback
from tracking.outcomes import Outcome

log = structlog.get_logger(__name__)

LIMIT: Final = 200
PAUSE: Final = 0.15
RECENT: Final = timedelta(days=2)  # older ones, out of a spool, are found by the sweep
SWEEP_EVERY: Final = 60.0
SWEEP_BACK: Final = timedelta(days=30)
FILL_EVERY: Final = 2.0
JUST_NOW: Final = timedelta(minutes=5)
BACKOFF: Final = (0.1, 0.2, 0.5, 1.0, 2.0)


class Inbox:
    def __init__(self, stop: Flag) -> None:
        self.stop = stop
        self.failures = 0
        self.next_sweep = 0.0
        self.next_fill = 0.0
        self.greedy: int | None = None

    def run(self) -> None:
        """Until `stop`; the batch at hand is finished first."""
        while not self.stop.is_set():
            try:
                done = self.turn()
            except (DatabaseError, InterfaceError) as error:
                self.back_off(error)
                continue
            self.failures = 0
            if not done:
                self.stop.wait(PAUSE)
        connection.close()

    def turn(self) -> int:
        """The number of postbacks that were processed here."""
        now = time.monotonic()
        if sweep := now >= self.next_sweep:
            self.next_sweep = now + SWEEP_EVERY
        if sweep or now >= self.next_fill:
            self.next_fill = now + FILL_EVERY
            reconcile.fill_subs(since=timezone.now() - (RECENT if sweep else JUST_NOW))
        done = self.batch(unprocessed(SWEEP_BACK if sweep else RECENT).filter(outcome=""))
        if sweep:
            failed = unprocessed(SWEEP_BACK).filter(outcome=Outcome.FAILED)
            done += self.all_of(list(failed.only("campaign_id", "received_at", "id").order_by("received_at")[:LIMIT]))
        return done

    def batch(self, waiting: QuerySet[Postback]) -> int:
        held: list[Postback] = []
        try:
            with transaction.atomic():
                held = self.claim(waiting)
                return len(conversions.work_on(held))
        except NOT_THE_EVENTS:
            raise
        except Exception:
            log.warning("inbox.divided", postbacks=len(held), exc_info=len(held) > 1)
            return self.halves(held)

    def claim(self, waiting: QuerySet[Postback]) -> list[Postback]:
        """The oldest; but a campaign that filled most of one batch is left out of the next, so that nobody waits behind it."""
        greedy, self.greedy = self.greedy, None
        if greedy and (held := conversions.claim(waiting.exclude(campaign_id=greedy), LIMIT)):
            return held
        held = conversions.claim(waiting, LIMIT)
        self.greedy = greediest(held)
        return held

    def all_of(self, postbacks: list[Postback]) -> int:
        """Together; if that fails, in halves, down to the one that fails by its content or our mistake: it is marked, tried
        again by the sweep, and stops no other."""
        if not postbacks or self.stop.is_set():
            return 0
        try:
            return len(conversions.process_all(postbacks))
        except NOT_THE_EVENTS:
            raise
        except Exception:
            if len(postbacks) > 1:
                return self.halves(postbacks)
            log.exception("inbox.failed", postback=str(postbacks[0].id), campaign=postbacks[0].campaign_id)
            Postback.objects.filter(pk=postbacks[0].pk, processed_at=None).update(outcome=Outcome.FAILED)
            return 0

    def halves(self, postbacks: list[Postback]) -> int:
        middle = (len(postbacks) + 1) // 2
        return self.all_of(postbacks[:middle]) + self.all_of(postbacks[middle:])

    def back_off(self, error: Exception) -> None:
        pause = BACKOFF[min(self.failures, len(BACKOFF) - 1)]
        self.failures += 1
        log.warning("inbox.waiting", seconds=pause, failures=self.failures, error=f"{type(error).__name__}: {error}")
        connection.close()
        self.stop.wait(pause)


def greediest(held: list[Postback]) -> int | None:
    """The campaign that has most of a full batch."""
    if len(held) < LIMIT:
        return None
    (campaign, count), *_ = Counter(postback.campaign_id for postback in held).most_common(1)
    return campaign if count > LIMIT // 2 else None


def unprocessed(age: timedelta) -> QuerySet[Postback]:
    """The bound lets PostgreSQL leave out the partitions of long ago."""
    return Postback.objects.filter(accepted=True, processed_at=None, received_at__gte=timezone.now() - age)
