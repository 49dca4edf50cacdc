"""The small kinds: the network, organizations, creatives, partnerships; and links."""

from collections.abc import Iterable
from typing import Final

import orjson

from tracking.snapshot.holding import Snapshot
from tracking.snapshot.kinds import BY_ID, BY_TEXT, Source
from tracking.snapshot.records import Creative, Partnership, Row


class Network:
    name: Final = "network"
    sources: Final = (Source("network_networksettings"),)
    sql: Final = "SELECT id, fallback_url FROM network_networksettings WHERE TRUE OR %(keys)s::text[] IS NULL"

    def take(self, snapshot: Snapshot, row: Row) -> None:
        snapshot.fallback_url = row[1]

    def forget(self, snapshot: Snapshot, key: str) -> None:
        snapshot.fallback_url = ""

    def rows(self, snapshot: Snapshot) -> Iterable[Row]:
        return [[1, snapshot.fallback_url]]


class Organizations:
    name: Final = "organization"
    sources: Final = (Source("network_organization"),)
    sql: Final = f"SELECT id, status, public_id FROM network_organization {BY_ID.format('id')}"  # noqa: S608

    def take(self, snapshot: Snapshot, row: Row) -> None:
        snapshot.organizations[row[0]], snapshot.public_ids[row[0]] = row[1], row[2]

    def forget(self, snapshot: Snapshot, key: str) -> None:
        snapshot.organizations.pop(int(key), None)
        snapshot.public_ids.pop(int(key), None)

    def rows(self, snapshot: Snapshot) -> Iterable[Row]:
        return [[pk, status, snapshot.public_ids[pk]] for pk, status in list(snapshot.organizations.items())]


class Creatives:
    name: Final = "creative"
    sources: Final = (Source("advertisers_creative"),)
    sql: Final = f"""
        SELECT id, public_id, campaign_id, landing_url, retired_at IS NOT NULL
        FROM advertisers_creative {BY_ID.format("id")}"""  # noqa: S608

    def take(self, snapshot: Snapshot, row: Row) -> None:
        creative = Creative(*row)
        snapshot.creatives[creative.id] = creative
        snapshot.creatives_by_public_id[creative.public_id] = creative

    def forget(self, snapshot: Snapshot, key: str) -> None:
        if old := snapshot.creatives.pop(int(key), None):
            snapshot.creatives_by_public_id.pop(old.public_id, None)

    def rows(self, snapshot: Snapshot) -> Iterable[Row]:
        return [[*row] for row in list(snapshot.creatives.values())]


class Partnerships:
    name: Final = "partnership"
    sources: Final = (Source("publishers_partnership"),)
    sql: Final = f"""
        SELECT id, campaign_id, publisher_id, status FROM publishers_partnership {BY_ID.format("id")}"""  # noqa: S608

    def take(self, snapshot: Snapshot, row: Row) -> None:
        snapshot.partnerships[row[0]] = Partnership(*row)

    def forget(self, snapshot: Snapshot, key: str) -> None:
        snapshot.partnerships.pop(int(key), None)

    def rows(self, snapshot: Snapshot) -> Iterable[Row]:
        return [[*row] for row in list(snapshot.partnerships.values())]


class Links:
    name: Final = "link"
    sources: Final = (Source("publishers_trackinglink", "code"),)
    sql: Final = f"""
        SELECT l.id, l.code, l.partnership_id, l.creative_id, l.destination, l.subs, l.retired_at IS NOT NULL, l.channel,
               CASE WHEN l.coupon_id IS NULL AND l.smart_link_id IS NULL THEN NULL
                    ELSE jsonb_build_array(coalesce(k.code, ''), l.smart_link_id) END
        FROM publishers_trackinglink l LEFT JOIN advertisers_coupon k ON k.id = l.coupon_id
        {BY_TEXT.format("l.code")}"""  # noqa: S608

    def take(self, snapshot: Snapshot, row: Row) -> None:
        if snapshot.links.put(row):
            snapshot.derived.pop(row[1], None)

    def forget(self, snapshot: Snapshot, key: str) -> None:
        snapshot.links.pop(key)
        snapshot.derived.pop(key, None)

    def rows(self, snapshot: Snapshot) -> Iterable[Row]:
        return (orjson.loads(record) for records in snapshot.links.records() for record in records)
