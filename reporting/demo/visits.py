"""Who came in thirty days: clicks, impressions, views and opened mails, some twice, some unwanted, some by machines."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from random import Random
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from django.utils import timezone

from advertisers.models import Campaign, Creative, CreativeKind, LandingPage
from publishers.models import Channel, TrackingLink
from reporting.demo import parties
from reporting.demo.audience import BROWSERS, Visitor, visitor
from reporting.demo.offers import BLOCKED_SOURCE, CAPPED, DAILY_CLICKS, LEFT, NOT_TAUGHT
from reporting.demo.world import HISTORY, World
from tracking.edge.clickid import ClickId
from tracking.enrich import agent

IMPRESSIONS_PER_CLICK: Final = 6
BUSY_HOURS: Final = (3, 2, 1, 1, 1, 2, 4, 6, 8, 10, 11, 11, 12, 11, 10, 10, 11, 12, 13, 15, 17, 17, 13, 7)
RETURNS: Final = 0.2
TWICE: Final = 0.02
IN_VIEW: Final = 0.6
READERS: Final = 240
MACHINES: Final = ("python-requests/2.32.3", "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0.0.0 Safari/537.36")
FEED: Final = "feed-77"
"""The sub id of a publisher's supplier whose visitors are machines."""


@dataclass(frozen=True, slots=True)
class Visit:
    """`kind` as in the stream. `factor`: how much likelier than usual this visitor goes on to order."""

    kind: str
    link: TrackingLink
    campaign: Campaign
    at: datetime
    person: Visitor
    id: ClickId
    factor: float = 1.0
    creative: Creative | None = None
    landing: LandingPage | None = None
    diverted: str = ""
    recipient: str = ""
    referrer: str = ""

    def event(self) -> bytes:
        """As an edge writes it to the stream."""
        person = self.person
        found: dict[str, Any] = {
            "t": self.kind,
            "c": self.campaign.pk,
            "p": self.id.partnership_id,
            "l": self.id.link_id,
            "ch": self.link.channel,
            "at": self.id.at_ms,
            "n": self.id.signed_nonce,
            "subs": [*(self.link.subs or [person.sub1]), f"week-{self.at.isocalendar().week}"],
            "src": person.source,
            "ip": person.address,
            "ua": person.user_agent,
            "lang": person.language,
        }
        more = {
            "cr": self.creative.pk if self.creative else None,
            "lp": self.landing.pk if self.landing else None,
            "sl": self.link.smart_link_id,
            "cp": self.link.coupon.code if self.link.coupon else None,
            "ref": self.referrer,
            "div": self.diverted,
            "x": {"recipient": self.recipient} if self.recipient else None,
        }
        return orjson.dumps(found | {name: value for name, value in more.items() if value})


@dataclass(slots=True)
class Traffic:
    """Makes the visits of a world."""

    world: World
    random: Random
    homes: dict[str, str] = field(default_factory=dict)

    def all(self) -> list[Visit]:
        """In the order of time, none of them still to come."""
        latest = timezone.now() - timedelta(minutes=2)
        found = (visit for visit in self._everybody() if self.world.began < visit.at < latest)
        return list(self._capped(sorted(found, key=lambda visit: visit.at)))

    def _capped(self, visits: Iterable[Visit]) -> Iterator[Visit]:
        """Whoever comes when the day's cap is used up goes elsewhere, and orders nothing."""
        partnership, clicks = self.world.partnerships[CAPPED], Counter[date]()
        for visit in visits:
            is_counted = visit.kind == "click" and not visit.diverted and visit.link.partnership_id == partnership.pk
            day = visit.at.astimezone(ZoneInfo(visit.campaign.time_zone)).date()
            clicks[day] += is_counted
            is_full = is_counted and clicks[day] > DAILY_CLICKS
            yield replace(visit, factor=0, landing=None, diverted="cap_reached") if is_full else visit

    def _everybody(self) -> Iterator[Visit]:
        for publisher in parties.PUBLISHERS:
            for key in publisher.joins:
                for day in range(HISTORY.days + 1):
                    growth = 0.75 + 0.5 * day / HISTORY.days
                    for _number in range(round(publisher.daily_clicks * growth * self.random.uniform(0.7, 1.3))):
                        yield from self._somebody(publisher, key, day)
        yield from self._machines("gheymat", "insurance")

    def _somebody(self, publisher: parties.PublisherParty, key: str, day: int) -> Iterator[Visit]:
        random, campaign = self.random, self.world.campaigns[key]
        person = visitor(random, campaign.time_zone)
        if publisher.party.key == "takhfif" and random.random() < 0.02:
            person = replace(person, source=BLOCKED_SOURCE)
        at = self._moment(day, campaign)
        first = self._click(publisher.party.key, key, at, person, publisher.conversion_factor)
        yield from self._before(first)
        if random.random() < TWICE:
            again = at + timedelta(seconds=random.randint(2, 8))
            yield replace(first, at=again, id=self._id(first.link, again), factor=0)
        if person.is_robot or first.diverted or random.random() > RETURNS:
            yield first
            return
        yield replace(first, factor=0)
        others = [one.party.key for one in parties.PUBLISHERS if key in one.joins]
        later = at + timedelta(seconds=round(random.uniform(3, 140) * 3600))
        yield self._click(random.choice(others), key, later, person, 2 * publisher.conversion_factor)

    def _click(self, publisher: str, key: str, at: datetime, person: Visitor, factor: float) -> Visit:
        random, world = self.random, self.world
        link, campaign = random.choice(world.links[publisher, key]), world.campaigns[key]
        creative = link.creative or self._shown(link, key)
        pages = world.pages.get(key, [])
        landing = random.choices(pages, [page.weight for page in pages])[0] if pages else None
        recipient = self._reader() if link.channel == Channel.EMAIL else ""
        diverted = self._unwanted(key, person, recipient)
        return Visit(
            "click",
            link,
            campaign,
            at,
            person,
            self._id(link, at),
            0 if diverted else factor,
            creative,
            None if diverted else landing,
            diverted,
            recipient,
            "" if recipient or link.channel == Channel.APP else self._home(publisher),
        )

    def _before(self, click: Visit) -> Iterator[Visit]:
        """What was seen of it: opened mails; banners, by others who did not click."""
        random, link = self.random, click.link
        if link.channel == Channel.EMAIL:
            for _open in range(random.randint(1, 4)):
                at = click.at - timedelta(seconds=random.randint(20, 90_000))
                person = visitor(random, click.campaign.time_zone)
                reader = self._reader()
                gone = "unsubscribed" if reader in GONE else ""
                yield self._seen("open", click, at, replace(click, person=person, recipient=reader, diverted=gone))
        elif click.creative and click.creative.kind in {CreativeKind.BANNER, CreativeKind.NATIVE}:
            for _view in range(random.randint(1, IMPRESSIONS_PER_CLICK * 2 - 1)):
                at = click.at - timedelta(seconds=random.randint(1, 3_000))
                shown = replace(click, person=visitor(random, click.campaign.time_zone), diverted="")
                yield self._seen("impression", click, at, shown)
                if link.channel in {Channel.DISPLAY, Channel.NATIVE} and random.random() < IN_VIEW:
                    yield self._seen("view", click, at + timedelta(seconds=random.randint(1, 9)), shown)

    def _seen(self, kind: str, click: Visit, at: datetime, shown: Visit) -> Visit:
        return replace(shown, kind=kind, at=at, id=self._id(click.link, at), landing=None, factor=1)

    def _machines(self, publisher: str, key: str) -> Iterator[Visit]:
        """A supplier's robots in three nights; then one address that clicks like a machine. A few of them fill in forms."""
        random, campaign = self.random, self.world.campaigns[key]
        link = self.world.links[publisher, key][0]
        for day in (HISTORY.days - 6, HISTORY.days - 4, HISTORY.days - 2):
            night = self._moment(day, campaign).replace(hour=3, minute=5)
            for number in range(60):
                person = replace(visitor(random), user_agent=MACHINES[number % 2], sub1=FEED, source="partner")
                person = replace(person, address=f"203.0.113.{20 + number % 3}")
                at = night + timedelta(seconds=random.randint(0, 1_500))
                yield Visit("click", link, campaign, at, person, self._id(link, at), 99 if number == 1 else 0)
            person = replace(person, user_agent=BROWSERS[4][1], address=f"203.0.113.{day + 40}")
            for second in range(45):
                at = night.replace(minute=41, second=second)
                own = replace(person, user_agent=BROWSERS[second % 4][1])
                yield Visit("click", link, campaign, at, own, self._id(link, at), 99 if second == 40 else 0)

    def _unwanted(self, key: str, person: Visitor, recipient: str) -> str:
        """As the edge would say, by what the campaigns ask for."""
        if key == "language" and agent(person.user_agent).device == "tablet":
            return "device"
        if key == "language" and person.language.startswith(NOT_TAUGHT):
            return "language"
        if key == "fashion" and person.source == BLOCKED_SOURCE:
            return "traffic_blocked"
        return "unsubscribed" if recipient in GONE else ""

    def _shown(self, link: TrackingLink, key: str) -> Creative | None:
        """What a banner tag drew."""
        if link.channel != Channel.DISPLAY:
            return None
        return self.random.choices(self.world.creatives[key][:4], (3, 2, 1, 1))[0]

    def _reader(self) -> str:
        return _hash(LEFT[0] if self.random.random() < 0.03 else f"reader{self.random.randrange(READERS)}@mail.example")

    def _home(self, publisher: str) -> str:
        if not self.homes:
            self.homes = {one.party.key: one.properties[0][2] for one in parties.PUBLISHERS}
        return f"{self.homes[publisher]}/"

    def _id(self, link: TrackingLink, at: datetime) -> ClickId:
        at_ms = round(at.timestamp() * 1000)
        nonce = self.random.getrandbits(64)
        return ClickId(link.partnership_id, link.pk, link.creative_id, at_ms, nonce, "unknown")

    def _moment(self, day: int, campaign: Campaign) -> datetime:
        """Of that day, in the campaign's hours."""
        random = self.random
        midnight = (self.world.began + timedelta(days=day)).astimezone(ZoneInfo(campaign.time_zone))
        hour = random.choices(range(24), BUSY_HOURS)[0]
        minute, second, milli = random.randint(0, 59), random.randint(0, 59), random.randint(0, 999)
        return midnight.replace(hour=hour, minute=minute, second=second, microsecond=milli * 1000)


def _hash(address: str) -> str:
    return sha256(address.encode()).hexdigest()


GONE: Final = frozenset(map(_hash, LEFT))
