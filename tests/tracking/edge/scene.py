"""Ada's campaigns and Pia's links in a database of the module's own, as plain rows: the edge only reads them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import connections

from advertisers.models import Campaign, CommissionPlan, Creative, Goal
from network.models import Kind, NetworkSettings, Organization
from publishers.models import Partnership, SmartLink, SmartLinkRoute, TrackingLink, VanityLink, VanityName
from tests.live import own_database
from tracking.edge.clickid import ClickId, Keys, sign
from tracking.edge.config import INSECURE_KEY

KEYS = Keys.of("", INSECURE_KEY)
TOKEN = "token-of-the-shop-campaign-00001"
OTHER_TOKEN = "token-of-another-campaign-000002"
RIAL_TOKEN = "token-of-the-rial-campaign-00003"
DRAFT_TOKEN = "token-of-the-draft-campaign-0004"
LEAD_TOKEN = "token-of-the-lead-campaign-00005"
LANDING = "https://shop.example/welcome"
FALLBACK = "https://shop.example/ended"
NETWORK_FALLBACK = "https://network.example/other-offers"


@dataclass(frozen=True)
class Scene:
    """`ids` by name of what is in it."""

    database_url: str
    ids: dict[str, int]

    def click_id(self, name: str = "link", at_ms: int | None = None, nonce: int = 7, consent: str = "unknown") -> str:
        at_ms = at_ms or int(datetime.now(UTC).timestamp() * 1000)
        partnership = self.ids[PARTNERSHIPS[name]]
        return sign(KEYS, ClickId(partnership, self.ids[name], None, at_ms, nonce, consent))

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []


PARTNERSHIPS = {
    "link": "partnership",
    "other_link": "other_partnership",
    "rial_link": "rial_partnership",
    "draft_link": "draft_partnership",
    "lead_link": "lead_partnership",
    "suspended_link": "suspended_partnership",
}


@contextmanager
def scene(name: str, unblock: Any) -> Iterator[Scene]:
    """`unblock`: pytest-django's `django_db_blocker.unblock`."""
    with own_database(name) as url:
        alias = f"scene_{name}"
        default = connections.databases["default"]
        connections.databases[alias] = {**default, "NAME": name, "OPTIONS": {}}
        with unblock():
            try:
                ids = build(alias)
            finally:
                connections[alias].close()
        del connections.databases[alias]
        yield Scene(url, ids)


def build(db: str) -> dict[str, int]:
    NetworkSettings.objects.using(db).update_or_create(pk=1, defaults={"fallback_url": NETWORK_FALLBACK})
    ada = organization(db, "Ada's shop", Kind.ADVERTISER)
    mallory = organization(db, "Mallory's shop", Kind.ADVERTISER)
    pia = organization(db, "Pia's blog", Kind.PUBLISHER)
    bad = organization(db, "Suspended blog", Kind.PUBLISHER, status="suspended")
    ids = {"ada": ada.pk, "pia": pia.pk, "bad": bad.pk}
    shop = campaign(db, ada, "shop00000001", TOKEN, goals=["impression", "click", "lead", "sale"])
    other = campaign(db, mallory, "other0000001", OTHER_TOKEN, goals=["sale"], fallback_url="")
    rial = campaign(db, ada, "rial00000001", RIAL_TOKEN, goals=["sale"], currency="IRR")
    draft = campaign(db, ada, "draft0000001", DRAFT_TOKEN, goals=["sale"], status="draft")
    leads = campaign(db, ada, "leads0000001", LEAD_TOKEN, goals=["click", "lead"])
    for name, owner, publisher in (
        ("", shop, pia),
        ("other_", other, pia),
        ("rial_", rial, pia),
        ("draft_", draft, pia),
        ("lead_", leads, pia),
        ("suspended_", shop, bad),
    ):
        joined = Partnership.objects.using(db).create(campaign=owner, publisher=publisher, status="active")
        code = f"{name.removesuffix('_') or 'shop'}Link1"
        made = TrackingLink.objects.using(db).create(partnership=joined, code=code, subs=["fromlink"])
        ids |= {f"{name}campaign": owner.pk, f"{name}partnership": joined.pk, f"{name}link": made.pk}
    creative = Creative.objects.using(db).create(
        public_id="creative0001", campaign=shop, kind="text", name="Text", text="Buy", landing_url=f"{LANDING}/text"
    )
    TrackingLink.objects.using(db).create(
        partnership_id=ids["partnership"], code="deepLink1", destination="https://shop.example/p/1?a=b#top"
    )
    TrackingLink.objects.using(db).create(partnership_id=ids["partnership"], code="textLink1", creative=creative)
    TrackingLink.objects.using(db).create(
        partnership_id=ids["partnership"], code="oldLink1", retired_at=datetime.now(UTC)
    )
    vanity = VanityName.objects.using(db).create(publisher=pia, name="piasblog", title="Pia's blog")
    VanityLink.objects.using(db).create(vanity=vanity, slug="spring", link_id=ids["link"], label="Spring")
    smart = SmartLink.objects.using(db).create(publisher=pia, slug="piasoffers", name="Offers")
    SmartLinkRoute.objects.using(db).create(smart_link=smart, link_id=ids["link"])
    return ids | {"creative": creative.pk}


def organization(db: str, name: str, kind: Kind, status: str = "active") -> Organization:
    return Organization.objects.using(db).create(name=name, kind=kind, status=status)


def campaign(
    db: str,
    owner: Organization,
    public_id: str,
    token: str,
    *,
    goals: list[str],
    status: str = "active",
    currency: str = "USD",
    fallback_url: str = FALLBACK,
) -> Campaign:
    made = Campaign.objects.using(db).create(
        advertiser=owner,
        name=public_id,
        public_id=public_id,
        objective="sales",
        landing_url=LANDING,
        fallback_url=fallback_url,
        allowed_hosts=["shop.example", "deals.shop.example"],
        currency=currency,
        postback_token=token,
        status=status,
    )
    for code in goals:
        Goal.objects.using(db).create(campaign=made, code=code, name=code.title(), kind=code)
    now = datetime.now(UTC)
    CommissionPlan.objects.using(db).create(
        campaign=made, version=1, starts_at=now, activated_at=now, fee_basis_points=2000
    )
    return made
