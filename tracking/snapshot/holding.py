"""A snapshot's places. `tracking.snapshot.KINDS` fill them."""

from dataclasses import dataclass, field
from typing import Any

from tracking.snapshot.packed import PackedLinks
from tracking.snapshot.records import Campaign, Creative, Partnership, Row


@dataclass
class Snapshot:
    fallback_url: str = ""
    organizations: dict[int, str] = field(default_factory=dict)  # id → status
    public_ids: dict[int, str] = field(default_factory=dict)  # of organizations
    campaigns: dict[int, Campaign] = field(default_factory=dict)
    campaigns_by_token: dict[str, Campaign] = field(default_factory=dict)
    campaigns_by_public_id: dict[str, Campaign] = field(default_factory=dict)
    creatives: dict[int, Creative] = field(default_factory=dict)
    creatives_by_public_id: dict[str, Creative] = field(default_factory=dict)
    partnerships: dict[int, Partnership] = field(default_factory=dict)
    links: PackedLinks = field(default_factory=PackedLinks)
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)  # of `kinds.Table`: name → key → value
    kept: dict[str, dict[str, Row]] = field(default_factory=dict)
    derived: dict[str, Any] = field(default_factory=dict)
    """What the edge made of links, by code. Emptied by each change of what it may be made of."""
