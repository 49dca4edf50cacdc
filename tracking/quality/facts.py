"""What is known of a conversion's click and buyer, for many conversions in a few queries.

Addresses, devices and mails are compared, and kept, as keyed hashes of 64 bits.
"""

import hashlib
import hmac
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, cast

import orjson
from django.conf import settings
from django.db import connection
from maxminddb import InvalidDatabaseError

from network import logins
from network.models import LoginAddress, Membership
from tracking import keys
from tracking.mailboxes import Told, told
from tracking.models import Channel, Conversion, QualityFacts, TouchKind
from tracking.places import Places
from tracking.quality.addresses import Ranges, is_public, network_of

CLICKS: Final = """
SELECT asked.k, click.*
FROM unnest(%s::int[], %s::bigint[], %s::timestamptz[], %s::bigint[]) AS asked (k, c, a, n)
CROSS JOIN LATERAL (
    SELECT host(ip), user_agent, referrer, country, visitor, extra, verdict, reasons FROM tracking_click
    WHERE campaign_id = asked.c AND at = asked.a AND nonce = asked.n OFFSET 0
) AS click"""
FROM_BROWSERS: Final = frozenset({Channel.TAG, Channel.PIXEL})
KEPT: Final = timedelta(days=100)  # as long as the past can be judged again
DEVICE_NAMES: Final = ("device_id", "gaid", "idfa", "advertising_id", "idfv", "android_id")


@dataclass(frozen=True, slots=True)
class Click:
    ip: str | None = None
    user_agent: str | None = None
    referrer: str = ""
    country: str = ""
    visitor: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    verdict: str = "valid"
    reasons: tuple[str, ...] = ()


UNKNOWN: Final = Click()


@dataclass(slots=True)
class Subject:
    """A conversion to judge: with campaign, goal, and what earned it. `click` is filled in by `gather`.

    `fields` are what was reported; `ip` is the reporting caller's.
    """

    conversion: Conversion
    kind: str = TouchKind.CLICK
    clicked_at: datetime | None = None
    nonce: int | None = None
    fields: Mapping[str, Any] = field(default_factory=dict)
    ip: str | None = None
    click: Click = UNKNOWN

    @property
    def buyer_ip(self) -> str | None:
        """A browser's own; else what the advertiser's server says."""
        if self.conversion.channel in FROM_BROWSERS:
            return self.ip
        given = self.fields.get("ip") or self._kept("ip", "user_ip", "customer_ip")
        try:
            return str(ip_address(given)) if given else None
        except ValueError:
            return None

    @property
    def address(self) -> str | None:
        """Of the buyer, else of the click; None where many share it."""
        return next((ip for ip in (self.buyer_ip, self.click.ip) if ip and is_public(ip)), None)

    @property
    def device(self) -> str:
        given = self._kept(*DEVICE_NAMES) or next(
            (str(self.click.extra[name]) for name in DEVICE_NAMES if self.click.extra.get(name)), ""
        )
        bare = given.strip().lower()
        return "" if not bare.strip("0-") else bare  # a device that refuses says zeros

    @property
    def mail(self) -> Told:
        """Hashes of the buyer's address, as the edge made them; empty where none was sent."""
        return cast("Told", self.fields.get("mail") or {})

    @property
    def country(self) -> str:
        given = self._kept("country", "country_code").upper()
        return given if len(given) == 2 and given.isalpha() else _places().find(self.buyer_ip).country

    @property
    def countries(self) -> str:
        if not self.click.country or not (country := self.country):
            return ""
        return f"{self.click.country}-{country}"

    @property
    def age(self) -> timedelta | None:
        """From the click to the conversion; where only clocks put it before the click, to the report. None where our own
        clocks disagree."""
        if self.clicked_at is None or self.nonce is None:
            return None
        later = self.conversion.received_at if "clock_skew" in self.conversion.flags else self.conversion.occurred_at
        age = later - self.clicked_at
        return age if age >= timedelta() else None

    def facts(self) -> QualityFacts:
        conversion = self.conversion
        return QualityFacts(
            conversion_id=conversion.pk,
            campaign_id=conversion.campaign_id,
            partnership_id=conversion.partnership_id,
            at=conversion.occurred_at,
            address=hashed("address", network_of(self.address)) if self.address else None,
            device=hashed("device", self.device) if self.device else None,
            mail=hashed("mail", box) if (box := self.mail.get("box")) else None,
            countries=self.countries,
            is_hidden=self.address in hidden if self.address and (hidden := _hidden(settings.HIDDEN_PATH)) else None,
        )

    def _kept(self, *names: str) -> str:
        kept = self.fields.get("kept")
        found = {**kept, **self.fields} if isinstance(kept, dict) else self.fields
        return next((str(found[name])[:320] for name in names if found.get(name)), "")


def gather(subjects: Sequence[Subject]) -> None:
    """Fill in the clicks, in one query."""
    asked = [
        (number, one.conversion.campaign_id, one.clicked_at, one.nonce)
        for number, one in enumerate(subjects)
        if one.nonce is not None and one.clicked_at is not None and one.kind == TouchKind.CLICK
    ]
    if not asked:
        return
    with connection.cursor() as cursor:
        cursor.execute(CLICKS, [list(column) for column in zip(*asked, strict=True)])
        for number, ip, agent, referrer, country, visitor, extra, verdict, reasons in cursor.fetchall():
            subjects[number].click = Click(
                ip, agent, referrer, country, visitor, orjson.loads(extra) if extra else {}, verdict, tuple(reasons)
            )


def hashed(purpose: str, value: str | bytes) -> int:
    """A signed 64 bit number that only this installation can make."""
    told = value if isinstance(value, bytes) else value.encode()
    return int.from_bytes(hmac.digest(_key(), purpose.encode() + b"\n" + told, "sha256")[:8], signed=True)


@cache
def _places() -> Places:
    try:
        return Places(Path(settings.GEOIP_PATH) if settings.GEOIP_PATH else None)
    except (OSError, InvalidDatabaseError):  # the edge and ingest say so already
        return Places(None)


def _hidden(path: str) -> Ranges | None:
    """VPNs, proxies and Tor, as the operator lists them; None where nobody does."""
    if not path:
        return None
    found = _ranges(path)
    found.refresh()
    return found


@cache
def _ranges(path: str) -> Ranges:
    return Ranges(path)


@cache
def _key() -> bytes:
    return hashlib.sha256(f"quality\n{settings.SECRET_KEY}".encode()).digest()


def mails_of(publishers: Collection[int]) -> dict[int, list[Told]]:
    """What the addresses of the members of these organizations tell."""
    found: dict[int, list[Told]] = {}
    members = Membership.objects.filter(organization__in=publishers)
    for organization, address in members.values_list("organization_id", "user__email"):
        found.setdefault(organization, []).append(told(keys.customer_key(), address))
    return found


def logins_of(publishers: Collection[int], since: datetime) -> dict[int, list[tuple[int, datetime]]]:
    """From where the members of these organizations logged in last, and when."""
    found: dict[int, list[tuple[int, datetime]]] = {}
    rows = LoginAddress.objects.filter(user__memberships__organization__in=publishers, at__gte=since)
    for organization, number, at in rows.values_list("user__memberships__organization_id", "number", "at"):
        found.setdefault(organization, []).append((number, at))
    return found


def forget(older_than: datetime) -> int:
    """No rule looks back further."""
    logins.forget(older_than)
    return QualityFacts.objects.filter(at__lt=older_than).delete()[0]
