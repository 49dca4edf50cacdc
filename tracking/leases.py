"""Parts of click caps that were handed out and lost: held by an edge that was killed, or in a Redis that lost its data.

What was handed out (`CapUse.used`) lies in the bucket of Redis, in an edge's purse, in an event on its way, or has been
counted. When for QUIET seconds nothing was handed out, taken or counted, and nothing waits in the streams, then no edge
holds any (it gives back after ten seconds): what is missing is lost and is handed out again.
"""

import time
from typing import Final

from django.conf import settings
from django.db.models import F
from django.utils import timezone
from redis import Redis
from redis.exceptions import RedisError

from advertisers import periods
from advertisers.models import Cap, Metric
from tracking import pacing
from tracking.models import CapUse

QUIET: Final = 120.0


def reconcile() -> int:
    """Returns how many clicks came back. Without Redis nothing can be said, so nothing is done."""
    try:
        with Redis.from_url(settings.REDIS_URL, socket_timeout=2) as redis:
            return _reconcile(redis)
    except RedisError:
        return 0


def _reconcile(redis: Redis) -> int:
    now = timezone.now()
    found = CapUse.objects.filter(
        cap__metric=Metric.CLICKS, cap__is_hard=True, starts_at__lte=now, ends_at__gt=now, bound__gt=0
    )
    back = 0
    for use in found.select_related("cap__campaign").order_by("pk"):
        key = f"{settings.STREAM}:cap:{use.cap_id}:{int(use.starts_at.timestamp())}:{use.bound}"
        span = periods.span(use.cap.period, now, use.cap.campaign.time_zone)
        seen = (use.used, int(redis.get(key) or 0), pacing.used(use.cap, span))
        used, bucket, kept = seen
        if used - bucket - kept > 0 and _is_quiet(redis, use.cap, seen):
            lost = used - bucket - kept
            back += lost * CapUse.objects.filter(pk=use.pk, used=used).update(used=F("used") - lost)
    return back


def _is_quiet(redis: Redis, cap: Cap, seen: tuple[int, int, int]) -> bool:
    """Since when things are as they are is kept in Redis."""
    if any(redis.xlen(f"{settings.STREAM}:{shard}") for shard in range(settings.STREAM_SHARDS)):
        return False
    key, state = f"{settings.STREAM}:cap:{cap.pk}:seen", ":".join(map(str, seen))
    known, _, since = str((redis.get(key) or b"").decode()).rpartition("@")  # type: ignore[union-attr]
    if known == state and since:
        return time.time() - float(since) >= QUIET
    redis.set(key, f"{state}@{time.time()}", ex=3600)
    return False
