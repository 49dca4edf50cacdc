"""Rules about clicks as such: bursts, sub ids, referrers, spikes after silence."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from statistics import fmean, median
from typing import Any, Final

from django.db.models import F, Sum

from publishers.models import Property
from tracking.models import ClickPulse, DailyCount
from tracking.quality import hosts
from tracking.quality.queries import select
from tracking.quality.statistics.rates import CONTENT
from tracking.quality.statistics.samples import MONTH, WEEK, Found, Subject


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


def bursts(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
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


def sub_ids(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R23: different values of one label in a week."""
    rows = select(
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


def referrers(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R29: the last 5,000 clicks of each campaign within a month."""
    campaigns = sorted({subject.campaign for subject in subjects.values()})
    declared: dict[int, list[str]] = defaultdict(list)
    publishers = {subject.publisher for subject in subjects.values()}
    for publisher, url in Property.objects.filter(publisher__in=publishers, removed_at=None).values_list(
        "publisher", "url"
    ):
        declared[publisher].append(hosts.host(url))
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])  # all, without referrer, undeclared
    for partnership, referrer, number in select(REFERRERS, [campaigns, now - MONTH, now]):
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


def woken_up(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
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
