"""Who converted already, for campaigns that want new visitors only: per campaign a set of visitors' numbers.

Bounded: at most the newest MAX_KEPT of the last 90 days are loaded.
"""

from collections.abc import Iterable
from typing import Final

from tracking.snapshot.holding import Snapshot
from tracking.snapshot.kinds import Source
from tracking.snapshot.records import Row

MAX_KEPT: Final = 200_000


class Converted:
    name: Final = "converted"
    sources: Final = (Source("tracking_convertedvisitor", "key"),)
    sql: Final = f"""
        SELECT key, campaign_id, visitor FROM tracking_convertedvisitor
        WHERE (%(keys)s::text[] IS NULL AND at > now() - interval '90 days') OR key = ANY(%(keys)s::text[])
        ORDER BY at DESC LIMIT {MAX_KEPT}"""  # noqa: S608

    def of(self, snapshot: Snapshot) -> dict[int, set[int]]:
        found: dict[int, set[int]] = snapshot.tables.setdefault(self.name, {})  # type: ignore[assignment]
        return found

    def take(self, snapshot: Snapshot, row: Row) -> None:
        self.of(snapshot).setdefault(row[1], set()).add(row[2])

    def forget(self, snapshot: Snapshot, key: str) -> None:
        campaign, _, visitor = key.partition(":")
        self.of(snapshot).get(int(campaign), set()).discard(int(visitor))

    def rows(self, snapshot: Snapshot) -> Iterable[Row]:
        kept = [(campaign, list(visitors)) for campaign, visitors in list(self.of(snapshot).items())]
        return [[f"{campaign}:{visitor}", campaign, visitor] for campaign, visitors in kept for visitor in visitors]


CONVERTED: Final = Converted()
