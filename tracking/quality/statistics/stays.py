"""Rules about what `tag.js` tells of clicks: whether their visitors arrive, and whether they stay."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime
from statistics import fmean, pstdev
from typing import Final

from django.db.models import Sum

from tracking.models import DailyCount, DailyStays
from tracking.quality.statistics.rates import FEW_PUBLISHERS
from tracking.quality.statistics.samples import TIMES_OTHERS, WEEK, Found, Subject, compared

DEVIATIONS: Final = 3


class Told:
    """Of a partnership's week. `clicks` of those days on which its campaign's pages told anything at all."""

    def __init__(self) -> None:
        self.clicks = self.arrived = self.left = self.short = 0

    def __add__(self, other: "Told") -> "Told":
        total = Told()
        for name in ("clicks", "arrived", "left", "short"):
            setattr(total, name, getattr(self, name) + getattr(other, name))
        return total

    @property
    def percent(self) -> float:
        return 100 * self.arrived / self.clicks


def stays(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R11 and R19."""
    campaigns: dict[int, dict[int, Told]] = defaultdict(dict)
    for partnership, told in _told(subjects, (now - WEEK).date()).items():
        campaigns[subjects[partnership].campaign][partnership] = told
    for members in campaigns.values():
        for partnership, own in members.items():
            others = [told for other, told in members.items() if other != partnership]
            yield from _gone(subjects[partnership], own, sum(others, Told()))
            yield from _missing(subjects[partnership], own, others)


def _told(subjects: dict[int, Subject], first: date) -> dict[int, Told]:
    found: dict[int, Told] = defaultdict(Told)
    days: dict[int, set[date]] = defaultdict(set)
    for one in DailyStays.objects.filter(partnership_id__in=subjects, day__gte=first):
        days[subjects[one.partnership_id].campaign].add(one.day)
        told = found[one.partnership_id]
        told.arrived, told.left, told.short = told.arrived + one.arrived, told.left + one.left, told.short + one.short
    counts = DailyCount.objects.filter(partnership_id__in=subjects, day__gte=first)
    for partnership, day, clicks in counts.values_list("partnership_id", "day").annotate(Sum("clicks")):
        if day in days[subjects[partnership].campaign]:
            found[partnership].clicks += clicks
    return found


def _gone(subject: Subject, own: Told, rest: Told) -> Iterator[Found]:
    """R11: most of those who were seen leaving left at once."""
    least = max(subject.values["least_clicks"], 1)
    if own.left < least:
        return
    figures = compared(own.short, own.left, rest.short, rest.left, subject.values["short_stay_percent"], least)
    if figures:
        visits = figures.pop("conversions")
        yield Found("R11", subject.id, {"visits": visits, **figures})


def _missing(subject: Subject, own: Told, others: list[Told]) -> Iterator[Found]:
    """R19: hardly any click arrives, while those of others do; or far fewer than of the campaign's other publishers. A
    publisher without others is compared with the pages' own word: something must have arrived at all."""
    values = subject.values
    least = values["arrival_percent"]
    if not least or own.clicks < max(values["arrival_clicks"], 1):
        return
    sampled = [told.percent for told in others if told.clicks >= max(values["least_clicks"], 1)]
    figures = {"clicks": own.clicks, "arrived": own.arrived, "percent": round(own.percent, 1), "least": least}
    if sampled:
        rest = sum(others, Told())
        figures["others"] = round(rest.percent, 1)
        is_low = own.percent < least and own.percent * TIMES_OTHERS < rest.percent
        is_far = len(sampled) >= FEW_PUBLISHERS and own.percent < fmean(sampled) - DEVIATIONS * pstdev(sampled)
        if is_low or is_far:
            yield Found("R19", subject.id, figures)
    elif own.arrived and own.percent < least:
        yield Found("R19", subject.id, figures)
