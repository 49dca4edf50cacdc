"""What the edge must know of campaigns, partnerships and links, as plain data. Free of Django: SQL in, tuples out.

Triggers (migration 0003) write each change of a source table into `tracking_snapshot_change` and notify the channel
`peyvand_snapshot`; `tracking.edge.follower` reads the changes and applies them here.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

CHANNEL: Final = "peyvand_snapshot"


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


type Row = Sequence[Any]

SQL: Final[dict[str, str]] = {
    "network": "SELECT id, fallback_url FROM network_networksettings WHERE TRUE OR %(keys)s::text[] IS NULL",
    "organization": """
        SELECT id, status FROM network_organization
        WHERE %(keys)s::text[] IS NULL OR id = ANY(%(keys)s::text[]::bigint[])""",
    "campaign": """
        SELECT c.id, c.public_id, c.advertiser_id, c.status, c.currency, c.time_zone, c.landing_url, c.fallback_url,
               c.allowed_hosts, c.click_parameter, c.postback_token, c.window_days,
               ARRAY(SELECT jsonb_build_array(g.id, g.code, g.kind) FROM advertisers_goal g
                     WHERE g.campaign_id = c.id ORDER BY g.id),
               ARRAY(SELECT jsonb_build_array(extract(epoch FROM p.starts_at), p.version)
                     FROM advertisers_commissionplan p
                     WHERE p.campaign_id = c.id AND p.starts_at IS NOT NULL ORDER BY p.starts_at)
        FROM advertisers_campaign c
        WHERE %(keys)s::text[] IS NULL OR c.id = ANY(%(keys)s::text[]::bigint[])""",
    "creative": """
        SELECT id, public_id, campaign_id, landing_url, retired_at IS NOT NULL FROM advertisers_creative
        WHERE %(keys)s::text[] IS NULL OR id = ANY(%(keys)s::text[]::bigint[])""",
    "partnership": """
        SELECT id, campaign_id, publisher_id, status FROM publishers_partnership
        WHERE %(keys)s::text[] IS NULL OR id = ANY(%(keys)s::text[]::bigint[])""",
    "link": """
        SELECT id, code, partnership_id, creative_id, destination, subs, retired_at IS NOT NULL
        FROM publishers_trackinglink
        WHERE %(keys)s::text[] IS NULL OR code = ANY(%(keys)s)""",
}
"""Rows of a kind: all for keys NULL, else those with these keys (ids; codes of links)."""


@dataclass
class Snapshot:
    fallback_url: str = ""
    organizations: dict[int, str] = field(default_factory=dict)  # id → status
    campaigns: dict[int, Campaign] = field(default_factory=dict)
    campaigns_by_token: dict[str, Campaign] = field(default_factory=dict)
    campaigns_by_public_id: dict[str, Campaign] = field(default_factory=dict)
    creatives: dict[int, Creative] = field(default_factory=dict)
    creatives_by_public_id: dict[str, Creative] = field(default_factory=dict)
    partnerships: dict[int, Partnership] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)

    def apply(self, kind: str, rows: Iterable[Row]) -> None:
        """Take these rows in, in place of what was known of them."""
        take = _TAKE[kind]
        for row in rows:
            take(self, row)

    def forget(self, kind: str, keys: Collection[str]) -> None:
        """Drop what these keys name; `apply` brings back those that still exist."""
        for key in keys:
            _FORGET[kind](self, key)

    def dump(self) -> dict[str, list[Row]]:
        """Rows again, fit for JSON, from which `apply` makes an equal snapshot. Safe beside a loop that applies."""
        campaigns: list[Row] = [
            [*row[:8], sorted(row.allowed_hosts), *row[9:12], list(map(list, row.goals.values())), row.plans]
            for row in list(self.campaigns.values())
        ]
        return {
            "network": [[1, self.fallback_url]],
            "organization": [[*item] for item in list(self.organizations.items())],
            "campaign": campaigns,
            "creative": [[*row] for row in list(self.creatives.values())],
            "partnership": [[*row] for row in list(self.partnerships.values())],
            "link": [[*row] for row in list(self.links.values())],
        }


def _take_campaign(snapshot: Snapshot, row: Row) -> None:
    goals = {code: GoalOfCampaign(pk, code, kind) for pk, code, kind in row[12]}
    plans = tuple((float(start), int(version)) for start, version in row[13])
    campaign = Campaign._make([*row[:8], frozenset(row[8]), *row[9:12], goals, plans])
    _forget_campaign(snapshot, campaign.id)
    snapshot.campaigns[campaign.id] = campaign
    snapshot.campaigns_by_token[campaign.postback_token] = campaign
    snapshot.campaigns_by_public_id[campaign.public_id] = campaign


def _forget_campaign(snapshot: Snapshot, key: str | int) -> None:
    if old := snapshot.campaigns.pop(int(key), None):
        snapshot.campaigns_by_token.pop(old.postback_token, None)
        snapshot.campaigns_by_public_id.pop(old.public_id, None)


def _take_creative(snapshot: Snapshot, row: Row) -> None:
    creative = Creative(*row)
    snapshot.creatives[creative.id] = creative
    snapshot.creatives_by_public_id[creative.public_id] = creative


def _forget_creative(snapshot: Snapshot, key: str) -> None:
    if old := snapshot.creatives.pop(int(key), None):
        snapshot.creatives_by_public_id.pop(old.public_id, None)


def _take_partnership(snapshot: Snapshot, row: Row) -> None:
    snapshot.partnerships[row[0]] = Partnership(*row)


def _take_link(snapshot: Snapshot, row: Row) -> None:
    snapshot.links[row[1]] = Link._make([*row[:5], tuple(row[5]), row[6]])


def _take_organization(snapshot: Snapshot, row: Row) -> None:
    snapshot.organizations[row[0]] = row[1]


def _drop[K](found: dict[K, Any], key: K) -> None:
    found.pop(key, None)


def _take_network(snapshot: Snapshot, row: Row) -> None:
    snapshot.fallback_url = row[1]


_TAKE: Final[dict[str, Callable[[Snapshot, Row], None]]] = {
    "network": _take_network,
    "organization": _take_organization,
    "campaign": _take_campaign,
    "creative": _take_creative,
    "partnership": _take_partnership,
    "link": _take_link,
}
_FORGET: Final[dict[str, Callable[[Snapshot, str], None]]] = {
    "network": lambda snapshot, _: setattr(snapshot, "fallback_url", ""),
    "organization": lambda snapshot, key: _drop(snapshot.organizations, int(key)),
    "campaign": _forget_campaign,
    "creative": _forget_creative,
    "partnership": lambda snapshot, key: _drop(snapshot.partnerships, int(key)),
    "link": lambda snapshot, key: _drop(snapshot.links, key),
}
