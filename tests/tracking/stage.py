"""What the edge does, without the edge: events in the stream, reports in the inbox, signed click ids."""

import hashlib
import secrets
from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta
from itertools import batched
from threading import Event as Flag
from typing import Any

import orjson
from django.utils import timezone
from redis import Redis
from uuid_utils.compat import uuid7

from advertisers.models import Campaign
from publishers.models import TrackingLink
from tracking import conversions
from tracking.ingest.positions import names
from tracking.ingest.store import Result
from tracking.ingest.stream import Stream
from tracking.ingest.worker import Worker
from tracking.keys import ClickId, sign_click_id
from tracking.models import Channel, Conversion, OrderKey, Postback
from tracking.outcomes import Outcome

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.0 Mobile/15E148 Safari/604.1"
)
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
STREAM = "events"
SHARD = f"{STREAM}:0"


def ms(at: datetime) -> int:
    return (at - datetime.fromtimestamp(0, UTC)) // timedelta(milliseconds=1)


def to_ms(at: datetime) -> datetime:
    """The moment as an event keeps it."""
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=ms(at))


def event(link: TrackingLink, at: datetime | None = None, **changes: Any) -> dict[str, Any]:
    """A click by a person with a phone, now; `changes` by the keys of the event."""
    moment = ms(at or timezone.now())
    return {
        "t": "click",
        "c": link.partnership.campaign_id,
        "p": link.partnership_id,
        "l": link.pk,
        "cr": link.creative_id,
        "at": moment,
        "n": secrets.randbits(64) - 2**63,
        "subs": ["newsletter", "may"],
        "src": "",
        "ip": f"2001:db8:{secrets.token_hex(2)}:{secrets.token_hex(2)}::7",  # each event another visitor's
        "ua": PHONE,
        "ref": "https://blog.example/review",
        "lang": "en",
        "consent": "granted",
        "div": "",
        "flags": [],
        "rx": moment,
    } | changes


def send(redis: Redis, *events: dict[str, Any] | bytes, shard: str = SHARD, together: int = 10) -> None:
    """Into one shard; `together` events are one entry, as an edge under load writes them."""
    lines = [one if isinstance(one, bytes) else orjson.dumps(one) for one in events]
    with redis.pipeline() as pipe:
        for some in batched(lines, together):
            pipe.xadd(shard, {b"e": b"\n".join(some)})
        pipe.execute()


class Here:
    """Stores in the thread of the test, within its database transaction."""

    def submit[Found](self, function: Callable[..., Found], *arguments: Any) -> "Future[Found]":
        future: Future[Found] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:  # noqa: BLE001  handed on, as a thread does
            future.set_exception(error)
        return future


def worker(*, limit: int = 25_000) -> Worker:
    """An ingest process' loop, to be turned by hand."""
    found = Worker(Stream.open(), Flag(), limit=limit)
    found.thread = Here()  # type: ignore[assignment]
    return found


def ingest(redis: Redis, by: Worker | None = None) -> Result:
    """One process takes all that waits, and ends."""
    found = by or worker()
    found.next_look = 0.0
    found.look()
    while waiting(redis):
        found.turn(block_ms=1)
    if by is None:
        found.leave()
    result, found.counted = found.counted, Result()
    return result


def waiting(redis: Redis) -> int:
    """Entries in all shards."""
    return sum(int(redis.xlen(name)) for name in names())


def click_id(link: TrackingLink, at: datetime | None = None, nonce: int | None = None) -> str:
    nonce = secrets.randbits(64) if nonce is None else nonce % 2**64
    moment = ms(at or timezone.now() - timedelta(minutes=1))  # nobody buys within a second
    return sign_click_id(ClickId(link.partnership_id, link.pk, link.creative_id, moment, nonce, "granted"))


def report(
    campaign: Campaign,
    order_id: str,
    *,
    received_at: datetime | None = None,
    channel: str = Channel.SERVER,
    **fields: Any,
) -> Postback:
    """An accepted report in the inbox, as the edge commits it, not processed yet. Default: a sale of 50.00."""
    received_at = received_at or timezone.now()
    fields = {"kind": "conversion", "goal": "sale", "amount": 5_000, "order_id": order_id} | fields
    fields = {"click_id": None, "currency": campaign.currency, "status": "", "test": False, "warnings": []} | fields
    postback = Postback.objects.create(
        id=uuid7(nanoseconds=ms(received_at) * 10**6),
        campaign_id=campaign.pk,
        received_at=received_at,
        channel=channel,
        method="POST",
        raw=f"order_id={order_id}&token=***",
        fields=fields,
        status_code=200,
        answer={"status": "accepted"},
        accepted=True,
    )
    OrderKey.objects.get_or_create(
        campaign_id=campaign.pk,
        goal_code=fields["goal"] or "",
        order_id=order_id if fields["kind"] == "conversion" else f"{order_id}\n{postback.id}",
        is_trusted=channel not in {Channel.PIXEL, Channel.TAG},
        defaults={"fingerprint": hashlib.sha256(b"").digest(), "postback_id": postback.id},
    )
    return postback


def refund(campaign: Campaign, order_id: str, amount: int | None = None, **changes: Any) -> Postback:
    return report(
        campaign, order_id, **({"kind": "refund", "goal": "refund", "amount": amount, "refund_id": "r1"} | changes)
    )


def status(campaign: Campaign, order_id: str, value: str, **changes: Any) -> Postback:
    return report(campaign, order_id, **({"kind": "status", "goal": "", "amount": None, "status": value} | changes))


def process(*postbacks: Postback) -> list[Outcome | None]:
    return [conversions.process(postback) for postback in postbacks]


def conversion(order_id: str, goal: str = "sale") -> Conversion:
    return Conversion.objects.get(order_id=order_id, goal__code=goal)
