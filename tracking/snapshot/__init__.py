"""What the edge must know of campaigns, partnerships and links, as plain data. Free of Django: SQL in, tuples out.

Triggers (`triggers`, migration 0003) write each change of a source table into `tracking_snapshot_change` and notify the
channel `peyvand_snapshot`; `tracking.edge.follower` reads the changes and applies them here.

To let the edge know more: what belongs to a campaign is an `Extra` in `campaigns.EXTRAS`; what is looked up by a name of
its own is a `Table` in `KINDS`. Both in a module of their own; both need triggers on their source tables.
"""

from collections.abc import Collection, Iterable
from typing import Final

from tracking.snapshot.basics import Creatives, Links, Network, Organizations, Partnerships
from tracking.snapshot.campaigns import Campaigns
from tracking.snapshot.converted import CONVERTED
from tracking.snapshot.foreign import FOREIGN
from tracking.snapshot.holding import Snapshot
from tracking.snapshot.kinds import Kind
from tracking.snapshot.records import Campaign, Creative, GoalOfCampaign, Link, Partnership, Row
from tracking.snapshot.smart_links import SmartLinks
from tracking.snapshot.suppressions import Suppressions
from tracking.snapshot.vanity import VanityNames

CHANNEL: Final = "peyvand_snapshot"

KINDS: Final[dict[str, Kind]] = {
    kind.name: kind
    for kind in (
        Network(),
        Organizations(),
        Campaigns(),
        Creatives(),
        Partnerships(),
        Links(),
        VanityNames(),
        SmartLinks(),
        Suppressions(),
        CONVERTED,
        FOREIGN,
    )
}
"""By name; loaded in this order."""


def apply(snapshot: Snapshot, kind: str, rows: Iterable[Row]) -> None:
    """Take these rows in, in place of what was known of them."""
    take = KINDS[kind].take
    for row in rows:
        take(snapshot, row)
    if kind != "link":  # which looks after its own
        snapshot.derived.clear()


def forget(snapshot: Snapshot, kind: str, keys: Collection[str]) -> None:
    """Drop what these keys name; `apply` brings back those that still exist."""
    for key in keys:
        KINDS[kind].forget(snapshot, key)
    if kind != "link":
        snapshot.derived.clear()


__all__ = [
    "CHANNEL",
    "KINDS",
    "Campaign",
    "Creative",
    "GoalOfCampaign",
    "Link",
    "Partnership",
    "Row",
    "Snapshot",
    "apply",
    "forget",
]
