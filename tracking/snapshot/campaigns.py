"""Campaigns with all that the edge decides by: what belongs to one rides in its row, one JSON column per `Extra`."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from tracking.snapshot import adverts, apps, traffic
from tracking.snapshot.holding import Snapshot
from tracking.snapshot.kinds import BY_ID, Source
from tracking.snapshot.records import Campaign, GoalOfCampaign, Row


@dataclass(frozen=True)
class Extra[V]:
    """`sql` is an expression over the campaign `c` that yields JSON or NULL; `compiled` makes of it, once per change of the
    campaign, what `of` hands out.
    """

    name: str
    sql: str
    compiled: Callable[[Any], V]
    sources: tuple[Source, ...] = ()  # beside the campaign's own table; their column holds the campaign's id

    def of(self, campaign: Campaign) -> V | None:
        """None only for a campaign from an older copy on the disk, which lacks it."""
        return campaign.extras.get(self.name)


PROFILE: Final = Extra[str]("profile", "c.profile", lambda raw: raw or "")
"""The system that the campaign's reports are written for, or ""."""

ONCE_PER_CLICK: Final = Extra[frozenset[str]](
    "once_per_click",
    "(SELECT json_agg(g.code) FROM advertisers_goal g WHERE g.campaign_id = c.id AND NOT g.allows_repeat)",
    lambda raw: frozenset(raw or ()),
)
"""Codes of the goals that one click reaches once, whatever the order number."""

EXTRAS: Final[tuple[Extra[Any], ...]] = (
    PROFILE,
    ONCE_PER_CLICK,
    Extra("adverts", adverts.SQL, adverts.Adverts, adverts.SOURCES),
    Extra("app", apps.SQL, apps.app, apps.SOURCES),
    Extra("traffic", traffic.SQL, traffic.traffic, traffic.SOURCES),
)


class Campaigns:
    name: Final = "campaign"
    sources: Final = tuple(
        dict.fromkeys(
            [
                Source("advertisers_campaign"),
                Source("advertisers_goal", "campaign_id"),
                Source("advertisers_commissionplan", "campaign_id"),
                *chain.from_iterable(extra.sources for extra in EXTRAS),
            ]
        )
    )
    sql: Final = f"""
        SELECT c.id, c.public_id, c.advertiser_id, c.status, c.currency, c.time_zone, c.landing_url, c.fallback_url,
               c.allowed_hosts, c.click_parameter, c.postback_token, c.window_days,
               ARRAY(SELECT jsonb_build_array(g.id, g.code, g.kind) FROM advertisers_goal g
                     WHERE g.campaign_id = c.id ORDER BY g.id),
               ARRAY(SELECT jsonb_build_array(extract(epoch FROM p.starts_at), p.version)
                     FROM advertisers_commissionplan p
                     WHERE p.campaign_id = c.id AND p.starts_at IS NOT NULL ORDER BY p.starts_at)
               {"".join(f", to_jsonb({extra.sql})" for extra in EXTRAS)}
        FROM advertisers_campaign c {BY_ID.format("c.id")}"""  # noqa: S608

    def take(self, snapshot: Snapshot, row: Row) -> None:
        goals = {code: GoalOfCampaign(pk, code, kind) for pk, code, kind in row[12]}
        plans = tuple((float(start), int(version)) for start, version in row[13])
        extras = {extra.name: extra.compiled(raw) for extra, raw in zip(EXTRAS, row[14:], strict=False)}
        campaign = Campaign._make([*row[:8], frozenset(row[8]), *row[9:12], goals, plans, extras, row])
        self.forget(snapshot, campaign.id)
        snapshot.campaigns[campaign.id] = campaign
        snapshot.campaigns_by_token[campaign.postback_token] = campaign
        snapshot.campaigns_by_public_id[campaign.public_id] = campaign

    def forget(self, snapshot: Snapshot, key: str | int) -> None:
        if old := snapshot.campaigns.pop(int(key), None):
            snapshot.campaigns_by_token.pop(old.postback_token, None)
            snapshot.campaigns_by_public_id.pop(old.public_id, None)

    def rows(self, snapshot: Snapshot) -> Iterable[Row]:
        return [campaign.row for campaign in list(snapshot.campaigns.values())]
