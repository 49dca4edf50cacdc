"""Impressions, views and opens judged again, and the counts that follow them. No threshold concerns them; lists of robots
and of data centres do. Each is judged for itself. By source they are not counted again, for their rows keep none.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.conf import settings
from django.db import connection

from tracking import enrich
from tracking.models import ImpressionKind, QualityRun, RunStatus, Verdict
from tracking.quality.addresses import Ranges
from tracking.quality.arrival import Arrival
from tracking.quality.queries import select
from tracking.quality.recompute.clicks import EPOCH, OF_ARRIVAL, whole_since

PORTION: Final = 5_000
UNSUBSCRIBED: Final = "unsubscribed"  # of an open: why it should not have been sent

IMPRESSIONS: Final = """
SELECT at, nonce, link_id, partnership_id, plan_version, day, host(ip), user_agent, consent, verdict, reasons, kind,
    country, device, system, browser, channel, creative_id
FROM tracking_impression WHERE campaign_id = %s AND (at, nonce) > (%s, %s) AND at >= %s AND at < %s
ORDER BY at, nonce LIMIT %s"""


@dataclass(slots=True)
class Row:
    at: datetime
    nonce: int
    link_id: int
    partnership_id: int
    plan_version: int
    day: date
    ip: str | None
    user_agent: str | None
    consent: str
    verdict: str
    reasons: list[str]
    kind: str
    country: str
    device: str
    system: str
    browser: str
    channel: str
    creative_id: int | None

    def dimensions(self) -> Iterable[tuple[str, str]]:
        for name in ("channel", "device", "system", "browser", "country"):
            yield name, getattr(self, name)
        yield "creative", str(self.creative_id or "")


@dataclass(slots=True)
class Change:
    row: Row
    verdict: str
    reasons: tuple[str, ...]

    @property
    def sign(self) -> int:
        """1: it counts now; -1: it counts no more."""
        return (self.verdict != Verdict.INVALID) - (self.row.verdict != Verdict.INVALID)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """What is added to impressions, invalid impressions, viewable impressions, opens."""
        if self.row.kind == ImpressionKind.VIEWABLE:
            return 0, 0, self.sign, 0
        return self.sign, -self.sign, 0, self.sign if self.row.kind == ImpressionKind.OPEN else 0


def again(run: QualityRun) -> None:
    """One portion of them; after the last the run stands at the conversions."""
    campaign = run.position["campaigns"][0]
    start = datetime.combine(run.first_day - timedelta(days=1), time(), UTC)
    end = datetime.combine(run.last_day + timedelta(days=2), time(), UTC)
    at = datetime.fromisoformat(run.position["at"]) if run.position["at"] else start
    found = select(IMPRESSIONS, [campaign, at, run.position["nonce"], at, end, PORTION])
    rows = [Row(*row) for row in found]
    changes = _changes(campaign, [row for row in rows if run.first_day <= row.day <= run.last_day])
    _count(run, changes)
    if run.status == RunStatus.APPLYING and changes:
        _write(campaign, changes)
    if rows:
        run.position |= {"at": rows[-1].at.isoformat(), "nonce": rows[-1].nonce}
    if len(rows) < PORTION:
        run.position |= {"stage": "conversions", "at": None, "id": ""}


def _changes(campaign: int, rows: list[Row]) -> list[Change]:
    centres = Ranges(settings.DATACENTRE_PATH)
    centres.refresh()
    arrival, since = Arrival(centres), whole_since()
    return [change for row in rows if (change := _judged(arrival, campaign, row, since))]


def _judged(arrival: Arrival, campaign: int, row: Row, since: datetime) -> Change | None:
    if row.consent != "denied" and (row.ip is None or row.at < since):
        return None  # erased, or shortened: what was found then stands
    verdict, reasons = arrival.judge(
        row.kind,
        row.nonce,
        (row.at - EPOCH) // timedelta(milliseconds=1),
        campaign,
        row.link_id,
        row.ip,
        row.user_agent,
        enrich.agent(row.user_agent or ""),
        [reason for reason in row.reasons if reason not in OF_ARRIVAL and reason != UNSUBSCRIBED],
        UNSUBSCRIBED if UNSUBSCRIBED in row.reasons else "",
        row.consent,
    )
    return None if (verdict, list(reasons)) == (row.verdict, row.reasons) else Change(row, verdict, reasons)


def _count(run: QualityRun, changes: list[Change]) -> None:
    """What would change, or did, by partnership and by day of a plan."""
    told = run.preview if run.status == RunStatus.PREVIEWING else run.done
    for change in changes:
        impressions = change.counts[0]
        if not impressions:
            continue
        row = change.row
        partnership = told.setdefault("partnerships", {}).setdefault(str(row.partnership_id), {})
        name = "impressions_valid" if impressions > 0 else "impressions_invalid"
        partnership[name] = partnership.get(name, 0) + 1
        days, day = told.setdefault("impression_days", {}), f"{row.partnership_id} {row.day} {row.plan_version}"
        days[day] = days.get(day, 0) + impressions


UPDATE: Final = """
UPDATE tracking_impression AS shown SET verdict = new.verdict, reasons = string_to_array(new.reasons, ' ')
FROM unnest(%s::timestamptz[], %s::bigint[], %s::text[], %s::text[]) AS new (at, nonce, verdict, reasons)
WHERE shown.campaign_id = %s AND shown.at = new.at AND shown.nonce = new.nonce AND shown.at BETWEEN %s AND %s"""
LOCK: Final = """
SELECT FROM tracking_dailycount WHERE campaign_id = %s AND (day, link_id, plan_version) IN (
    SELECT * FROM unnest(%s::date[], %s::bigint[], %s::integer[])
) ORDER BY campaign_id, day, link_id, plan_version FOR NO KEY UPDATE"""
COUNTS: Final = """
UPDATE tracking_dailycount AS total SET needs_settling = needs_settling OR more.shown <> 0,
    impressions = total.impressions + more.shown, invalid_impressions = total.invalid_impressions + more.invalid,
    viewable_impressions = total.viewable_impressions + more.viewable, opens = total.opens + more.opens
FROM unnest(%s::date[], %s::bigint[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
    AS more (day, link, plan, shown, invalid, viewable, opens)
WHERE total.campaign_id = %s AND total.day = more.day AND total.link_id = more.link AND total.plan_version = more.plan"""
PARTS: Final = """
INSERT INTO tracking_dailybreakdown AS total
    (campaign_id, day, partnership_id, dimension, value, impressions, clicks, unique_clicks, invalid_clicks, diverted_clicks)
SELECT %s, more.*, 0, 0, 0, 0 FROM unnest(%s::date[], %s::bigint[], %s::text[], %s::text[], %s::bigint[])
    AS more (day, partnership, dimension, value, impressions)
ON CONFLICT (campaign_id, day, partnership_id, dimension, value) DO UPDATE SET
    impressions = total.impressions + excluded.impressions"""
"""What these are counted by has few values, so that none of them is full."""


def _write(campaign: int, changes: list[Change]) -> None:
    """The rows, and the counts by exactly what changed; in the order that ingest takes them in."""
    times = [change.row.at for change in changes]
    days: dict[tuple[date, int, int], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    parts: dict[tuple[date, int, str, str], int] = defaultdict(int)
    for change in changes:
        _sum(change, days, parts)
    keys, names = sorted(days), sorted(parts)
    verdicts = [change.verdict for change in changes]
    reasons = [" ".join(change.reasons) for change in changes]
    with connection.cursor() as cursor:
        if keys:
            columns = [list(column) for column in zip(*keys, strict=True)]
            cursor.execute(LOCK, [campaign, *columns])
            sums = [list(column) for column in zip(*(days[key] for key in keys), strict=True)]
            cursor.execute(COUNTS, [*columns, *sums, campaign])
        if names:
            columns = [list(column) for column in zip(*names, strict=True)]
            cursor.execute(PARTS, [campaign, *columns, [parts[name] for name in names]])
        nonces = [change.row.nonce for change in changes]
        cursor.execute(UPDATE, [times, nonces, verdicts, reasons, campaign, min(times), max(times)])


def _sum(
    change: Change, days: dict[tuple[date, int, int], list[int]], parts: dict[tuple[date, int, str, str], int]
) -> None:
    row, counts = change.row, change.counts
    if any(counts):
        total = days[row.day, row.link_id, row.plan_version]
        total[:] = map(int.__add__, total, counts)
    if row.kind == ImpressionKind.VIEWABLE:
        return
    if counts[0]:
        for dimension, value in row.dimensions():
            if value:
                parts[row.day, row.partnership_id, dimension, value] += counts[0]
    for sign, verdict, reasons in ((-1, row.verdict, row.reasons), (1, change.verdict, change.reasons)):
        for reason in reasons if verdict == Verdict.INVALID else ():
            parts[row.day, row.partnership_id, "reason", reason] += sign
