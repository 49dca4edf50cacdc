"""The past judged again with the thresholds of now: first counted, then, when somebody says so, applied.

A run goes through its campaigns one after the other, clicks before conversions, in portions of one database transaction
each: what a portion changes, the counts that follow, and how far it came are committed together. Payouts follows the
counts and verdicts by itself.

Not judged again: what people decided, what attribution refused, and what is no longer known (addresses that were
shortened or erased, reports that were dropped).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import NetworkSettings
from tracking import enrich
from tracking.models import CaseStatus, Conversion, Postback, QualityRun, QualitySignal, RunStatus, Verdict
from tracking.quality import thresholds
from tracking.quality.addresses import DataCentres
from tracking.quality.arrival import DAY as DAY_MS
from tracking.quality.arrival import Arrival
from tracking.quality.conversion import JUDGED, judge_many, record
from tracking.quality.facts import Subject, gather
from tracking.quality.rules import CODES, HOLD, RULES

PORTION: Final = 5_000
CONVERSIONS: Final = 500
LONGEST: Final = 92  # days
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
OF_ARRIVAL: Final = frozenset(
    "known_robot no_user_agent not_a_browser link_preview mail_scanner data_centre address_burst duplicate_click".split()
)
OF_ADDRESSES: Final = frozenset({"data_centre", "address_burst", "duplicate_click"})
HARMLESS: Final = frozenset({"duplicate_click"})
REFUSED: Final = frozenset({"attributed", "invalid_click"})


class BadPeriod(DomainError):
    code = "bad_period"
    message = _("Choose a period of at most 92 days that has begun.")


class NotReady(DomainError):
    code = "run_not_ready"
    message = _("This is not waiting to be applied any more.")
    status = 409


@dataclass(frozen=True, slots=True)
class Move:
    """A conversion whose verdict changes."""

    conversion: Conversion
    before: tuple[str, str]
    after: tuple[str, str]


type Moves = Callable[[QualityRun, list[Move]], None]


@transaction.atomic
def start(
    campaign: Campaign | None, *, first: date, last: date, proposed: Mapping[str, int] | None = None, by: Actor
) -> QualityRun:
    """Begin to count what would change. None: all campaigns. `proposed`: thresholds that somebody thinks about; they come
    into force when the run is applied. Raises BadPeriod, UnknownThreshold."""
    if not first <= last <= timezone.now().date() + timedelta(days=1) or (last - first).days >= LONGEST:
        raise BadPeriod(field="last")
    campaigns = [campaign.pk] if campaign else list(Campaign.objects.order_by("pk").values_list("pk", flat=True))
    values = thresholds.of(campaigns)
    if proposed is not None:
        thresholds.check(proposed)
        values = thresholds.as_if(campaign, campaigns, proposed)
    run = QualityRun.objects.create(
        campaign=campaign,
        first_day=first,
        last_day=last,
        thresholds={str(key): dict(figures) for key, figures in values.items()},
        preview={"proposed": dict(proposed)} if proposed is not None else {},
        position=_beginning(campaigns),
        created_by=by.user,
    )
    audit.record(by, "quality_run.started", run, subject=campaign.advertiser if campaign else None)
    return run


@transaction.atomic
def apply(run: QualityRun, *, by: Actor) -> QualityRun:
    """What was counted is done. Raises NotReady."""
    run = QualityRun.objects.select_for_update(no_key=True, of=("self",)).get(pk=run.pk)
    if run.status != RunStatus.READY:
        raise NotReady
    if (proposed := run.preview.get("proposed")) is not None:
        thresholds.change(run.campaign, proposed, by=by)
    run.status, run.applied_at = RunStatus.APPLYING, timezone.now()
    run.position = _beginning([int(key) for key in run.thresholds])
    run.save()
    audit.record(by, "quality_run.applied", run, subject=run.campaign.advertiser if run.campaign else None)
    return run


@transaction.atomic
def discard(run: QualityRun, *, by: Actor) -> QualityRun:
    run = QualityRun.objects.select_for_update(no_key=True, of=("self",)).get(pk=run.pk)
    if run.status not in {RunStatus.READY, RunStatus.PREVIEWING}:
        raise NotReady
    run.status, run.finished_at = RunStatus.DISCARDED, timezone.now()
    run.save()
    audit.record(by, "quality_run.discarded", run, subject=run.campaign.advertiser if run.campaign else None)
    return run


def _beginning(campaigns: list[int]) -> dict[str, Any]:
    return {"campaigns": campaigns, "stage": "clicks", "at": None, "nonce": 0, "id": ""}


# One portion


def _whole_since() -> datetime:
    """Addresses of clicks before it are shortened, or will be any moment: they tell neighbours apart no more."""
    days = NetworkSettings.current().ip_days
    return datetime.combine(timezone.now().astimezone(UTC).date() - timedelta(days=days - 1), time(), UTC)


@dataclass(slots=True)
class Judge:
    """The memory of a run that a process has at work, as of `position`; another process makes its own."""

    arrival: Arrival
    position: tuple[int, datetime, int] | None = None
    unique: dict[tuple[int, int], int] = field(default_factory=dict)
    whole_since: datetime = field(default_factory=_whole_since)

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


@transaction.atomic
def portion(run_id: int, moves: Moves) -> bool:
    """One step of a run that is being counted or applied; False where there is nothing to do for us. `moves` gets the
    conversions that change, to put their money into the preview."""
    found = QualityRun.objects.select_for_update(skip_locked=True, no_key=True, of=("self",))
    run = found.filter(pk=run_id, status__in=[RunStatus.PREVIEWING, RunStatus.APPLYING]).first()
    if run is None:
        return False
    if not run.position["campaigns"]:
        run.status = RunStatus.READY if run.status == RunStatus.PREVIEWING else RunStatus.DONE
        run.finished_at = timezone.now()
        _judges.pop(run.pk, None)
    elif run.position["stage"] == "clicks":
        _clicks(run)
    else:
        _conversions(run, moves)
    run.save()
    return True


def _next_campaign(run: QualityRun) -> None:
    _judges.pop(run.pk, None)
    run.position = _beginning(run.position["campaigns"][1:])


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


def _clicks(run: QualityRun) -> None:
    campaign = run.position["campaigns"][0]
    start = datetime.combine(run.first_day - timedelta(days=1), time(), UTC)
    end = datetime.combine(run.last_day + timedelta(days=2), time(), UTC)
    before = start - timedelta(days=1)  # who clicked a day before is not unique
    at = datetime.fromisoformat(run.position["at"]) if run.position["at"] else before
    judge = _judge(run, campaign, at, run.position["nonce"], before)
    rows = _read(campaign, at, run.position["nonce"], end, PORTION)
    changes = [change for row in rows if (change := _judged(judge, campaign, row)) and _is_in(run, row)]
    _count(run, changes)
    if run.status == RunStatus.APPLYING and changes:
        _write(campaign, changes)
    if rows:
        run.position |= {"at": rows[-1].at.isoformat(), "nonce": rows[-1].nonce}
        judge.position = (campaign, rows[-1].at, rows[-1].nonce)
    if len(rows) < PORTION:
        run.position |= {"stage": "conversions", "at": None, "id": ""}


def _is_in(run: QualityRun, row: Row) -> bool:
    return run.first_day <= row.day <= run.last_day


def _read(campaign: int, at: datetime, nonce: int, end: datetime, limit: int) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(CLICKS, [campaign, at, nonce, at, end, limit])
        return [Row(*row) for row in cursor.fetchall()]


def _judge(run: QualityRun, campaign: int, at: datetime, nonce: int, before: datetime) -> Judge:
    """Ours, if it stands where the run stands; else a new one that has seen the day before."""
    known = _judges.get(run.pk)
    if known and known.position == (campaign, at, nonce):
        return known
    centres = DataCentres(settings.DATACENTRE_PATH)
    centres.refresh()
    judge = Judge(Arrival(centres, limits=thresholds.limits(run.thresholds[str(campaign)])), (campaign, at, nonce))
    since = max(before, datetime.combine(at.date(), time(), UTC) - timedelta(days=1))
    last = (since, -(2**63))
    while last < (at, nonce):
        rows = _read(campaign, *last, at + timedelta(milliseconds=1), PORTION)
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


# Conversions


def _conversions(run: QualityRun, moves: Moves) -> None:
    campaign = run.position["campaigns"][0]
    found = Conversion.objects.filter(
        campaign=campaign, day__range=(run.first_day, run.last_day), partnership__isnull=False, is_test=False
    ).select_related("campaign", "goal", "partnership", "attribution")
    if run.status == RunStatus.APPLYING:
        found = found.select_for_update(no_key=True, of=("self",))
    if run.position["at"]:
        at, key = datetime.fromisoformat(run.position["at"]), run.position["id"]
        found = found.filter(occurred_at__gte=at).exclude(occurred_at=at, pk__lte=key)
    conversions = list(found.order_by("occurred_at", "pk")[:CONVERSIONS])
    values = {campaign: run.thresholds[str(campaign)]}
    changed = _moved(conversions, values, write=run.status == RunStatus.APPLYING)
    told = run.preview if run.status == RunStatus.PREVIEWING else run.done
    for move in changed:
        partnership = told.setdefault("partnerships", {}).setdefault(str(move.conversion.partnership_id), {})
        name = f"{move.before[0]}_{move.after[0]}"
        partnership[name] = partnership.get(name, 0) + 1
    if run.status == RunStatus.PREVIEWING:
        moves(run, changed)
    if len(conversions) < CONVERSIONS:
        _next_campaign(run)
    else:
        run.position |= {"at": conversions[-1].occurred_at.isoformat(), "id": str(conversions[-1].pk)}


def _calls(conversions: list[Conversion]) -> QuerySet[Postback]:
    """The reports that made them."""
    times = [each.received_at for each in conversions]
    if not times:
        return Postback.objects.none()
    found = Postback.objects.filter(received_at__range=(min(times), max(times)))
    return found.filter(campaign_id=conversions[0].campaign_id, id__in=[each.pk for each in conversions])


def _moved(conversions: list[Conversion], values: Mapping[int, Mapping[str, int]], *, write: bool) -> list[Move]:
    signals: dict[Any, list[QualitySignal]] = defaultdict(list)
    for signal in QualitySignal.objects.filter(conversion__in=conversions).select_related("case"):
        signals[signal.conversion_id].append(signal)
    calls = {call.id: call for call in _calls(conversions)}
    subjects = [
        _subject(each, calls[each.pk])
        for each in conversions
        if each.pk in calls and _may_change(each, signals[each.pk])
    ]
    before = {one.conversion.pk: (one.conversion.verdict, one.conversion.reason) for one in subjects}
    for one in subjects:
        one.conversion.verdict, one.conversion.reason = Verdict.VALID, ""
    _doubt(subjects)
    findings = judge_many(subjects, values)
    changed = []
    for one, finding in zip(subjects, findings, strict=True):
        conversion = one.conversion
        after = finding.verdict(conversion.verdict, conversion.reason)
        kept = [each for each in signals[conversion.pk] if each.rule not in JUDGED and each.action == HOLD]
        if after[0] == Verdict.VALID and kept:
            after = (Verdict.SUSPECT.value, RULES[kept[0].rule].code)
        conversion.verdict, conversion.reason = after
        if after != before[conversion.pk]:
            changed.append(Move(conversion, before[conversion.pk], after))
    if write and subjects:
        _rewrite([one.conversion for one in subjects], list(findings), changed)
    return changed


def _rewrite(conversions: list[Conversion], findings: list[Any], changed: list[Move]) -> None:
    QualitySignal.objects.filter(conversion__in=conversions, rule__in=JUDGED).delete()
    record(zip(conversions, findings, strict=True))
    for move in changed:
        move.conversion.needs_settling = True
    Conversion.objects.bulk_update([move.conversion for move in changed], ["verdict", "reason", "needs_settling"])


def _may_change(conversion: Conversion, signals: list[QualitySignal]) -> bool:
    attribution = getattr(conversion, "attribution", None)
    if attribution is None or attribution.code not in REFUSED:
        return False
    ours = {"", "invalid_click", *CODES}
    if conversion.reason not in ours:
        return False
    return not any(_is_decided(signal) for signal in signals)


def _is_decided(signal: QualitySignal) -> bool:
    """By somebody: the case it was in, or the conversion by itself (then a hold has no case)."""
    if signal.case is None:
        return signal.action == HOLD
    return signal.case.status != CaseStatus.OPEN


def _subject(conversion: Conversion, call: Postback) -> Subject:
    attribution = conversion.attribution
    return Subject(
        conversion,
        kind=attribution.kind or "click",
        clicked_at=attribution.clicked_at,
        nonce=attribution.click_nonce,
        fields=call.fields,
        ip=call.ip,
    )


def _doubt(subjects: list[Subject]) -> None:
    """As attribution does: a click that is invalid for more than a repetition makes its conversion doubtful."""
    gather(subjects)
    for one in subjects:
        if one.click.verdict == Verdict.INVALID and not HARMLESS.issuperset(one.click.reasons):
            one.conversion.verdict, one.conversion.reason = Verdict.SUSPECT, "invalid_click"


def changes_of(told: Mapping[str, Any]) -> dict[int, dict[str, int]]:
    return {int(key): dict(value) for key, value in told.get("partnerships", {}).items()}
