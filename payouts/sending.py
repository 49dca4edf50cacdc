"""Sending what waits in the outbox (`Delivery`) to publishers' receivers.

The schedule, the timeout and what counts as success are those of the Standard Webhooks specification: ten attempts within
75 hours 35 minutes; 2xx is success, 3xx and all else failure; 410 switches the postback off; Retry-After is honoured.

A pump claims what is due under a lease and has many calls on their way at once, a few per host, so that a slow receiver
delays no other one. What a killed pump had claimed is free again when the lease ends, and is sent under the same id.
"""

import asyncio
import queue
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import structlog
from django.db import connection, transaction
from django.utils import timezone

from network.actors import Actor
from payouts import calls, facts
from payouts.calls import Answer, Call
from payouts.models import Delivery, DeliveryStatus
from publishers import postbacks
from publishers.models import PublisherPostback

log = structlog.get_logger(__name__)

DELAYS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""After the first attempt, which is at once: 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h."""
ATTEMPTS: Final = len(DELAYS) + 1
FAILING: Final = timedelta(days=5)  # without one success: the postback is switched off
LONGEST_WAIT: Final = timedelta(days=1)  # of what Retry-After may ask for
LEASE: Final = timedelta(seconds=60)
PER_HOST: Final = 4
AT_ONCE: Final = 200
LONGEST: Final = 20.0  # seconds that a pump claims; what is on its way then is waited for
IDLE: Final = 0.1
PUMPS: Final = 0x70767062  # the advisory lock of the one who claims
CLICK_PATIENCE: Final = timedelta(minutes=10)  # how long a conversion waits for its click's sub ids
CLICK_PAUSE: Final = timedelta(seconds=15)
HISTORY: Final = 30
BY: Final = Actor.system("send_postbacks")

CLAIM: Final = """
WITH busy AS (
    SELECT postback.host, count(*) AS calls
    FROM payouts_delivery delivery JOIN publishers_publisherpostback postback ON postback.id = delivery.postback_id
    WHERE delivery.status = 'waiting' AND delivery.claimed_until > %(now)s GROUP BY postback.host
), due AS (
    SELECT delivery.id, delivery.next_try_at, coalesce(busy.calls, 0)
        + row_number() OVER (PARTITION BY postback.host ORDER BY delivery.next_try_at, delivery.id) AS place
    FROM publishers_publisherpostback postback
    LEFT JOIN busy ON busy.host = postback.host
    CROSS JOIN LATERAL (
        SELECT each.id, each.next_try_at FROM payouts_delivery each
        WHERE each.postback_id = postback.id AND each.status = 'waiting' AND each.next_try_at <= %(now)s
            AND (each.claimed_until IS NULL OR each.claimed_until <= %(now)s)
            AND NOT EXISTS (
                SELECT FROM payouts_delivery earlier
                WHERE earlier.commission_id = each.commission_id AND earlier.postback_id = each.postback_id
                    AND earlier.id < each.id AND earlier.status = 'waiting' AND earlier.attempts < 4)
        ORDER BY each.next_try_at, each.id LIMIT %(per_host)s
    ) AS delivery
    WHERE postback.is_active AND postback.removed_at IS NULL
        AND (postback.paused_until IS NULL OR postback.paused_until <= %(now)s)
        AND coalesce(busy.calls, 0) < %(per_host)s
), mine AS (
    SELECT id FROM payouts_delivery
    WHERE id IN (SELECT id FROM due WHERE place <= %(per_host)s ORDER BY next_try_at, id LIMIT %(limit)s)
    FOR UPDATE SKIP LOCKED
)
UPDATE payouts_delivery SET claimed_until = %(until)s FROM mine WHERE payouts_delivery.id = mine.id
RETURNING payouts_delivery.id
"""
"""What is due, at most PER_HOST on their way to one host. Of one commission the earlier event goes first, until it has
failed four times."""


@dataclass(slots=True)
class Sent:
    delivery: int
    postback: int
    call: Call
    answer: Answer


def pump(longest: float = LONGEST) -> int:
    """Send until nothing is due and nothing on its way, or time is up; the number of calls made. Nothing while another
    pump claims."""
    ended: queue.SimpleQueue[Sent] = queue.SimpleQueue()
    until, under_way, made = time.monotonic() + longest, 0, 0
    with _outside() as loop:
        with _only_claimer() as mine:
            while mine and time.monotonic() < until:
                claimed = claim(AT_ONCE - under_way) if under_way < AT_ONCE else []
                for delivery in claimed:
                    under_way += _start(loop, delivery, ended)
                if not claimed and not under_way:
                    break
                finished = list(_ended(ended, IDLE))
                under_way, made = under_way - len(finished), made + len(finished)
        while under_way:
            finished = list(_ended(ended, calls.TIMEOUT))
            under_way, made = under_way - len(finished), made + len(finished)
    return made


def claim(limit: int, now: datetime | None = None) -> list[Delivery]:
    now = now or timezone.now()
    values: dict[str, datetime | int] = {"now": now, "until": now + LEASE, "per_host": PER_HOST, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)
        ids = [row[0] for row in cursor.fetchall()]
    return list(facts.with_all(Delivery.objects.filter(pk__in=ids)).order_by("next_try_at", "pk"))


def _start(loop: asyncio.AbstractEventLoop, delivery: Delivery, ended: "queue.SimpleQueue[Sent]") -> int:
    """Put the call on its way; 0 where it has to wait for its click."""
    now = timezone.now()
    if not delivery.facts:
        if facts.lacks_click(delivery) and now - delivery.created_at < CLICK_PATIENCE:
            Delivery.objects.filter(pk=delivery.pk).update(next_try_at=now + CLICK_PAUSE, claimed_until=None)
            return 0
        delivery.facts = facts.gather(delivery)
        delivery.save(update_fields=["facts"])
    call = Call.of(delivery, now)

    async def go() -> None:
        ended.put(Sent(delivery.pk, delivery.postback_id, call, await calls.make(call)))

    asyncio.run_coroutine_threadsafe(go(), loop)
    return 1


def _ended(ended: "queue.SimpleQueue[Sent]", wait: float) -> Iterator[Sent]:
    """Write down what has come back; wait a moment for the first."""
    try:
        sent = ended.get(timeout=wait)
        while True:
            record(sent)
            yield sent
            sent = ended.get_nowait()
    except queue.Empty:
        return


@transaction.atomic
def record(sent: Sent) -> None:
    """What the call came to, on the delivery and on its postback; that is locked first, by everybody."""
    now, answer = timezone.now(), sent.answer
    PublisherPostback.objects.select_for_update(no_key=True, of=("self",)).get(pk=sent.postback)
    delivery = Delivery.objects.select_for_update(no_key=True).filter(pk=sent.delivery).first()
    if delivery is None:
        return
    attempt: dict[str, Any] = {
        "at": sent.call.at.isoformat(),
        "url": sent.call.url,
        "status": answer.status,
        "ms": answer.milliseconds,
        "error": answer.error,
        "answer": answer.text,
    }
    delivery.history = [*delivery.history, attempt][-HISTORY:]
    delivery.attempts += 1
    delivery.claimed_until = None
    if answer.is_success:
        delivery.status, delivery.sent_at = DeliveryStatus.SENT, now
    elif delivery.attempts >= ATTEMPTS or delivery.is_test:
        delivery.status = DeliveryStatus.FAILED
    else:
        delivery.next_try_at = max(now + DELAYS[delivery.attempts - 1], _asked_for(answer, now) or now)
    delivery.save()
    _note_health(delivery, answer, now)


def _note_health(delivery: Delivery, answer: Answer, now: datetime) -> None:
    found = PublisherPostback.objects.filter(pk=delivery.postback_id)
    if answer.is_success:
        found.exclude(failing_since=None, paused_until=None).update(failing_since=None, paused_until=None)
        return
    found.filter(failing_since=None).update(failing_since=now)
    postback = found.get()
    if answer.status == 410:
        _stop(postback, "gone")
    elif postback.failing_since and now - postback.failing_since >= FAILING:
        _stop(postback, "failing")
    elif until := _asked_for(answer, now):
        found.update(paused_until=until)


def _stop(postback: PublisherPostback, reason: str) -> None:
    """What waits is given up; the publisher can send it again once the postback is switched on."""
    postbacks.stop(postback, reason=reason, by=BY)
    Delivery.objects.filter(postback=postback, status=DeliveryStatus.WAITING).update(
        status=DeliveryStatus.FAILED, claimed_until=None
    )


def _asked_for(answer: Answer, now: datetime) -> datetime | None:
    """Until when the receiver wants to be left alone: seconds or a date."""
    text = answer.retry_after.strip()
    if answer.status not in {429, 503} or not text:
        return None
    if text.isascii() and text.isdecimal():
        asked = now + timedelta(seconds=min(int(text[:9]), LONGEST_WAIT.total_seconds()))
    else:
        try:
            asked = parsedate_to_datetime(text)
        except (ValueError, OverflowError):  # of a year with twenty digits
            return None
        if asked.tzinfo is None:
            return None
    return min(max(asked, now), now + LONGEST_WAIT)


@contextmanager
def _only_claimer() -> Iterator[bool]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [PUMPS])
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [PUMPS])


@contextmanager
def _outside() -> Iterator[asyncio.AbstractEventLoop]:
    """A thread with an event loop for the calls; the database stays with the caller's thread."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="postbacks", daemon=True)
    thread.start()
    try:
        yield loop
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
