"""Ids of the systems that campaigns came from, as far as staff imported what they stand for here."""

from typing import Final, NamedTuple

from tracking.snapshot.holding import Snapshot
from tracking.snapshot.kinds import BY_TEXT, Source, Table
from tracking.snapshot.records import Row


class Ours(NamedTuple):
    """`value`: a link's or a goal's code, else a public id. `campaign_id`: 0 for what belongs to none.

    Of a campaign: `accepts_unsigned`, whether reports without a token are read; `allowed_ips`, only from these networks.
    """

    value: str
    campaign_id: int
    accepts_unsigned: bool
    allowed_ips: tuple[str, ...]


def _ours(row: Row) -> Ours:
    return Ours(row[1], row[2], row[3], tuple(row[4]))


FOREIGN: Final[Table[Ours]] = Table(
    "foreign",
    f"""
    SELECT f.name, coalesce(l.code, g.code, r.public_id, o.public_id, c.public_id),
           coalesce(f.campaign_id, 0), f.accepts_unsigned, f.allowed_ips
    FROM tracking_foreignid f
    LEFT JOIN publishers_trackinglink l ON l.id = f.link_id
    LEFT JOIN advertisers_goal g ON g.id = f.goal_id
    LEFT JOIN advertisers_creative r ON r.id = f.creative_id
    LEFT JOIN network_organization o ON o.id = f.publisher_id
    LEFT JOIN advertisers_campaign c ON c.id = f.campaign_id
    {BY_TEXT.format("f.name")}""",  # noqa: S608
    (Source("tracking_foreignid", "name"),),
    _ours,
)


def meaning(snapshot: Snapshot, system: str, kind: str, foreign_id: str) -> Ours | None:
    return FOREIGN.of(snapshot).get(f"{system} {kind} {foreign_id}")
