"""Partnerships and what is known of their last days; what a rule found about one."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Sum

from publishers.models import Partnership, PublisherProfile
from tracking.models import DailyCount
from tracking.quality import thresholds
from tracking.quality.queries import select
from tracking.quality.thresholds import Values

WEEK: Final = timedelta(days=7)
MONTH: Final = timedelta(days=30)
TIMES_OTHERS: Final = 1.5


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
    """`held`: which conversions of the window show it, as a condition on `conversion` and `attribution`. `is_lasting`: once
    it was cleared, the same is not brought up again."""

    rule: str
    partnership: int
    evidence: dict[str, Any]
    action: str = ""
    held: str = ""
    window: timedelta = WEEK
    is_lasting: bool = False


def gather(now: datetime) -> list[Subject]:
    first = (now - WEEK).date()
    counts = DailyCount.objects.filter(day__gte=first).values_list("partnership_id").annotate(Sum("clicks"))
    clicks = dict(counts)
    samples = select(SAMPLES, [now - WEEK, now])
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


def compared(  # noqa: PLR0917  two shares and their limits
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
