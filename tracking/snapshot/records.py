"""The plain data of a snapshot."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

type Row = Sequence[Any]


class GoalOfCampaign(NamedTuple):
    id: int
    code: str
    kind: str

    @property
    def is_counted(self) -> bool:
        """By the edge itself; the other goals are reported as conversions."""
        return self.kind in {"impression", "click"}


class Campaign(NamedTuple):
    id: int
    public_id: str
    advertiser_id: int
    status: str
    currency: str
    time_zone: str
    landing_url: str
    fallback_url: str
    allowed_hosts: frozenset[str]
    click_parameter: str
    postback_token: str
    window_days: int
    goals: dict[str, GoalOfCampaign]
    plans: tuple[tuple[float, int], ...]  # (start as a Unix time, version), ascending
    extras: Mapping[str, Any] = MappingProxyType({})  # by name of `tracking.snapshot.campaigns.Extra`, compiled
    row: Row = ()  # what it was made of


class Creative(NamedTuple):
    id: int
    public_id: str
    campaign_id: int
    landing_url: str
    is_retired: bool


class Partnership(NamedTuple):
    id: int
    campaign_id: int
    publisher_id: int
    status: str


class Link(NamedTuple):
    id: int
    code: str
    partnership_id: int
    creative_id: int | None
    destination: str
    subs: tuple[str, ...]
    is_retired: bool
    channel: str = ""
    more: Sequence[Any] | None = None  # what few links have: (code of its coupon or "", id of its smart link or None)

    @property
    def coupon(self) -> str:
        return str(self.more[0]) if self.more else ""

    @property
    def smart_link_id(self) -> int | None:
        return self.more[1] if self.more else None
