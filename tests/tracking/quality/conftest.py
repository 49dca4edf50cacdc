import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from publishers.models import TrackingLink
from tests.tracking import stage
from tracking import keys, mailboxes
from tracking.ingest.visitors import Visitors
from tracking.models import Click, Conversion, QualitySignal

VALID = ("valid", "")

type Sell = Callable[..., Conversion]


def _visitor(ip: str, user_agent: str) -> int:
    return int.from_bytes(Visitors().digest(ip, user_agent), signed=True)


def stored_click(link: TrackingLink, at: datetime, **changes: Any) -> Click:
    """A click's row as ingest writes it: of a person with a phone at 198.51.100.7."""
    at = stage.to_ms(at)
    values: dict[str, Any] = {
        "campaign_id": link.partnership.campaign_id,
        "partnership_id": link.partnership_id,
        "link_id": link.pk,
        "at": at,
        "nonce": secrets.randbits(63),
        "day": at.date(),
        "ip": "198.51.100.7",
        "user_agent": stage.PHONE,
        "device": "phone",
        "received_at": at,
        "is_unique": True,
    } | changes
    values.setdefault("visitor", _visitor(values["ip"], values["user_agent"]) if values["ip"] else None)
    return Click.objects.create(**values)


@pytest.fixture
def sell(link: TrackingLink) -> Sell:
    """`sell("A-1", after=60, click={"country": "IR"}, goal="sale", email="…")`: a click, and so many seconds later an
    order; what else is named is reported with it."""
    now = timezone.now().replace(microsecond=0)

    def make(order_id: str, after: float = 3600, click: dict[str, Any] | None = None, **fields: Any) -> Conversion:
        of: TrackingLink = fields.pop("link", link)
        at = fields.pop("at", now)
        row = stored_click(of, at - timedelta(seconds=after), **(click or {}))
        names = {"goal", "amount", "coupon", "customer", "ip", "channel", "test", "currency", "filled_in", "mail"}
        if "email" in fields:
            fields["mail"] = mail(fields.pop("email"))
        kept = {name: value for name, value in fields.items() if name not in names}
        given = {name: value for name, value in fields.items() if name in names}
        if given.get("goal", "sale") != "sale":
            given.setdefault("amount", None)
        report = stage.report(
            of.partnership.campaign,
            order_id,
            received_at=at,
            click_id=stage.click_id(of, row.at, row.nonce),
            occurred_at=at.isoformat(),
            kept=kept,
            **given,
        )
        stage.process(report)
        return stage.conversion(order_id, given.get("goal", "sale"))

    return make


def mail(address: str) -> mailboxes.Told:
    """What the edge keeps of a buyer's address."""
    return mailboxes.told(keys.customer_key(), address)


def only(conversion: Conversion) -> QualitySignal:
    return QualitySignal.objects.get(conversion=conversion)


def signals(conversion: Conversion) -> list[tuple[str, str]]:
    """Rules and actions, in the order of the rules' numbers."""
    found = QualitySignal.objects.filter(conversion=conversion).values_list("rule", "action")
    return sorted(found, key=lambda each: int(each[0][1:]))


def verdict(conversion: Conversion) -> tuple[str, str]:
    conversion.refresh_from_db()
    return conversion.verdict, conversion.reason
