"""Finding what is known about reports, for many at once in a handful of queries; `deciding` says who earns."""

import hashlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection
from django.db.models import Q
from django.db.models.functions import Upper

from advertisers.models import Campaign, Coupon, Creative
from network.models import Organization, OrganizationStatus
from publishers.models import Partnership, PublisherKind, PublisherProfile, TrackingLink
from tracking.deciding import Code, Decision, Found, Owner, Row, Touch, beats_clicks, was_active
from tracking.deciding import decide as decide_on
from tracking.keys import BadClickId, ClickId, read_click_id
from tracking.models import CustomerOwner, ForeignClick, TouchKind

__all__ = ["Asked", "Decision", "Gathered", "Touch", "customer_key", "decide", "was_active"]

MAX_TOUCHES: Final = 20
MAX_FOUND: Final = 50
EPOCH: Final = datetime.fromtimestamp(0, UTC)

FACTS: Final = "verdict, reasons, visitor, channel, partnership_id, link_id, creative_id, host(ip), user_agent, country"
CLICKS: Final = f"""
SELECT asked.c, asked.a, asked.n, row.*
FROM unnest(%s::bigint[], %s::timestamptz[], %s::bigint[]) AS asked (c, a, n)
CROSS JOIN LATERAL (
    SELECT subs, {FACTS} FROM tracking_click WHERE campaign_id = asked.c AND at = asked.a AND nonce = asked.n OFFSET 0
) AS row"""  # noqa: S608  our own constants
"""LATERAL, so that each click is one look at its partition's key, however many partitions there are."""

VISITS: Final = f"""
SELECT asked.k, row.*
FROM unnest(%s::int[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::timestamptz[]) AS asked (k, c, v, since, until)
CROSS JOIN LATERAL (
    SELECT at, nonce, {{subs}}, {FACTS} FROM {{table}}
    WHERE visitor = asked.v AND campaign_id = asked.c AND at > asked.since AND at <= asked.until AND {{only}}
    ORDER BY at DESC LIMIT {MAX_FOUND}
) AS row"""  # noqa: S608
EARLIER_CLICKS: Final = VISITS.format(subs="subs", table="tracking_click", only="is_unique AND diverted = ''")
VIEWS: Final = VISITS.format(
    subs="'{}'::text[]", table="tracking_impression", only="visitor IS NOT NULL AND kind <> 'open'"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What one report says about who brought the buyer. `publisher` and `customer` of trusted reports only. `click_id` may be
    one of the system that the campaign came from. `is_now`: its time is that of its receipt."""

    campaign: Campaign
    occurred_at: datetime
    click_id: str = ""
    touches: Sequence[str] = ()
    coupon: str = ""
    publisher: str = ""
    customer: str = ""
    visitor: int | None = None
    is_now: bool = False


def decide(campaign: Campaign, click_id: str, occurred_at: datetime) -> Decision:
    asked = Asked(campaign, occurred_at, click_id)
    return Gathered([asked]).decide(asked)


def customer_key(campaign_id: int, customer_id: str) -> str:
    """What is kept of a customer: enough to recognise it in this campaign, and nothing else.

    `customer_id` was hashed with CUSTOMER_KEY where the report came in (`tracking.edge.reports`), the only place with a
    key: what is known of customers outlives every other key.
    """
    return hashlib.blake2b(f"{campaign_id}\n{customer_id}".encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Key:
    """A click or a view: campaign, time, nonce."""

    campaign: int
    at: datetime
    nonce: int


@dataclass(slots=True)
class Click:
    """A click id that was read, and where it leads."""

    id: ClickId
    at: datetime

    @classmethod
    def of(cls, text: str) -> "Click | None":
        try:
            found = read_click_id(text)
        except BadClickId:
            return None
        return cls(found, EPOCH + timedelta(milliseconds=found.at_ms))


@dataclass(slots=True)
class Visit:
    """A stored click or view of the visitor."""

    at: datetime
    nonce: int
    row: Row
    channel: str
    partnership_id: int
    link_id: int
    creative_id: int | None


@dataclass(slots=True)
class Gathered:
    """Everything about these reports. Owners that come up meanwhile are told by `own`."""

    asked: Collection[Asked]
    _ids: dict[str, Click | None] = field(init=False)
    _foreign: dict[tuple[int, str], Click] = field(init=False)
    _rows: dict[Key, Visit] = field(init=False)
    _links: dict[int, tuple[int, str]] = field(init=False)
    _creatives: dict[int, int] = field(init=False)
    _partnerships: dict[int, Partnership] = field(init=False)
    _visits: dict[tuple[int, str], list[Visit]] = field(init=False)
    _coupons: dict[tuple[int, str], Coupon] = field(init=False)
    _holders: dict[tuple[int, int], Partnership] = field(init=False)
    _owners: dict[tuple[int, str], tuple[int, datetime]] = field(init=False)
    _named: dict[tuple[int, str], Partnership] = field(init=False)
    _software: set[int] = field(init=False)
    _suspended: set[int] = field(init=False)
    _numbers: dict[int, int] = field(init=False)

    def __post_init__(self) -> None:
        asked = list(self.asked)
        self._numbers = {id(one): number for number, one in enumerate(asked)}
        texts = {text for one in asked for text in (one.click_id, *one.touches[:MAX_TOUCHES]) if text}
        self._ids = {text: Click.of(text) for text in texts}
        self._foreign = _foreign(asked, {text for text, click in self._ids.items() if click is None})
        self._rows = _rows(self._keys(asked))
        self._visits = self._look_around(asked)
        self._coupons = _coupons({(one.campaign.pk, _spelled(one.coupon)) for one in asked if one.coupon})
        self._holders = _holders(self._coupons.values())
        self._owners = _owners({(one.campaign.pk, one.customer) for one in asked if one.customer})
        self._named = _named({(one.campaign.pk, one.publisher) for one in asked if one.publisher})
        self._refer()

    def decide(self, asked: Asked, occurred_at: datetime | None = None) -> Decision:
        """`occurred_at`: where that turned out to be another moment."""
        return decide_on(asked.campaign, self.found(asked), occurred_at or asked.occurred_at)

    def found(self, asked: Asked) -> Found:
        campaign, number = asked.campaign, self._numbers[id(asked)]
        found = Found(self._primary(asked), software=self._software, is_now=asked.is_now)
        given = [self._given(asked, text) for text in asked.touches[:MAX_TOUCHES]]
        found.others = [touch for touch in given if isinstance(touch, Touch)]
        found.others += self._touches(number, TouchKind.CLICK)
        found.views = self._touches(number, TouchKind.IMPRESSION)
        found.coupon = self._code(self._coupons.get((campaign.pk, _spelled(asked.coupon))))
        if asked.publisher:
            found.named = self._running(self._named.get((campaign.pk, asked.publisher)))
            if found.named is None:
                found.flags.append("unknown_publisher")
        if campaign.ownership_days and (owner := self._owners.get((campaign.pk, asked.customer))):
            partnership = self._running(self._partnerships[owner[0]])
            found.owner = Owner(partnership, owner[1]) if partnership else None
        return found

    def winning_code(self, asked: Asked) -> Partnership | None:
        """Whose code was used, where it goes before another publisher's click."""
        code = self._code(self._coupons.get((asked.campaign.pk, _spelled(asked.coupon))))
        wins = code is not None and code.holds(asked.occurred_at) and beats_clicks(asked.campaign, code)
        return code.partnership if code and wins else None

    def own(self, campaign: Campaign, customer: str, partnership: Partnership, since: datetime) -> None:
        known = self._owners.get((campaign.pk, customer))
        if known is None or since < known[1]:
            self._owners[campaign.pk, customer] = (partnership.pk, since)
            self._partnerships[partnership.pk] = partnership

    def _keys(self, asked: Iterable[Asked]) -> set[Key]:
        return {
            Key(one.campaign.pk, click.at, click.id.signed_nonce)
            for one in asked
            for text in (one.click_id, *one.touches[:MAX_TOUCHES])
            if (click := self._click(one, text))
        }

    def _click(self, asked: Asked, text: str) -> Click | None:
        return self._ids.get(text) or self._foreign.get((asked.campaign.pk, text))

    def _look_around(self, asked: Iterable[Asked]) -> dict[tuple[int, str], list[Visit]]:
        """Further clicks, and views where they can earn, of the visitor of the click or of the report."""
        clicks, views = [], []
        for number, one in enumerate(asked):
            click = self._click(one, one.click_id)
            row = self._rows.get(Key(one.campaign.pk, click.at, click.id.signed_nonce)) if click else None
            visitor = row.row.visitor if row else one.visitor
            if visitor is None:
                continue
            campaign, until = one.campaign, one.occurred_at
            clicks.append((number, campaign.pk, visitor, until - timedelta(days=campaign.window_days), until))
            if campaign.view_window_hours:
                views.append((number, campaign.pk, visitor, until - timedelta(hours=campaign.view_window_hours), until))
        found = {(number, TouchKind.CLICK.value): visits for number, visits in _visits(EARLIER_CLICKS, clicks).items()}
        seen = {(number, TouchKind.IMPRESSION.value): visits for number, visits in _visits(VIEWS, views).items()}
        return found | seen

    def _refer(self) -> None:
        """What is named by number, once all numbers are known."""
        clicks = [click.id for click in (*self._ids.values(), *self._foreign.values()) if click]
        visits = [visit for visits in self._visits.values() for visit in visits]
        links = {click.link_id for click in clicks}
        creatives = {click.creative_id for click in clicks if click.creative_id}
        found = TrackingLink.objects.filter(pk__in=links).values_list("pk", "partnership_id", "channel")
        self._links = {pk: (partnership, channel) for pk, partnership, channel in found} if links else {}
        self._creatives = (
            dict(Creative.objects.filter(pk__in=creatives).values_list("pk", "campaign_id")) if creatives else {}
        )
        wanted = {click.partnership_id for click in clicks} | {visit.partnership_id for visit in visits}
        wanted |= {partnership for partnership, _ in self._owners.values()}
        self._partnerships = Partnership.objects.in_bulk(wanted)
        self._partnerships |= {one.pk: one for one in (*self._named.values(), *self._holders.values())}
        publishers = {one.publisher_id for one in self._partnerships.values()}
        software = PublisherProfile.objects.filter(kind=PublisherKind.SOFTWARE, organization__in=publishers)
        self._software = set(software.values_list("organization_id", flat=True)) if len(publishers) > 1 else set()
        suspended = Organization.objects.filter(pk__in=publishers, status=OrganizationStatus.SUSPENDED)
        self._suspended = set(suspended.values_list("pk", flat=True)) if publishers else set()

    def _running(self, partnership: Partnership | None) -> Partnership | None:
        """None also for a suspended publisher's: it earns by no way."""
        return partnership if partnership and partnership.publisher_id not in self._suspended else None

    def _primary(self, asked: Asked) -> Touch | str:
        if not asked.click_id:
            return "no_click"
        return self._given(asked, asked.click_id)

    def _given(self, asked: Asked, text: str) -> Touch | str:
        """The click of this id as far as it still exists, or why there is none."""
        click = self._click(asked, text)
        if click is None:
            return "bad_click_id"
        link = self._links.get(click.id.link_id)
        of_link = link is not None and link[0] == click.id.partnership_id
        partnership = self._partnerships.get(click.id.partnership_id)
        if partnership is None:
            return "unknown_click"
        if partnership.campaign_id != asked.campaign.pk:
            return "campaign_mismatch"
        if partnership.publisher_id in self._suspended:
            return "publisher_suspended"
        creative = click.id.creative_id
        visit = self._rows.get(Key(asked.campaign.pk, click.at, click.id.signed_nonce))
        return Touch(
            partnership,
            click.at,
            click.id.signed_nonce,
            click.id.link_id if of_link else None,
            creative if creative and self._creatives.get(creative) == asked.campaign.pk else None,
            channel=(visit.channel if visit else "") or (link[1] if link and of_link else ""),
            row=visit.row if visit else None,
        )

    def _touches(self, number: int, kind: TouchKind) -> list[Touch]:
        return [
            Touch(
                self._partnerships[visit.partnership_id],
                visit.at,
                visit.nonce,
                visit.link_id,
                visit.creative_id,
                kind=kind,
                channel=visit.channel,
                row=visit.row,
                is_given=False,
            )
            for visit in self._visits.get((number, kind.value), [])
            if self._running(self._partnerships.get(visit.partnership_id))
        ]

    def _code(self, coupon: Coupon | None) -> Code | None:
        if coupon is None or coupon.publisher_id is None:
            return None
        partnership = self._running(self._holders.get((coupon.campaign_id, coupon.publisher_id)))
        if partnership is None:
            return None
        ends = [at for at in (coupon.valid_until, coupon.retired_at) if at]
        return Code(partnership, coupon.is_exclusive, coupon.valid_from, min(ends, default=None))


def _foreign(asked: Iterable[Asked], texts: Collection[str]) -> dict[tuple[int, str], Click]:
    """Clicks that were made in another system, by campaign and their id there."""
    if not texts:
        return {}
    found = ForeignClick.objects.filter(campaign_id__in={one.campaign.pk for one in asked}, foreign_id__in=texts)
    known = found.order_by("system").values_list("campaign_id", "foreign_id", "click_id")
    return {(campaign, foreign): click for campaign, foreign, ours in known if (click := Click.of(ours))}


def _spelled(code: str) -> str:
    return code.strip().upper()


def _rows(keys: Collection[Key]) -> dict[Key, Visit]:
    if not keys:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(CLICKS, [[key.campaign for key in keys], [key.at for key in keys], [key.nonce for key in keys]])
        return {Key(c, at, nonce): _visit(at, nonce, *row) for c, at, nonce, *row in cursor.fetchall()}


def _visits(statement: str, asked: Sequence[tuple[int, int, int, datetime, datetime]]) -> dict[int, list[Visit]]:
    found: dict[int, list[Visit]] = {}
    if not asked:
        return found
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*asked, strict=True)])
        for number, *row in cursor.fetchall():
            found.setdefault(number, []).append(_visit(*row))
    return found


def _visit(at: datetime, nonce: int, *row: Any) -> Visit:
    subs, verdict, reasons, visitor, channel, partnership, link, creative, ip, user_agent, country = row
    facts = {"ip": ip, "user_agent": user_agent, "country": country}
    return Visit(
        at, nonce, Row(subs or [], verdict, tuple(reasons), visitor, facts), channel, partnership, link, creative
    )


def _coupons(asked: Collection[tuple[int, str]]) -> dict[tuple[int, str], Coupon]:
    if not asked:
        return {}
    found = Coupon.objects.annotate(name=Upper("code")).filter(
        campaign__in={campaign for campaign, _ in asked}, name__in={code for _, code in asked}, publisher__isnull=False
    )
    return {(coupon.campaign_id, coupon.code.upper()): coupon for coupon in found}


def _holders(coupons: Collection[Coupon]) -> dict[tuple[int, int], Partnership]:
    """Partnerships by campaign and publisher."""
    if not coupons:
        return {}
    found = Partnership.objects.filter(
        campaign__in={coupon.campaign_id for coupon in coupons},
        publisher__in={coupon.publisher_id for coupon in coupons},
    )
    return {(one.campaign_id, one.publisher_id): one for one in found}


def _owners(asked: Collection[tuple[int, str]]) -> dict[tuple[int, str], tuple[int, datetime]]:
    if not asked:
        return {}
    found = CustomerOwner.objects.filter(
        campaign__in={campaign for campaign, _ in asked}, customer_key__in={key for _, key in asked}
    )
    rows = found.values_list("campaign_id", "customer_key", "partnership_id", "since")
    return {(campaign, key): (partnership, since) for campaign, key, partnership, since in rows}


def _named(asked: Collection[tuple[int, str]]) -> dict[tuple[int, str], Partnership]:
    """By the public id of the partnership or of its publisher."""
    if not asked:
        return {}
    campaigns, names = {campaign for campaign, _ in asked}, {name for _, name in asked}
    found = Partnership.objects.filter(
        Q(public_id__in=names) | Q(publisher__public_id__in=names), campaign__in=campaigns
    ).select_related("publisher")
    partnerships = list(found)
    by_publisher = {(one.campaign_id, one.publisher.public_id): one for one in partnerships}
    return by_publisher | {(one.campaign_id, one.public_id): one for one in partnerships}
