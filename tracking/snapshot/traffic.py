"""What the edge must know of whom a campaign takes, when, how many and where it sends them; nothing for most campaigns."""

from typing import Any, Final, NamedTuple

from tracking.snapshot.kinds import Source
from tracking.snapshot.records import Campaign


class Rules(NamedTuple):
    """Of the campaign, or what differs for one publisher. Times are Unix times, 0 for none."""

    rules: dict[str, tuple[str, list[Any]]]  # by dimension: (any, only or not; values), as advertisers.models.Targeting
    starts_at: float
    ends_at: float
    new_visitors_only: bool


class ClickCap(NamedTuple):
    id: int
    partnership_id: int | None
    period: str
    limit: int
    time_zone: str


class FullCap(NamedTuple):
    """A cap on conversions that is used up, half-open in Unix times."""

    partnership_id: int | None
    starts_at: float
    ends_at: float


class Block(NamedTuple):
    partnership_id: int | None
    field: str
    value: str


class Page(NamedTuple):
    id: int
    url: str
    weight: int


class Traffic:
    __slots__ = ("blocks", "caps", "full", "is_funded", "made", "pages", "targeting", "time_zone")

    def __init__(self, found: dict[str, Any]) -> None:
        self.time_zone: str = found["zone"]
        self.is_funded = not found.get("broke")
        self.targeting = {row[0]: _rules(row) for row in found.get("targeting", ())}
        self.pages = tuple(Page(*row) for row in found.get("pages", ()))
        self.caps = tuple(ClickCap(row[0], row[1], row[2], row[3], self.time_zone) for row in found.get("caps", ()))
        self.full = tuple(FullCap(row[0], float(row[1]), float(row[2])) for row in found.get("full", ()))
        self.blocks = tuple(Block(*row) for row in found.get("blocks", ()))
        self.made: dict[int, Any] = {}  # what the edge compiled of it, by partnership


def _rules(row: list[Any]) -> Rules:
    _partnership, rules, starts_at, ends_at, once = row
    found = {name: (mode, values) for name, (mode, values) in rules.items()}
    return Rules(found, float(starts_at or 0), float(ends_at or 0), bool(once))


SQL: Final = """
    NULLIF(jsonb_strip_nulls(jsonb_build_object(
        'broke', CASE WHEN c.out_of_funds_at IS NOT NULL THEN true END,
        'targeting', (
            SELECT jsonb_agg(jsonb_build_array(t.partnership_id, t.rules, extract(epoch FROM t.starts_at),
                                               extract(epoch FROM t.ends_at), t.new_visitors_only))
            FROM advertisers_targeting t WHERE t.campaign_id = c.id),
        'pages', (
            SELECT jsonb_agg(jsonb_build_array(l.id, l.url, l.weight) ORDER BY l.id)
            FROM advertisers_landingpage l WHERE l.campaign_id = c.id AND l.is_active AND l.weight > 0),
        'caps', (
            SELECT jsonb_agg(jsonb_build_array(k.id, k.partnership_id, k.period, k."limit") ORDER BY k.id)
            FROM advertisers_cap k WHERE k.campaign_id = c.id AND k.metric = 'clicks' AND k.is_hard),
        'full', (
            SELECT jsonb_agg(jsonb_build_array(k.partnership_id, extract(epoch FROM u.starts_at),
                                               extract(epoch FROM u.ends_at)))
            FROM advertisers_cap k JOIN tracking_capuse u ON u.cap_id = k.id
            WHERE k.campaign_id = c.id AND k.metric = 'conversions' AND k.is_hard
              AND u.used >= k."limit" AND u.ends_at > now()),
        'blocks', (
            SELECT jsonb_agg(jsonb_build_array(b.partnership_id, b.field, b.value))
            FROM advertisers_trafficblock b WHERE b.campaign_id = c.id)
    )), '{}') || jsonb_build_object('zone', c.time_zone)"""

SOURCES: Final = tuple(
    Source(f"advertisers_{name}", "campaign_id") for name in ("targeting", "landingpage", "cap", "trafficblock")
)


def traffic(found: dict[str, Any] | None) -> Traffic | None:
    return Traffic(found) if found else None


def of(campaign: Campaign) -> Traffic | None:
    """None for a campaign that takes everyone. Of a cap on conversions `tracking.caps` tells the edges itself."""
    known: Traffic | None = campaign.extras.get("traffic")
    return known
