"""Thirty days that happened: events through ingest, postbacks through conversion processing, then accrual.

Only the clock differs from live traffic: events carry past times, as those of an edge whose stream was drained late.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from random import Random
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

import orjson
from django.db import transaction
from django.utils import timezone
from uuid_utils.compat import uuid7

from advertisers.models import Campaign, CreativeKind, Goal, GoalKind
from publishers.models import TrackingLink
from reporting.demo import parties
from reporting.demo.audience import Habits, Visitor, order_amount, part_of, visitor
from reporting.demo.world import HISTORY, World
from tracking import conversions, partitions
from tracking.edge.clickid import ClickId
from tracking.ingest.batches import take
from tracking.keys import sign_click_id
from tracking.models import Channel, Postback

BATCH: Final = 10_000
IMPRESSIONS_PER_CLICK: Final = 6
BUSY_HOURS: Final = (3, 2, 1, 1, 1, 2, 4, 6, 8, 10, 11, 11, 12, 11, 10, 10, 11, 12, 13, 15, 17, 17, 13, 7)


@dataclass(frozen=True, slots=True)
class Visit:
    """One click or impression that happened. `factor`: how much likelier than usual this publisher's visitors buy."""

    link: TrackingLink
    campaign: Campaign
    at: datetime
    person: Visitor
    id: ClickId
    factor: float = 1.0

    @classmethod
    def made(
        cls, link: TrackingLink, campaign: Campaign, at: datetime, random: Random, *, factor: float = 1.0
    ) -> "Visit":
        at_ms = round(at.timestamp() * 1000)
        click = ClickId(link.partnership_id, link.pk, link.creative_id, at_ms, random.getrandbits(64), "unknown")
        return cls(link, campaign, at, visitor(random), click, factor)


def write(world: World, progress: Callable[[str], None], *, seed: int = 7) -> None:
    """Makes the history of `world`; the same seed makes the same one."""
    random = Random(seed)  # noqa: S311  a dice, not a secret
    partitions.create((world.began - timedelta(days=2)).date(), timezone.now().date() + timedelta(days=2))
    clicks: list[Visit] = []
    count = 0
    for batch in batched(_visits(world, random), BATCH):
        clicks += [visit for kind, visit in batch if kind == "click"]
        events = [_event(kind, visit) for kind, visit in batch]
        if take(events).buried:
            raise RuntimeError("the demo made an event that ingest refuses")
        count += len(batch)
        progress(f"{count:,} clicks and impressions")
    number = 0
    for reported in batched(_postbacks(clicks, random), 200):
        with transaction.atomic():
            for postback in reported:
                postback.save(force_insert=True)
                conversions.process(postback)
        number += len(reported)
        progress(f"{number:,} postbacks processed")


def _visits(world: World, random: Random) -> Iterator[tuple[Literal["click", "impression"], Visit]]:
    publishers = {publisher.party.key: publisher for publisher in parties.PUBLISHERS}
    for (publisher_key, campaign_key), links in world.links.items():
        publisher, campaign = publishers[publisher_key], world.campaigns[campaign_key]
        for day in range(HISTORY.days + 1):
            growth = 0.75 + 0.5 * day / HISTORY.days
            for _number in range(round(publisher.daily_clicks * growth * random.uniform(0.7, 1.3))):
                link = random.choice(links)
                at = _moment(world.began, day, campaign, random)
                if at is None:
                    continue
                yield "click", Visit.made(link, campaign, at, random, factor=publisher.conversion_factor)
                if link.creative and link.creative.kind == CreativeKind.BANNER:
                    for _view in range(random.randint(1, IMPRESSIONS_PER_CLICK * 2 - 1)):
                        seen = at - timedelta(seconds=random.randint(1, 3_000))
                        yield "impression", Visit.made(link, campaign, seen, random)


def _moment(began: datetime, day: int, campaign: Campaign, random: Random) -> datetime | None:
    """A moment of that day, in the campaign's hours; None if it is still to come."""
    midnight = (began + timedelta(days=day)).astimezone(ZoneInfo(campaign.time_zone))
    hour = random.choices(range(24), BUSY_HOURS)[0]
    at = midnight.replace(
        hour=hour, minute=random.randint(0, 59), second=random.randint(0, 59), microsecond=random.randint(0, 999) * 1000
    )
    return at if began < at < timezone.now() - timedelta(minutes=2) else None


def _event(kind: Literal["click", "impression"], visit: Visit) -> bytes:
    """The event as an edge writes it to the stream."""
    event: dict[str, Any] = {
        "t": kind,
        "c": visit.campaign.pk,
        "p": visit.id.partnership_id,
        "l": visit.id.link_id,
        "cr": visit.id.creative_id,
        "at": visit.id.at_ms,
        "n": visit.id.signed_nonce,
        "subs": [visit.person.sub1],
        "src": visit.person.source,
        "ip": visit.person.address,
        "ua": visit.person.user_agent,
        "ref": "",
        "consent": visit.id.consent,
        "div": "",
        "flags": [],
        "rx": visit.id.at_ms,
    }
    return orjson.dumps(event)


def _postbacks(clicks: list[Visit], random: Random) -> Iterator[Postback]:
    """What the shops' servers reported after these clicks, in order of time."""
    reported = Goal.objects.exclude(kind__in=[GoalKind.IMPRESSION, GoalKind.CLICK]).order_by("pk")
    goals: dict[int, list[Goal]] = {}
    for goal in reported:
        goals.setdefault(goal.campaign_id, []).append(goal)
    people = [click for click in clicks if not click.person.is_robot]
    found = [postback for click in people for postback in _funnel(click, goals[click.campaign.pk], random)]
    latest = timezone.now() - timedelta(minutes=1)
    yield from sorted((one for one in found if one.received_at < latest), key=lambda one: one.received_at)


def _funnel(click: Visit, goals: list[Goal], random: Random) -> Iterator[Postback]:
    habits = Habits()
    for goal in goals:
        if random.random() > getattr(habits, goal.kind, 0.0) * click.factor:
            continue
        at = click.at + timedelta(seconds=round(random.lognormvariate(7.2, 1.4)) + 40)
        order_id = f"{random.randint(10_000_000, 99_999_999)}"
        amount = order_amount(click.campaign.currency, random) if goal.kind == GoalKind.SALE else None
        fields: dict[str, Any] = {
            "kind": "conversion",
            "goal": goal.code,
            "order_id": order_id,
            "click_id": sign_click_id(click.id),
            "amount": amount,
            "currency": click.campaign.currency,
            "customer": random.choice(("new", "new", "returning")),
        }
        yield _postback(click.campaign, at, fields)
        if amount and random.random() < habits.refund:
            part = amount if random.random() < 0.6 else part_of(amount, click.campaign.currency)
            refund = {"kind": "refund", "goal": "refund", "order_id": order_id, "refund_id": f"{order_id}-R1"}
            after = at + timedelta(days=random.randint(2, 12), seconds=random.randint(0, 40_000))
            yield _postback(click.campaign, after, refund | {"amount": part, "currency": click.campaign.currency})


def _postback(campaign: Campaign, at: datetime, fields: dict[str, Any]) -> Postback:
    """The raw call as the edge keeps it after its answer."""
    postback_id = uuid7()
    shown = {name: value for name, value in fields.items() if name != "kind" and value is not None}
    return Postback(
        id=postback_id,
        campaign_id=campaign.pk,
        received_at=at,
        channel=Channel.SERVER,
        method="POST",
        raw="&".join(f"{name}={value}" for name, value in shown.items()),
        fields=fields | {"occurred_at": at.isoformat(), "warnings": []},
        ip="198.51.100.7",
        user_agent="shop/1.0",
        status_code=200,
        answer={"status": "accepted", "id": str(postback_id)},
        accepted=True,
    )
