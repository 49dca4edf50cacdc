"""The paths behind a report's conversions, and those of visitors who did not convert; by publisher or by channel."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import groupby
from operator import itemgetter
from typing import Any, Final

from django.db import connection
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from network.errors import DomainError
from network.money import Money
from publishers.models import Partnership
from reporting.credit import Credit, Model, Path, credit, rounded
from reporting.figures import Slice, net_of_refunds, ratio
from tracking.models import Touchpoint

MOST: Final = 200_000
HUNDREDTHS: Final = 100
LOST: Final = """
SELECT stations, count(*) FROM (
    SELECT array_agg({column} ORDER BY click.at, click.nonce) AS stations
    FROM tracking_click AS click
    LEFT JOIN (
        SELECT conversion.campaign_id, touch.at, touch.nonce
        FROM tracking_touchpoint AS touch JOIN tracking_conversion AS conversion ON conversion.id = touch.conversion_id
        WHERE conversion.campaign_id = ANY(%(campaigns)s) AND conversion.occurred_at >= %(since)s
            AND touch.kind = 'click' AND NOT conversion.is_test
    ) AS sold ON sold.campaign_id = click.campaign_id AND sold.at = click.at AND sold.nonce = click.nonce
    WHERE click.campaign_id = ANY(%(campaigns)s) AND click.at >= %(since)s AND click.at < %(until)s
        AND click.day BETWEEN %(first)s AND %(last)s
        AND click.is_unique AND click.visitor IS NOT NULL AND click.verdict = 'valid' AND click.diverted = ''
    GROUP BY click.campaign_id, click.visitor
    HAVING count(sold.nonce) = 0
) AS visit GROUP BY stations"""
COLUMNS: Final = {"publisher": "click.partnership_id", "channel": "click.channel"}


class TooManyPaths(DomainError):
    code = "too_many_paths"
    message = _("That are more than 200,000 conversions; choose a shorter period or one campaign.")


class NeedsCampaign(DomainError):
    code = "needs_campaign"
    message = _("A Markov chain is made of one campaign's paths: choose a campaign.")


@dataclass(frozen=True, slots=True)
class Line:
    """Of one publisher or channel. `on_path`: conversions with a touch of it. Credit in hundredths of a conversion and in
    minor units adds up to the conversions and net sales of the report, and so do those by last and by first touch."""

    key: Any
    currency: str
    on_path: int
    hundredths: int
    value: int
    last: int
    first: int
    total: int

    @property
    def decimal(self) -> Decimal:
        return Decimal(self.hundredths).scaleb(-2)

    @property
    def share(self) -> Fraction | None:
        return ratio(self.hundredths, self.total * HUNDREDTHS)

    @property
    def sales(self) -> Money:
        return Money(self.value, self.currency)


@dataclass(frozen=True, slots=True)
class CreditReport:
    """`views`: those of the conversions that nobody had clicked for."""

    lines: list[Line]
    currency: str
    conversions: int
    value: int
    views: int
    lost: int

    @property
    def sales(self) -> Money:
        return Money(self.value, self.currency)


def report(part: Slice, model: Model, by: str) -> CreditReport:
    """Base conversions of the slice (no tests, nothing declined), credited by the model. Raises TooManyPaths, NeedsCampaign."""
    if model == Model.MARKOV and part.campaign is None:
        raise NeedsCampaign(field="campaign")
    paths = list(_paths(part, by))
    lost = _lost(part, by) if model == Model.MARKOV else []
    conversions, value = len(paths), sum(path.value for path in paths)
    found = credit([*paths, *lost], model)
    lasts, firsts = credit(paths, Model.LAST), credit(paths, Model.FIRST)
    on_path: dict[Any, int] = {}
    for path in paths:
        for key in set(path.names):
            on_path[key] = on_path.get(key, 0) + 1
    keys = sorted(on_path, key=lambda key: (-found.get(key, Credit()).conversions, str(key)))
    hundredths = rounded(
        {key: found.get(key, Credit()).conversions * HUNDREDTHS for key in keys}, conversions * HUNDREDTHS
    )
    values = rounded({key: found.get(key, Credit()).value for key in keys}, value)
    lines = [
        Line(
            key,
            part.currency,
            on_path[key],
            hundredths[key],
            values[key],
            int(lasts.get(key, Credit()).conversions),
            int(firsts.get(key, Credit()).conversions),
            conversions,
        )
        for key in keys
    ]
    views = part.conversions().filter(is_view_through=True).count()
    return CreditReport(lines, part.currency, conversions, value, views, sum(path.number for path in lost))


def _paths(part: Slice, by: str) -> Iterator[Path[Any]]:
    """A conversion from before paths were kept has the one station that earned it."""
    rows = part.conversions().annotate(net=net_of_refunds()).order_by("pk")
    columns = ("pk", "net", "occurred_at", "partnership_id", "link__channel")
    conversions = list(rows.values_list(*columns)[: MOST + 1])
    if len(conversions) > MOST:
        raise TooManyPaths(field="since")
    publishers = _publishers(part) if by == "publisher" else {}
    column = "partnership_id" if by == "publisher" else "channel"
    touches = Touchpoint.objects.filter(Q(code="") | Q(is_winner=True), conversion__in=part.conversions())
    ordered = touches.order_by("conversion_id", "position").values_list("conversion_id", column, "at")
    known = {key: list(group) for key, group in groupby(ordered.iterator(10_000), itemgetter(0))}
    for pk, net, occurred_at, partnership, channel in conversions:
        earned = partnership if by == "publisher" else channel or ""
        found = known.get(pk) or [(pk, earned, occurred_at)]
        stations = tuple(
            (publishers.get(key, key), max(0.0, (occurred_at - at).total_seconds())) for _pk, key, at in found
        )
        yield Path(stations, net or 0)


def _lost(part: Slice, by: str) -> list[Path[Any]]:
    """Visitors with consent whose clicks of the period led to nothing, by their paths."""
    publishers = _publishers(part) if by == "publisher" else {}
    first, last = part.period.first, part.period.last
    asked: dict[str, Any] = {
        "campaigns": list(part.campaigns().values_list("pk", flat=True)),
        "first": first,
        "last": last,
        "since": datetime.combine(first - timedelta(days=1), time(), UTC),
        "until": datetime.combine(last + timedelta(days=2), time(), UTC),
    }
    with connection.cursor() as cursor:
        cursor.execute(LOST.format(column=COLUMNS[by]), asked)
        return [
            Path(tuple((publishers.get(key, key), 0.0) for key in stations), 0, number, is_converted=False)
            for stations, number in cursor.fetchall()
        ]


def _publishers(part: Slice) -> dict[int, int]:
    """By partnership."""
    found = Partnership.objects.filter(campaign__in=part.campaigns())
    return dict(found.values_list("pk", "publisher_id"))
