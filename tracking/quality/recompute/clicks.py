"""Clicks judged again, and the counts that follow them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from django.conf import settings
from django.db import connection
from django.utils import timezone

from network.models import NetworkSettings
from tracking import enrich
from tracking.models import QualityRun, RunStatus, Verdict
from tracking.quality import thresholds
from tracking.quality.addresses import Ranges
from tracking.quality.arrival import DAY as DAY_MS
from tracking.quality.arrival import Arrival

PORTION: Final = 5_000
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
OF_ARRIVAL: Final = frozenset(
    "known_robot no_user_agent not_a_browser link_preview mail_scanner data_centre address_burst duplicate_click".split()
)


def whole_since() -> datetime:
    """Addresses of clicks before it are shortened, or will be any moment: they tell neighbours apart no more."""
    days = NetworkSettings.current().ip_days
    return datetime.combine(timezone.now().astimezone(UTC).date() - timedelta(days=days - 1), time(), UTC)


@dataclass(slots=True)
class Judge:
    """The memory of a run that a process has at work, as of `position`; another process makes its own."""

    arrival: Arrival
    position: tuple[int, datetime, int] | None = None
    unique: dict[tuple[int, int], int] = field(default_factory=dict)
    whole_since: datetime = field(default_factory=whole_since)

    def is_unique(self, visitor: int | None, link: int, at_ms: int) -> bool:
        if visitor is None:
            return False
        last = self.unique.get((visitor, link))
        if last is not None and -DAY_MS < at_ms - last < DAY_MS:
            return False
        if len(self.unique) > 1_000_000:
            self.unique = {key: at for key, at in self.unique.items() if at > at_ms - DAY_MS}
        self.unique[visitor, link] = at_ms
        return True


_judges: dict[int, Judge] = {}


CLICKS: Final = """
SELECT at, nonce, link_id, partnership_id, plan_version, day, host(ip), user_agent, consent, verdict, reasons, diverted,
    is_unique, is_test, visitor, country, device, system, browser, source, subs, channel, creative_id, landing_id,
    smart_link_id
FROM tracking_click WHERE campaign_id = %s AND (at, nonce) > (%s, %s) AND at >= %s AND at < %s
ORDER BY at, nonce LIMIT %s"""
"""The first comparison finds the row, the second the partition."""


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
    diverted: str
    is_unique: bool
    is_test: bool
    visitor: int | None
    country: str
    device: str
    system: str
    browser: str
    source: str
    subs: list[str]
    channel: str
    creative_id: int | None
    landing_id: int | None
    smart_link_id: int | None

    def dimensions(self) -> Iterable[tuple[str, str]]:
        yield "channel", self.channel
        yield "device", self.device
        yield "system", self.system
        yield "browser", self.browser
        yield "country", self.country
        yield "source", self.source
        yield "creative", str(self.creative_id or "")
        yield "landing", str(self.landing_id or "")
        yield "smart_link", str(self.smart_link_id or "")
        yield from ((f"sub{number}", sub) for number, sub in enumerate(self.subs[:5], 1))


def again(run: QualityRun) -> None:
    """One portion of them; after the last the run stands at the impressions."""
    campaign = run.position["campaigns"][0]
    start = datetime.combine(run.first_day - timedelta(days=1), time(), UTC)
    end = datetime.combine(run.last_day + timedelta(days=2), time(), UTC)
    before = start - timedelta(days=1)  # who clicked a day before is not unique
    at = datetime.fromisoformat(run.position["at"]) if run.position["at"] else before
    judge = _judge(run, campaign, at, run.position["nonce"], before)
    rows = read(campaign, at, run.position["nonce"], end, PORTION)
    changes = [change for row in rows if (change := _judged(judge, campaign, row)) and _is_in(run, row)]
    _count(run, changes)
    if run.status == RunStatus.APPLYING and changes:
        _write(campaign, changes)
    if rows:
        run.position |= {"at": rows[-1].at.isoformat(), "nonce": rows[-1].nonce}
        judge.position = (campaign, rows[-1].at, rows[-1].nonce)
    if len(rows) < PORTION:
        run.position |= {"stage": "impressions", "at": None, "nonce": -(2**63)}


def _is_in(run: QualityRun, row: Row) -> bool:
    return run.first_day <= row.day <= run.last_day


def read(campaign: int, at: datetime, nonce: int, end: datetime, limit: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(CLICKS, [campaign, at, nonce, at, end, limit])
        return [Row(*row) for row in cursor.fetchall()]


def forget(run: QualityRun) -> None:
    _judges.pop(run.pk, None)


def _judge(run: QualityRun, campaign: int, at: datetime, nonce: int, before: datetime) -> Judge:
    """Ours, if it stands where the run stands; else a new one that has seen the day before."""
    known = _judges.get(run.pk)
    if known and known.position == (campaign, at, nonce):
        return known
    centres = Ranges(settings.DATACENTRE_PATH)
    centres.refresh()
    judge = Judge(Arrival(centres, limits=thresholds.limits(run.thresholds[str(campaign)])), (campaign, at, nonce))
    since = max(before, datetime.combine(at.date(), time(), UTC) - timedelta(days=1))
    last = (since, -(2**63))
    while last < (at, nonce):
        rows = read(campaign, *last, at + timedelta(milliseconds=1), PORTION)
        for row in rows:
            if (row.at, row.nonce) <= (at, nonce):
                _judged(judge, campaign, row)
        if len(rows) < PORTION:
            break
        last = (rows[-1].at, rows[-1].nonce)
    _judges[run.pk] = judge
    return judge


@dataclass(slots=True)
class Change:
    row: Row
    verdict: str
    reasons: tuple[str, ...]
    is_unique: bool

    @property
    def counts(self) -> tuple[int, int, int]:
        """What is added to clicks, unique clicks, invalid clicks."""
        row = self.row
        if row.is_test or row.diverted:
            return 0, 0, 0
        before, after = row.verdict != Verdict.INVALID, self.verdict != Verdict.INVALID
        return after - before, self.is_unique - row.is_unique, before - after


def _judged(judge: Judge, campaign: int, row: Row) -> Change | None:
    if row.consent != "denied" and (row.ip is None or row.at < judge.whole_since):
        return None  # erased, or shortened: what was found then stands
    at_ms = (row.at - EPOCH) // timedelta(milliseconds=1)
    flags = [reason for reason in row.reasons if reason not in OF_ARRIVAL]
    agent = enrich.agent(row.user_agent or "")
    verdict, reasons = judge.arrival.judge(
        "click",
        row.nonce,
        at_ms,
        campaign,
        row.link_id,
        row.ip,
        row.user_agent,
        agent,
        flags,
        row.diverted,
        row.consent,
    )
    counted = verdict != Verdict.INVALID and not row.diverted and not row.is_test
    unique = counted and judge.is_unique(row.visitor, row.link_id, at_ms)
    if (verdict, list(reasons), unique) == (row.verdict, row.reasons, row.is_unique):
        return None
    return Change(row, verdict, reasons, unique)


def _count(run: QualityRun, changes: list[Change]) -> None:
    """What would change, or did, by partnership and by day of a plan, for whoever knows what a click costs."""
    told = run.preview if run.status == RunStatus.PREVIEWING else run.done
    for change in changes:
        clicks = change.counts[0]
        if not clicks:
            continue
        row = change.row
        partnership = told.setdefault("partnerships", {}).setdefault(str(row.partnership_id), {})
        name = "clicks_valid" if clicks > 0 else "clicks_invalid"
        partnership[name] = partnership.get(name, 0) + 1
        day = f"{row.partnership_id} {row.day} {row.plan_version}"
        days = told.setdefault("days", {})
        days[day] = days.get(day, 0) + clicks


UPDATE: Final = """
UPDATE tracking_click AS click SET verdict = new.verdict, reasons = string_to_array(new.reasons, ' '), is_unique = new.is_unique
FROM unnest(%s::timestamptz[], %s::bigint[], %s::text[], %s::text[], %s::boolean[])
    AS new (at, nonce, verdict, reasons, is_unique)
WHERE click.campaign_id = %s AND click.at = new.at AND click.nonce = new.nonce AND click.at BETWEEN %s AND %s"""
COUNTS: Final = """
UPDATE tracking_dailycount AS total SET needs_settling = needs_settling OR more.clicks <> 0,
    clicks = total.clicks + more.clicks, unique_clicks = total.unique_clicks + more.uniques,
    invalid_clicks = total.invalid_clicks + more.invalid
FROM unnest(%s::date[], %s::bigint[], %s::integer[], %s::bigint[], %s::bigint[], %s::bigint[])
    AS more (day, link, plan, clicks, uniques, invalid)
WHERE total.campaign_id = %s AND total.day = more.day AND total.link_id = more.link AND total.plan_version = more.plan"""
LOCK: Final = """
SELECT FROM tracking_dailycount WHERE campaign_id = %s AND (day, link_id, plan_version) IN (
    SELECT * FROM unnest(%s::date[], %s::bigint[], %s::integer[])
) ORDER BY campaign_id, day, link_id, plan_version FOR NO KEY UPDATE"""
PARTS: Final = """
INSERT INTO tracking_dailybreakdown AS total
    (campaign_id, day, partnership_id, dimension, value, impressions, clicks, unique_clicks, invalid_clicks, diverted_clicks)
SELECT %s, more.day, more.partnership, more.dimension, more.place, 0, sum(more.clicks), sum(more.uniques), sum(more.invalid), 0
FROM (
    SELECT given.*, CASE WHEN given.dimension <> 'reason' AND known.value IS NULL AND other.value IS NOT NULL
        THEN '(other)' ELSE given.value END AS place
    FROM unnest(%s::date[], %s::bigint[], %s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS given (day, partnership, dimension, value, clicks, uniques, invalid)
    LEFT JOIN tracking_dailybreakdown AS known ON known.campaign_id = %s AND known.day = given.day
        AND known.partnership_id = given.partnership AND known.dimension = given.dimension AND known.value = given.value
    LEFT JOIN tracking_dailybreakdown AS other ON other.campaign_id = %s AND other.day = given.day
        AND other.partnership_id = given.partnership AND other.dimension = given.dimension AND other.value = '(other)'
) AS more GROUP BY more.day, more.partnership, more.dimension, more.place
ORDER BY more.day, more.partnership, more.dimension, more.place
ON CONFLICT (campaign_id, day, partnership_id, dimension, value) DO UPDATE SET
    clicks = total.clicks + excluded.clicks, unique_clicks = total.unique_clicks + excluded.unique_clicks,
    invalid_clicks = total.invalid_clicks + excluded.invalid_clicks"""


def _write(campaign: int, changes: list[Change]) -> None:
    """The clicks, and the counts by exactly what changed; rows in the order that ingest takes them in."""
    times = [change.row.at for change in changes]
    days: dict[tuple[date, int, int], list[int]] = defaultdict(lambda: [0, 0, 0])
    parts: dict[tuple[date, int, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for change in changes:
        _sum(change, days, parts)
    keys, names = sorted(days), sorted(parts)
    with connection.cursor() as cursor:
        if keys:
            columns = [list(column) for column in zip(*keys, strict=True)]
            cursor.execute(LOCK, [campaign, *columns])
            sums = [list(column) for column in zip(*(days[key] for key in keys), strict=True)]
            cursor.execute(COUNTS, [*columns, *sums, campaign])
        if names:
            columns = [list(column) for column in zip(*names, strict=True)]
            sums = [list(column) for column in zip(*(parts[name] for name in names), strict=True)]
            cursor.execute(PARTS, [campaign, *columns, *sums, campaign, campaign])
        cursor.execute(
            UPDATE,
            [
                times,
                [change.row.nonce for change in changes],
                [change.verdict for change in changes],
                [" ".join(change.reasons) for change in changes],
                [change.is_unique for change in changes],
                campaign,
                min(times),
                max(times),
            ],
        )


def _sum(
    change: Change,
    days: dict[tuple[date, int, int], list[int]],
    parts: dict[tuple[date, int, str, str], list[int]],
) -> None:
    row, counts = change.row, change.counts
    if any(counts):
        _add(days[row.day, row.link_id, row.plan_version], counts)
        for dimension, value in row.dimensions():
            if value:
                _add(parts[row.day, row.partnership_id, dimension, value], counts)
    if row.is_test or row.diverted:
        return
    for sign, verdict, reasons in ((-1, row.verdict, row.reasons), (1, change.verdict, change.reasons)):
        for reason in reasons if verdict == Verdict.INVALID else ():
            _add(parts[row.day, row.partnership_id, "reason", reason], (0, 0, sign))


def _add(sums: list[int], counts: Iterable[int]) -> None:
    sums[:] = map(int.__add__, sums, counts)
