"""How well each route of a smart link earns: what its choice of campaigns goes by. The rule is in docs/channels.md.

A score is the route's weight ÷ 100 × its earnings per click ÷ the average of all smart links in the same currency, over
the last 7 days: so campaigns of different currencies can be compared without rates of exchange.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction
from typing import Final

from django.db.models import Sum
from django.utils import timezone

from payouts.models import Commission, CommissionStatus
from publishers import smart_links
from publishers.models import SmartLinkRoute
from tracking.models import DailyCount

DAYS: Final = 7
MIN_CLICKS: Final = 50
MICRO: Final = 1_000_000
LOST: Final = (CommissionStatus.DECLINED, CommissionStatus.REVERSED)


@dataclass(frozen=True, slots=True)
class Earned:
    route: SmartLinkRoute
    clicks: int
    commission: int

    @property
    def currency(self) -> str:
        return self.route.link.partnership.campaign.currency


def update() -> int:
    """Routes follow the partnerships, then scores the figures. Returns how many scores changed."""
    smart_links.refresh_all()
    found = _earned()
    return smart_links.set_scores(scored(found))


def scored(found: Iterable[Earned]) -> dict[int, tuple[int, int | None]]:
    """By route: its clicks, and its score in millionths; None below 50 clicks, or while nothing at all was earned."""
    found = list(found)
    clicks: dict[str, int] = defaultdict(int)
    commission: dict[str, int] = defaultdict(int)
    for one in found:
        clicks[one.currency] += one.clicks
        commission[one.currency] += one.commission
    scores: dict[int, tuple[int, int | None]] = {}
    for one in found:
        score = None
        if one.clicks >= MIN_CLICKS and commission[one.currency] > 0:
            average = Fraction(commission[one.currency], clicks[one.currency])
            score = round(Fraction(one.commission, one.clicks) / average * one.route.weight * MICRO / 100)
        scores[one.route.pk] = (one.clicks, score)
    return scores


def _earned() -> list[Earned]:
    since = (timezone.now() - timedelta(days=DAYS)).date()
    routes = list(SmartLinkRoute.objects.select_related("link__partnership__campaign"))
    links = [route.link_id for route in routes]
    counted = DailyCount.objects.filter(link_id__in=links, day__gt=since).order_by().values_list("link_id")
    clicks = dict(counted.annotate(Sum("clicks")))
    paid = Commission.objects.filter(conversion__link__in=links, day__gt=since).exclude(status__in=LOST)
    commissions = dict(paid.order_by().values_list("conversion__link").annotate(Sum("amount")))
    return [Earned(one, clicks.get(one.link_id, 0), commissions.get(one.link_id, 0)) for one in routes]
