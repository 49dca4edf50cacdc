"""Accepted reports as processing reads them: a Postback with its campaign."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Self
from uuid import UUID

from django.conf import settings

from advertisers.models import Campaign
from tracking.models import Channel, Postback
from tracking.visitor import key, number

VISITOR_KEY: Final = key(settings.SECRET_KEY)
FROM_BROWSERS: Final = frozenset({Channel.TAG, Channel.PIXEL})
STATUSES: Final = frozenset({"approved", "declined", "held"})


@dataclass(frozen=True, slots=True)
class Report:
    id: UUID
    campaign: Campaign
    fields: dict[str, Any]
    channel: str
    received_at: datetime
    caller: tuple[str, str] = ("", "")
    """Address and user agent of who called."""

    @classmethod
    def of(cls, postback: Postback, campaign: Campaign) -> Self:
        caller = postback.ip or "", postback.user_agent
        return cls(postback.id, campaign, postback.fields, postback.channel, postback.received_at, caller)

    @property
    def kind(self) -> str:
        return str(self.fields.get("kind") or "conversion")

    @property
    def order(self) -> tuple[int, str]:
        return self.campaign.pk, self.order_id

    @property
    def order_id(self) -> str:
        return str(self.fields["order_id"])

    @property
    def goal(self) -> str:
        return self.fields.get("goal") or ""

    @property
    def click_id(self) -> str:
        return self.fields.get("click_id") or ""

    @property
    def is_trusted(self) -> bool:
        return self.channel not in FROM_BROWSERS

    @property
    def is_test(self) -> bool:
        return bool(self.fields.get("test"))

    @property
    def publisher(self) -> str:
        """Whom the advertiser's server names as the one who earns; a browser cannot."""
        return str(self.fields.get("publisher") or "") if self.is_trusted else ""

    @property
    def customer_id(self) -> str:
        return str(self.fields.get("customer_id") or "") if self.is_trusted else ""

    @property
    def is_won_by_others(self) -> bool:
        """The advertiser's server says that another channel than this network had the last paid click."""
        return self.is_trusted and bool(self.fields.get("won_by"))

    @property
    def coupon(self) -> str:
        return (self.fields.get("coupon") or "")[:64]

    @property
    def touches(self) -> list[str]:
        """Further click ids, as they came."""
        given = self.fields.get("touches")
        return [text for text in given if isinstance(text, str)] if isinstance(given, list) else []

    @property
    def visitor(self) -> int | None:
        """The buyer's, from the browser that called, or as the advertiser's server describes it."""
        ip, user_agent = (self.fields.get(name) or "" for name in ("ip", "user_agent"))
        if not self.is_trusted:
            ip, user_agent = self.caller
        return number(VISITOR_KEY, ip, user_agent) if ip and user_agent else None

    @property
    def status(self) -> str:
        """Only the advertiser's server can approve, decline or hold."""
        status = self.fields.get("status") or ""
        return status if self.is_trusted and status in STATUSES else ""

    @property
    def reason(self) -> str:
        return str(self.fields.get("reason") or "")[:200]

    def occurred_at(self, otherwise: datetime) -> datetime:
        text = self.fields.get("occurred_at")
        return datetime.fromisoformat(text) if text else otherwise
