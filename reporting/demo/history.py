"""Thirty days that happened: events through ingest, reports through the inbox.

Only the clock differs from live traffic: events carry past times, as those of an edge whose stream was drained late.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import batched
from random import Random
from threading import Event
from typing import Final

from django.db import connection
from django.utils import timezone

from reporting.demo.orders import Shops
from reporting.demo.visits import Traffic
from reporting.demo.world import HISTORY, World
from tracking import partitions
from tracking.ingest.batches import take
from tracking.ingest.inbox import Inbox, unprocessed
from tracking.models import Postback

BATCH: Final = 20_000


def write(world: World, progress: Callable[[str], None], *, seed: int = 7) -> None:
    """Makes the history of `world`; the same seed makes the same one."""
    random = Random(seed)  # noqa: S311  a dice, not a secret
    partitions.create((world.began - timedelta(days=2)).date(), timezone.now().date() + timedelta(days=2))
    visits = Traffic(world, random).all()
    for batch in batched(visits, BATCH):
        if take(visit.event() for visit in batch).buried:
            raise RuntimeError("the demo made an event that ingest refuses")
    progress(f"{len(visits):,} clicks and impressions")
    reports = Shops(world, random).reports(visits)
    Postback.objects.bulk_create(reports, batch_size=1_000)
    with connection.cursor() as cursor:  # plans for tables that were empty a moment ago would be slow ones
        cursor.execute("ANALYZE")
    inbox = Inbox(Event())
    while inbox.batch(unprocessed(HISTORY + timedelta(days=2)).filter(outcome="")):
        pass
    progress(f"{len(reports):,} reports processed")
