"""Rules about whole partnerships, every hour, over rollups and conversions. Each needs a minimum sample and, where it is
about a rate, looks at the campaign's other publishers first: what all of them have is the campaign's nature.

What is found opens a case or refreshes it. Rules that hold, hold the conversions that show the pattern.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean, median, pstdev
from typing import Any, Final
from uuid import UUID

import ua_parser
from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils import timezone

from advertisers.models import GoalKind
from publishers.models import Partnership, Property, PublisherKind, PublisherProfile
from tracking.models import ClickPulse, Conversion, DailyCount, QualitySignal, Verdict
from tracking.quality import cases, hosts, thresholds
from tracking.quality.rules import CODES, HOLD, RULES, WATCH
from tracking.quality.thresholds import Values

WEEK: Final = timedelta(days=7)
MONTH: Final = timedelta(days=30)
CONTENT: Final = frozenset({PublisherKind.BLOG, PublisherKind.REVIEW})
TIMES_OTHERS: Final = 1.5
FEW_PUBLISHERS: Final = 5
MOST_HELD: Final = 5_000
OLD: Final = {
    "Windows": 8.1,
    "iOS": 12,
    "Android": 7,
    "Mac OS X": 10.12,
    "Chrome": 79,
    "Chrome Mobile": 79,
    "Firefox": 77,
    "Safari": 12,
    "Mobile Safari": 12,
    "IE": 99,
}
"""The last major version that is outdated, by system and browser."""


@dataclass(slots=True)
class Sample:
    """One partnership's conversions of one kind of goal in the window."""

    number: int = 0
    after_two_hours: int = 0
    after_an_hour: int = 0
    in_a_minute: int = 0

    def __add__(self, other: "Sample") -> "Sample":
        return Sample(
            self.number + other.number,
            self.after_two_hours + other.after_two_hours,
            self.after_an_hour + other.after_an_hour,
            self.in_a_minute + other.in_a_minute,
        )


@dataclass(slots=True)
class Subject:
    """A partnership and what is known of its last days."""

    id: int
    campaign: int
    publisher: int
    kind: str
    values: Values
    clicks: int = 0
    samples: dict[str, Sample] = field(default_factory=lambda: defaultdict(Sample))

    @property
    def conversions(self) -> int:
        return sum(sample.number for sample in self.samples.values())

    @property
    def rate(self) -> float:
        return 100 * self.conversions / self.clicks

    @property
    def is_sampled(self) -> bool:
        return self.clicks >= self.values["least_clicks"] and self.conversions >= self.values["least_conversions"]


@dataclass(frozen=True, slots=True)
class Found:
    """`held`: which conversions of the window show it, as a condition on `conversion` and `attribution`."""

    rule: str
    partnership: int
    evidence: dict[str, Any]
    action: str = ""
    held: str = ""
    window: timedelta = WEEK


def run(now: datetime | None = None) -> int:
    """All rules once; the number of cases opened or refreshed."""
    now = now or timezone.now()
    subjects = gather(now)
    pulse(now)
    number = 0
    for found in find(subjects, now):
        with transaction.atomic():
            number += _bring(found, now)
    adopt_doubtful_clicks(now)
    return number


def gather(now: datetime) -> list[Subject]:
    first = (now - WEEK).date()
    counts = DailyCount.objects.filter(day__gte=first).values_list("partnership_id").annotate(Sum("clicks"))
    clicks = dict(counts)
    samples = _rows(SAMPLES, [now - WEEK, now])
    wanted = clicks.keys() | {partnership for partnership, *_ in samples}
    partnerships = Partnership.objects.filter(pk__in=wanted).values_list("pk", "campaign_id", "publisher_id")
    rows = list(partnerships)
    kinds = dict(
        PublisherProfile.objects.filter(organization__in={publisher for _, _, publisher in rows}).values_list(
            "organization_id", "kind"
        )
    )
    values = thresholds.of({campaign for _, campaign, _ in rows})
    subjects = {
        pk: Subject(pk, campaign, publisher, kinds.get(publisher, ""), values[campaign], clicks.get(pk, 0))
        for pk, campaign, publisher in rows
    }
    for partnership, kind, *numbers in samples:
        if subject := subjects.get(partnership):
            subject.samples[kind] = Sample(*numbers)
    return list(subjects.values())


def find(subjects: Collection[Subject], now: datetime) -> Iterator[Found]:
    campaigns: dict[int, list[Subject]] = defaultdict(list)
    for subject in subjects:
        campaigns[subject.campaign].append(subject)
    for members in campaigns.values():
        for subject in members:
            others = [other for other in members if other.id != subject.id]
            yield from _timing(subject, others)
            yield from _rate(subject, others)
    by_id = {subject.id: subject for subject in subjects}
    yield from _bursts(by_id, now)
    yield from _old_software(by_id, now)
    yield from _sub_ids(by_id, now)
    yield from _referrers(by_id, now)
    yield from _refunds(by_id, now)
    yield from _customers(by_id, now)
    yield from _woken_up(by_id, now)
    yield from _unconfirmed(by_id, now)


SAMPLES: Final = """
SELECT conversion.partnership_id, goal.kind, count(*),
    count(*) FILTER (WHERE conversion.occurred_at - attribution.clicked_at > interval '2 hours'),
    count(*) FILTER (WHERE conversion.occurred_at - attribution.clicked_at > interval '1 hour'),
    count(*) FILTER (WHERE conversion.occurred_at - attribution.clicked_at < interval '1 minute')
FROM advertisers_campaign AS campaign
JOIN tracking_conversion AS conversion ON conversion.campaign_id = campaign.id
    AND conversion.occurred_at >= %s AND conversion.occurred_at <= %s
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND conversion.partnership_id IS NOT NULL
JOIN advertisers_goal AS goal ON goal.id = conversion.goal_id
JOIN tracking_attribution AS attribution ON attribution.conversion_id = conversion.id
    AND attribution.click_nonce IS NOT NULL AND attribution.kind IN ('click', '')
GROUP BY conversion.partnership_id, goal.kind"""

_AGE: Final = "conversion.occurred_at - attribution.clicked_at"


def _timing(subject: Subject, others: list[Subject]) -> Iterator[Found]:
    """R12 and R13: too many long after, or within a minute of, the click."""
    values, least = subject.values, subject.values["least_conversions"]
    for kind, own in subject.samples.items():
        if own.number < least:
            continue
        rest = sum((other.samples[kind] for other in others if kind in other.samples), Sample())
        of_install = kind == GoalKind.INSTALL
        name, hours = ("late_install_percent", 1) if of_install else ("late_percent", 2)
        late = own.after_an_hour if of_install else own.after_two_hours
        rest_late = rest.after_an_hour if of_install else rest.after_two_hours
        shares = _compared(late, own.number, rest_late, rest.number, values[name], least)
        if shares:
            held = f"{_AGE} > interval '{hours} hours' AND goal.kind = '{GoalKind(kind).value}'"
            yield Found("R12", subject.id, {"goal": kind, "hours": hours, **shares}, held=held)
        shares = _compared(own.in_a_minute, own.number, rest.in_a_minute, rest.number, values["soon_percent"], least)
        if shares:
            held = f"{_AGE} < interval '1 minute' AND goal.kind = '{GoalKind(kind).value}'"
            yield Found("R13", subject.id, {"goal": kind, **shares}, held=held)


def _compared(  # noqa: PLR0917  two shares and their limits
    part: int, whole: int, other: int, others: int, most: int, least: int
) -> dict[str, Any]:
    """Figures, where the share is above `most` per cent and well above that of the campaign's other publishers."""
    percent = 100 * part / whole
    if not most or percent <= most:
        return {}
    figures = {"conversions": whole, "percent": round(percent, 1), "most": most}
    if others < least:
        return figures
    usual = 100 * other / others
    return {**figures, "others": round(usual, 1)} if percent > TIMES_OTHERS * usual else {}


def _rate(subject: Subject, others: list[Subject]) -> Iterator[Found]:
    """R17 and R18: conversions by clicks, of a week."""
    values = subject.values
    figures = {"clicks": subject.clicks, "conversions": subject.conversions}
    sampled = [other.rate for other in others if other.is_sampled]
    if subject.is_sampled:
        rate = round(subject.rate, 2)
        above = fmean(sampled) + 2 * pstdev(sampled) if len(sampled) >= FEW_PUBLISHERS else None
        if values["rate_percent"] and rate > values["rate_percent"]:
            yield Found("R17", subject.id, {**figures, "percent": rate, "most": values["rate_percent"]}, HOLD, "true")
        elif subject.kind in CONTENT and values["content_rate_percent"] and rate > values["content_rate_percent"]:
            evidence = {**figures, "percent": rate, "most": values["content_rate_percent"]}
            yield Found("R17", subject.id, evidence, WATCH)
        elif values["rate_percent"] and above is not None and rate > above:
            yield Found("R17", subject.id, {**figures, "percent": rate, "usual": round(above, 2)}, WATCH)
    low = values["low_rate_per_10000"]
    if not low or subject.clicks < max(values["low_rate_clicks"], 1):
        return
    clicks, conversions = sum(other.clicks for other in others), sum(other.conversions for other in others)
    enough = clicks >= values["least_clicks"] and conversions >= values["least_conversions"]
    usual = 10_000 * conversions / clicks if enough else 0
    rate = 10_000 * subject.conversions / subject.clicks
    if rate < low <= usual:
        evidence = {**figures, "per_10000": round(rate, 2), "least": low, "others": round(usual, 2)}
        yield Found("R18", subject.id, evidence)


def pulse(now: datetime) -> None:
    """Note by how much each partnership's clicks grew since the last look."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    totals: dict[int, dict[str, int]] = defaultdict(dict)
    counts = DailyCount.objects.filter(day__gte=(now - timedelta(days=2)).date())
    sums = counts.values_list("partnership_id", "day").annotate(all=Sum(F("clicks") + F("invalid_clicks")))
    for partnership, day, clicks in sums:
        totals[partnership][str(day)] = clicks
    last: dict[int, dict[str, int]] = {}
    earlier = ClickPulse.objects.filter(hour__lt=hour, hour__gte=hour - timedelta(days=2), partnership_id__in=totals)
    for one in earlier.order_by("hour"):
        last[one.partnership_id] = one.totals
    ClickPulse.objects.bulk_create(
        [
            ClickPulse(
                partnership_id=partnership,
                hour=hour,
                clicks=max(0, sum(n - last.get(partnership, {}).get(day, 0) for day, n in days.items())),
                totals=days,
            )
            for partnership, days in totals.items()
        ],
        update_conflicts=True,
        unique_fields=["partnership_id", "hour"],
        update_fields=["clicks", "totals"],
    )
    ClickPulse.objects.filter(hour__lt=hour - timedelta(days=9)).delete()


def _bursts(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R8: an hour against the median of the publisher's own week; with a day of hours known at least."""
    hour = now.replace(minute=0, second=0, microsecond=0)
    hours: dict[int, list[int]] = defaultdict(list)
    current: dict[int, int] = {}
    for one in ClickPulse.objects.filter(hour__gte=hour - WEEK, partnership_id__in=subjects).order_by("hour"):
        if one.hour == hour:
            current[one.partnership_id] = one.clicks
        else:
            hours[one.partnership_id].append(one.clicks)
    for partnership, clicks in current.items():
        values, known = subjects[partnership].values, hours[partnership]
        if len(known) < 24 or not values["burst_times"]:
            continue
        usual = median(known)
        if clicks > values["burst_clicks"] and clicks > values["burst_times"] * usual:
            evidence = {
                "clicks": clicks,
                "usual": usual,
                "times": values["burst_times"],
                "most": values["burst_clicks"],
            }
            yield Found("R8", partnership, evidence, window=timedelta(hours=1))


AGENTS: Final = """
SELECT conversion.partnership_id, goal.kind, click.user_agent, count(*)
FROM advertisers_campaign AS campaign
JOIN tracking_conversion AS conversion ON conversion.campaign_id = campaign.id
    AND conversion.occurred_at >= %s AND conversion.occurred_at <= %s
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND conversion.partnership_id IS NOT NULL
JOIN advertisers_goal AS goal ON goal.id = conversion.goal_id
JOIN tracking_attribution AS attribution ON attribution.conversion_id = conversion.id
CROSS JOIN LATERAL (
    SELECT user_agent FROM tracking_click
    WHERE campaign_id = conversion.campaign_id AND at = attribution.clicked_at AND nonce = attribution.click_nonce
        AND user_agent <> '' OFFSET 0
) AS click
GROUP BY 1, 2, 3"""


def _old_software(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R22: by the clicks of the conversions of a week."""
    seen: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])  # old, all, installs
    for partnership, kind, agent, number in _rows(AGENTS, [now - WEEK, now]):
        counts = seen[partnership]
        counts[0] += number * is_old(agent)
        counts[1] += number
        counts[2] += number * (kind == GoalKind.INSTALL)
    for partnership, (old, number, installs) in seen.items():
        subject = subjects.get(partnership)
        if subject is None or number < subject.values["least_conversions"]:
            continue
        most = subject.values["old_install_percent" if 2 * installs > number else "old_percent"]
        percent = 100 * old / number
        if most and percent > most:
            yield Found("R22", partnership, {"conversions": number, "percent": round(percent, 1), "most": most})


def is_old(user_agent: str) -> bool:
    parsed = ua_parser.parse(user_agent)
    for part in (parsed.os, parsed.user_agent):
        last = OLD.get(part.family) if part else None
        if part is None or not part.major or last is None:
            continue
        version = f"{part.major}.{part.minor or 0}" if "." in str(last) else part.major
        try:
            if _number(version) <= _number(str(last)):
                return True
        except ValueError:
            continue
    return False


def _number(version: str) -> tuple[int, ...]:
    if version in {"XP", "Vista", "NT", "95", "98", "2000", "ME"}:
        return (0,)
    return tuple(int(part) for part in version.split("."))


def _sub_ids(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R23: different values of one label in a week."""
    rows = _rows(
        "SELECT partnership_id, dimension, count(DISTINCT value) FROM tracking_dailybreakdown"
        " WHERE partnership_id = ANY(%s) AND dimension = ANY(%s) AND day >= %s GROUP BY 1, 2 ORDER BY 3 DESC",
        [list(subjects), [f"sub{n}" for n in range(1, 6)], (now - WEEK).date()],
    )
    told: set[int] = set()
    for partnership, dimension, number in rows:
        most = subjects[partnership].values["sub_ids"]
        if most and number > most and partnership not in told:
            told.add(partnership)
            yield Found("R23", partnership, {"label": dimension, "values": number, "most": most})


REFERRERS: Final = """
SELECT click.partnership_id, click.referrer, count(*)
FROM unnest(%s::bigint[]) AS asked (campaign)
CROSS JOIN LATERAL (
    SELECT partnership_id, referrer, consent FROM tracking_click
    WHERE campaign_id = asked.campaign AND at >= %s AND at <= %s AND verdict = 'valid' AND diverted = ''
    ORDER BY at DESC LIMIT 5000
) AS click WHERE click.consent <> 'denied'
GROUP BY 1, 2"""


def _referrers(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R29: the last 5,000 clicks of each campaign within a month."""
    campaigns = sorted({subject.campaign for subject in subjects.values()})
    declared: dict[int, list[str]] = defaultdict(list)
    publishers = {subject.publisher for subject in subjects.values()}
    for publisher, url in Property.objects.filter(publisher__in=publishers, removed_at=None).values_list(
        "publisher", "url"
    ):
        declared[publisher].append(hosts.host(url))
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])  # all, without referrer, undeclared
    for partnership, referrer, number in _rows(REFERRERS, [campaigns, now - MONTH, now]):
        subject = subjects.get(partnership)
        if subject is None:
            continue
        host, of = hosts.host(referrer), counts[partnership]
        of[0] += number
        if not host:
            of[1] += number
        elif not any(hosts.is_within(host, own) for own in declared[subject.publisher]):
            of[2] += number
    for partnership, (clicks, without, undeclared) in counts.items():
        subject = subjects[partnership]
        values = subject.values
        if clicks < values["least_clicks"]:
            continue
        stranger = 100 * undeclared / (clicks - without) if clicks > without else 0.0
        empty = 100 * without / clicks
        figures = {"clicks": clicks, "undeclared": round(stranger, 1), "without": round(empty, 1)}
        if values["undeclared_percent"] and declared[subject.publisher] and stranger > values["undeclared_percent"]:
            yield Found("R29", partnership, {**figures, "most": values["undeclared_percent"]}, window=timedelta(days=1))
        elif subject.kind in CONTENT and values["no_referrer_percent"] and empty > values["no_referrer_percent"]:
            yield Found(
                "R29", partnership, {**figures, "most": values["no_referrer_percent"]}, window=timedelta(days=1)
            )


OUTCOMES: Final = """
SELECT conversion.partnership_id, conversion.campaign_id, count(*),
    count(*) FILTER (WHERE refund.refunded OR conversion.reported_status = 'declined'),
    count(*) FILTER (WHERE refund.charged_back OR conversion.reported_reason ILIKE '%%charge%%back%%')
FROM advertisers_campaign AS campaign
JOIN tracking_conversion AS conversion ON conversion.campaign_id = campaign.id
    AND conversion.occurred_at >= %s AND conversion.occurred_at <= %s
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND conversion.partnership_id IS NOT NULL
    AND conversion.amount IS NOT NULL
CROSS JOIN LATERAL (
    SELECT count(*) > 0 AS refunded, count(*) FILTER (WHERE reason ILIKE '%%charge%%back%%') > 0 AS charged_back
    FROM tracking_refund WHERE conversion_id = conversion.id
) AS refund
GROUP BY 1, 2"""


def _refunds(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R32: of the sales of 30 days. The commissions of those that were not refunded are held."""
    rows = _rows(OUTCOMES, [now - MONTH, now])
    for partnership, campaign, number, refunded, charged_back in rows:
        subject = subjects.get(partnership)
        if subject is None or number < subject.values["least_conversions"]:
            continue
        values = subject.values
        rest = [row for row in rows if row[1] == campaign and row[0] != partnership]
        others = sum(row[2] for row in rest)
        usual = 100 * sum(row[3] for row in rest) / others if others >= values["least_conversions"] else None
        percent, charged = 100 * refunded / number, 100 * charged_back / number
        figures = {"sales": number, "percent": round(percent, 1), "chargebacks": round(charged, 1)}
        if usual is not None:
            figures["others"] = round(usual, 1)
        above = values["refund_percent"] and percent > values["refund_percent"]
        twice = (
            usual is not None and values["refund_times"] and refunded > 1 and percent > values["refund_times"] * usual
        )
        if above or twice or (values["chargeback_percent"] and charged > values["chargeback_percent"]):
            limits = {"most": values["refund_percent"], "most_chargebacks": values["chargeback_percent"]}
            yield Found("R32", partnership, figures | limits, held="true", window=MONTH)


CUSTOMERS: Final = """
SELECT conversion.partnership_id, conversion.campaign_id, count(*), count(*) FILTER (WHERE customer = 'returning')
FROM advertisers_campaign AS campaign
JOIN tracking_conversion AS conversion ON conversion.campaign_id = campaign.id
    AND conversion.occurred_at >= %s AND conversion.occurred_at <= %s AND conversion.customer <> ''
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND conversion.partnership_id IS NOT NULL
GROUP BY 1, 2"""


def _customers(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R33: of those whose kind the advertiser told, in 30 days."""
    rows = _rows(CUSTOMERS, [now - MONTH, now])
    for partnership, campaign, number, returning in rows:
        subject = subjects.get(partnership)
        if subject is None or number < subject.values["least_conversions"]:
            continue
        values, percent = subject.values, 100 * returning / number
        rest = [row for row in rows if row[1] == campaign and row[0] != partnership]
        others = sum(row[2] for row in rest)
        if others < values["least_conversions"] or not values["existing_percent"]:
            continue
        usual = 100 * sum(row[3] for row in rest) / others
        if percent > values["existing_percent"] and usual < values["existing_mean_percent"]:
            figures = {"conversions": number, "percent": round(percent, 1), "others": round(usual, 1)}
            yield Found("R33", partnership, {**figures, "most": values["existing_percent"]}, window=MONTH)


def _woken_up(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R35: yesterday or today, after so many days without a click."""
    first = (now - timedelta(days=1)).date()
    days = DailyCount.objects.filter(partnership_id__in=subjects, day__gte=(now - timedelta(days=180)).date())
    clicks: dict[int, dict[Any, int]] = defaultdict(dict)
    for partnership, day, number in days.values_list("partnership_id", "day").annotate(Sum("clicks")):
        if number:
            clicks[partnership][day] = number
    for partnership, by_day in clicks.items():
        values = subjects[partnership].values
        recent = [(number, day) for day, number in by_day.items() if day >= first]
        before = [(day, number) for day, number in by_day.items() if day < first]
        if not recent or not before or not values["idle_days"]:
            continue
        most, day = max(recent)
        idle = (min(day for _, day in recent) - max(day for day, _ in before)).days - 1
        usual = fmean(number for _, number in before)
        if idle >= values["idle_days"] and most >= values["least_clicks"] and most > values["spike_times"] * usual:
            evidence = {"clicks": most, "usual": round(usual, 1), "idle_days": idle, "times": values["spike_times"]}
            yield Found("R35", partnership, {**evidence, "day": str(day)}, window=timedelta(days=2))


UNCONFIRMED: Final = """
SELECT conversion.partnership_id, conversion.campaign_id, count(*) FILTER (WHERE NOT is_trusted), count(*)
FROM advertisers_campaign AS campaign
JOIN tracking_conversion AS conversion ON conversion.campaign_id = campaign.id
    AND conversion.occurred_at >= %s AND conversion.occurred_at <= %s AND conversion.channel IN ('tag', 'pixel')
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND conversion.partnership_id IS NOT NULL
GROUP BY 1, 2"""
_DAY_OLD: Final = "NOT conversion.is_trusted AND conversion.received_at <= now() - interval '1 day'"


def _unconfirmed(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R40: of a browser's reports older than a day, where the campaign's server confirms them as a rule."""
    rows = _rows(UNCONFIRMED, [now - WEEK, now - timedelta(days=1)])
    for partnership, campaign, unconfirmed, number in rows:
        subject = subjects.get(partnership)
        if subject is None:
            continue
        confirmed = sum(row[3] - row[2] for row in rows if row[1] == campaign)
        values, percent = subject.values, 100 * unconfirmed / number
        if confirmed < values["least_conversions"] or number < values["least_conversions"]:
            continue
        if values["unconfirmed_percent"] and percent > values["unconfirmed_percent"]:
            evidence = {"reports": number, "percent": round(percent, 1), "most": values["unconfirmed_percent"]}
            held = f"conversion.channel IN ('tag', 'pixel') AND {_DAY_OLD}"
            yield Found("R40", partnership, evidence, held=held)


# What is found


def _bring(found: Found, now: datetime) -> bool:
    case = cases.refresh(
        found.partnership, found.rule, window=(now - found.window, now), evidence=found.evidence, action=found.action
    )
    if case is None:
        return False
    if found.held and case.action == HOLD:
        shown = [row[0] for row in _rows(SHOWN.format(held=found.held), [found.partnership, now - found.window, now])]
        hold(case.pk, found.rule, shown, found.evidence)
    return True


SHOWN: Final = f"""
SELECT conversion.id FROM tracking_conversion AS conversion
JOIN advertisers_goal AS goal ON goal.id = conversion.goal_id
JOIN tracking_attribution AS attribution ON attribution.conversion_id = conversion.id
WHERE conversion.partnership_id = %s AND conversion.occurred_at >= %s AND conversion.occurred_at <= %s
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND {{held}}
    AND NOT EXISTS (SELECT FROM tracking_refund WHERE conversion_id = conversion.id)
ORDER BY conversion.occurred_at DESC LIMIT {MOST_HELD}"""  # noqa: S608


def hold(case: int, rule: str, conversions: Collection[UUID], inputs: dict[str, Any]) -> int:
    """Those that this rule has said nothing of before: what somebody cleared stays cleared."""
    known = QualitySignal.objects.filter(conversion__in=conversions, rule=rule).values_list("conversion_id", flat=True)
    fresh = set(conversions) - set(known)
    version = RULES[rule].version
    QualitySignal.objects.bulk_create(
        [
            QualitySignal(conversion_id=each, case_id=case, rule=rule, version=version, action=HOLD, inputs=inputs)
            for each in sorted(fresh)
        ],
        ignore_conflicts=True,
    )
    held = Conversion.objects.filter(pk__in=fresh, verdict=Verdict.VALID)
    return held.update(verdict=Verdict.SUSPECT, reason=RULES[rule].code, needs_settling=True)


def adopt_doubtful_clicks(now: datetime) -> int:
    """Conversions whose click's row came late, and turned out invalid, get their case."""
    found = Conversion.objects.filter(
        verdict=Verdict.SUSPECT, reason="invalid_click", signals=None, received_at__gte=now - MONTH
    ).select_related("attribution")
    number = 0
    for conversion in found[:MOST_HELD]:
        attribution, partnership = getattr(conversion, "attribution", None), conversion.partnership_id
        if attribution is None or partnership is None:
            continue
        rows = _rows(
            "SELECT reasons FROM tracking_click WHERE campaign_id = %s AND at = %s AND nonce = %s",
            [conversion.campaign_id, attribution.clicked_at, attribution.click_nonce],
        )
        reasons = rows[0][0] if rows else []
        rule = CODES[next((reason for reason in reasons if reason in CODES), "known_robot")].number
        with transaction.atomic():
            opened = cases.open_cases({(partnership, rule): conversion.occurred_at})
            hold(opened[partnership, rule], rule, [conversion.pk], {"click": reasons})
        number += 1
    return number


def _rows(statement: str, values: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
