"""Rules about rates of a week: when conversions come after the click, and how many of the clicks convert."""

from collections.abc import Iterator
from statistics import fmean, pstdev
from typing import Final

from advertisers.models import GoalKind
from publishers.models import PublisherKind
from tracking.quality.rules import HOLD, WATCH
from tracking.quality.statistics.samples import Found, Sample, Subject, compared

CONTENT: Final = frozenset({PublisherKind.BLOG, PublisherKind.REVIEW})
FEW_PUBLISHERS: Final = 5
_AGE: Final = "conversion.occurred_at - attribution.clicked_at"


def timing(subject: Subject, others: list[Subject]) -> Iterator[Found]:
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
        shares = compared(late, own.number, rest_late, rest.number, values[name], least)
        if shares:
            held = f"{_AGE} > interval '{hours} hours' AND goal.kind = '{GoalKind(kind).value}'"
            yield Found("R12", subject.id, {"goal": kind, "hours": hours, **shares}, held=held)
        shares = compared(own.in_a_minute, own.number, rest.in_a_minute, rest.number, values["soon_percent"], least)
        if shares:
            held = f"{_AGE} < interval '1 minute' AND goal.kind = '{GoalKind(kind).value}'"
            yield Found("R13", subject.id, {"goal": kind, **shares}, held=held)


def rate(subject: Subject, others: list[Subject]) -> Iterator[Found]:
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
