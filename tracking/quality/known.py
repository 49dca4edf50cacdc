"""What the rules at the conversion compare it with, each in one query for all of a batch."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models.functions import Upper

from advertisers.models import Coupon
from publishers.models import PublisherProfile
from tracking.mailboxes import Told
from tracking.models import Conversion, QualityFacts
from tracking.quality import thresholds
from tracking.quality.addresses import is_public
from tracking.quality.facts import Subject, logins_of, mails_of
from tracking.quality.findings import Finding
from tracking.quality.queries import about
from tracking.quality.thresholds import Values

DAY: Final = timedelta(days=1)
HALF_DAY_SHARE: Final = 500  # conversions that a share is taken of
SPACED: Final = 20


@dataclass(slots=True)
class Known:
    """What was found for all of them at once."""

    values: dict[int, Values]
    others: dict[UUID, dict[str, Any]]
    by_address: dict[UUID, int]
    by_device: dict[UUID, int]
    recent: dict[tuple[int | None, datetime], "Recent"]
    shares: dict[UUID, tuple[int, int]]
    mails: dict[int, list[Told]]
    kinds: dict[int, str]
    codes: dict[tuple[int, str], int]
    begun: dict[UUID, tuple[int, datetime | None]]
    logins: dict[int, list[tuple[int, datetime]]]
    stays: dict[UUID, int]


@dataclass(frozen=True, slots=True)
class Recent:
    full_minutes: int
    usual: float
    times: list[datetime]


def look_up(judged: Sequence[tuple[Subject, Finding]], given: Mapping[int, Values] | None) -> Known:
    conversions = [subject.conversion for subject, _ in judged]
    values = dict(given) if given else thresholds.of({one.campaign_id for one in conversions})
    facts = {finding.facts.conversion_id: finding.facts for _, finding in judged}
    stored = set(QualityFacts.objects.filter(pk__in=facts).values_list("pk", flat=True))
    goals = {one.pk: one.goal_id for one in conversions}
    publishers = {one.partnership.publisher_id for one in conversions if one.partnership}
    with_mail = {
        one.conversion.partnership.publisher_id for one, _ in judged if one.mail and one.conversion.partnership
    }
    starting = [
        each
        for key, each in facts.items()
        if values[each.campaign_id]["new_publisher_days"] or values[each.campaign_id]["new_publisher_conversions"]
    ]
    kinds = PublisherProfile.objects.filter(organization__in=publishers).values_list("organization_id", "kind")
    return Known(
        values=values,
        others=_other_publishers([subject for subject, _ in judged], values),
        by_address=_repeated(ADDRESSES, "address", facts.values(), goals, stored),
        by_device=_repeated(DEVICES, "device", facts.values(), goals, stored),
        recent=_recent(facts.values(), values, stored),
        shares=_shares([each for each in facts.values() if _differs(each)]),
        mails=mails_of(with_mail) if with_mail else {},
        kinds=dict(kinds),
        codes=_exclusive(conversions),
        begun=_begun(starting),
        logins=logins_of(publishers, min(each.at for each in facts.values()) - DAY),
        stays=_stays([subject for subject, _ in judged]),
    )


def _differs(facts: QualityFacts) -> bool:
    clicked, _, converted = facts.countries.partition("-")
    return clicked != converted


OTHERS: Final = """
SELECT asked.k, other.partnership_id, extract(epoch FROM asked.a - other.at)
FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::bigint[], %s::int[]) AS asked (k, c, v, a, p, s)
CROSS JOIN LATERAL (
    SELECT partnership_id, at FROM tracking_click
    WHERE visitor = asked.v AND is_unique AND campaign_id = asked.c AND partnership_id <> asked.p
        AND at >= asked.a - make_interval(secs => asked.s) AND at < asked.a
    ORDER BY at DESC LIMIT 1
) AS other"""


def _other_publishers(subjects: Collection[Subject], values: dict[int, Values]) -> dict[UUID, dict[str, Any]]:
    """The first click of the visitor on a link of somebody else, at most so many seconds before this one."""
    asked = [
        (
            one.conversion.pk,
            one.conversion.campaign_id,
            one.click.visitor,
            one.clicked_at,
            one.conversion.partnership_id,
            values[one.conversion.campaign_id]["second_publisher_seconds"],
        )
        for one in subjects
        if one.click.visitor is not None and one.clicked_at is not None and one.click.ip and is_public(one.click.ip)
    ]
    found: dict[UUID, dict[str, Any]] = {}
    for key, partnership, seconds in about(OTHERS, asked):
        found[key] = {"partnership": partnership, "seconds": float(round(seconds, 3))}
    return found


ADDRESSES: Final = """
SELECT asked.k, count(*) FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::bigint[], %s::bigint[])
    AS asked (k, c, v, a, p, g)
JOIN tracking_qualityfacts AS facts ON facts.campaign_id = asked.c AND facts.address = asked.v
    AND facts.at > asked.a - interval '24 hours' AND facts.at <= asked.a AND facts.partnership_id = asked.p
    AND facts.conversion_id <> asked.k
JOIN tracking_conversion AS conversion ON conversion.id = facts.conversion_id AND conversion.goal_id = asked.g
    AND NOT conversion.is_test
GROUP BY asked.k"""
DEVICES: Final = """
SELECT asked.k, count(*) FROM unnest(%s::uuid[], %s::bigint[], %s::bigint[], %s::timestamptz[], %s::bigint[], %s::bigint[])
    AS asked (k, c, v, a, p, g)
JOIN tracking_qualityfacts AS facts ON facts.campaign_id = asked.c AND facts.device = asked.v
    AND facts.at <= asked.a AND facts.conversion_id <> asked.k
JOIN tracking_conversion AS conversion ON conversion.id = facts.conversion_id AND conversion.goal_id = asked.g
    AND NOT conversion.is_test
GROUP BY asked.k"""


def _repeated(
    statement: str, name: str, facts: Collection[QualityFacts], goals: Mapping[UUID, int], stored: set[UUID]
) -> dict[UUID, int]:
    """How many there are with this one: those stored, and those before it in this batch."""
    asked = [
        (each.conversion_id, each.campaign_id, value, each.at, each.partnership_id, goals[each.conversion_id])
        for each in facts
        if (value := getattr(each, name)) is not None
    ]
    found = {key: number + 1 for key, number in about(statement, asked)}
    seen: dict[tuple[Any, ...], list[datetime]] = {}
    for key, campaign, value, at, partnership, goal in sorted(asked, key=lambda each: (each[3], each[0])):
        same = seen.setdefault((campaign, value, goal, partnership if name == "address" else None), [])
        found[key] = found.get(key, 1) + sum(name == "device" or earlier > at - DAY for earlier in same)
        if key not in stored:  # those were found by the query
            same.append(at)
    return found


TIMES: Final = f"""
SELECT asked.k, ARRAY(
    SELECT at FROM tracking_qualityfacts WHERE partnership_id = asked.p AND at < asked.a AND conversion_id <> asked.k
    ORDER BY at DESC LIMIT {SPACED - 1}
), (
    SELECT count(*) FROM generate_series(0, 9) AS ago WHERE EXISTS (
        SELECT FROM tracking_qualityfacts WHERE partnership_id = asked.p
            AND at >= date_trunc('minute', asked.a) - make_interval(mins => ago) AND at <= asked.a
            AND at < date_trunc('minute', asked.a) - make_interval(mins => ago - 1)
        ORDER BY at OFFSET asked.n - 1 - (ago = 0 AND NOT asked.stored)::int LIMIT 1
    )
), (
    SELECT count(*) FROM tracking_qualityfacts WHERE partnership_id = asked.p
        AND at >= asked.a - interval '8 days' AND at < asked.a - interval '1 day'
)
FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[], %s::int[], %s::boolean[]) AS asked (k, p, a, n, stored)
"""  # noqa: S608


def _recent(
    facts: Collection[QualityFacts], values: dict[int, Values], stored: set[UUID]
) -> dict[tuple[int | None, datetime], Recent]:
    """Minutes of the last ten that were full; the usual number a minute in the week before the last day; the last times.

    One look for each publisher and minute of the batch, since the rest of the minute sees the same.
    """
    asked: dict[tuple[int | None, datetime], tuple[Any, ...]] = {}
    for each in sorted(facts, key=lambda each: each.at, reverse=True):
        if least := values[each.campaign_id]["per_minute"]:
            row = (each.conversion_id, each.partnership_id, each.at, least, each.conversion_id in stored)
            asked.setdefault(minute_of(each), row)
    minutes = {row[0]: minute for minute, row in asked.items()}
    return {
        minutes[key]: Recent(full, week / (7 * 24 * 60), list(reversed(times)))
        for key, times, full, week in about(TIMES, list(asked.values()))
    }


def minute_of(facts: QualityFacts) -> tuple[int | None, datetime]:
    return facts.partnership_id, facts.at.replace(second=0, microsecond=0)


SHARES: Final = f"""
SELECT asked.k, count(*) FILTER (WHERE split_part(known.countries, '-', 1) <> split_part(known.countries, '-', 2)), count(*)
FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[]) AS asked (k, p, a)
CROSS JOIN LATERAL (
    SELECT countries FROM tracking_qualityfacts
    WHERE partnership_id = asked.p AND at > asked.a - interval '30 days' AND at <= asked.a
        AND countries <> '' AND conversion_id <> asked.k
    ORDER BY at DESC LIMIT {HALF_DAY_SHARE}
) AS known GROUP BY asked.k"""  # noqa: S608


def _shares(facts: Collection[QualityFacts]) -> dict[UUID, tuple[int, int]]:
    asked = [(each.conversion_id, each.partnership_id, each.at) for each in facts]
    return {key: (different, number) for key, different, number in about(SHARES, asked)}


BEGUN: Final = """
SELECT asked.k, before.number, before.first
FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[]) AS asked (k, p, a)
CROSS JOIN LATERAL (
    SELECT count(*) AS number, min(conversion.occurred_at) AS first FROM tracking_conversion AS conversion
    JOIN publishers_partnership AS partnership ON partnership.id = conversion.partnership_id
    WHERE partnership.publisher_id = (SELECT publisher_id FROM publishers_partnership WHERE id = asked.p)
        AND conversion.occurred_at < asked.a AND conversion.id <> asked.k
        AND NOT conversion.is_test AND conversion.verdict <> 'invalid'
) AS before"""


def _begun(facts: Collection[QualityFacts]) -> dict[UUID, tuple[int, datetime | None]]:
    """A publisher's conversions before this one, and when the first was."""
    asked = [(each.conversion_id, each.partnership_id, each.at) for each in facts]
    return {key: (number, first) for key, number, first in about(BEGUN, asked)}


def _exclusive(conversions: Collection[Conversion]) -> dict[tuple[int, str], int]:
    """To whom the exclusive codes on these orders belong."""
    used = {(one.campaign_id, one.coupon.strip().upper()) for one in conversions if one.coupon}
    if not used:
        return {}
    found = Coupon.objects.annotate(name=Upper("code")).filter(
        campaign__in={campaign for campaign, _ in used}, name__in={code for _, code in used}, is_exclusive=True
    )
    return {(one.campaign_id, one.code.upper()): one.publisher_id for one in found if one.publisher_id}


STAYS: Final = """
SELECT asked.k, stay.stayed_ms FROM unnest(%s::uuid[], %s::bigint[], %s::timestamptz[], %s::bigint[]) AS asked (k, c, a, n)
CROSS JOIN LATERAL (
    SELECT stayed_ms FROM tracking_stay
    WHERE campaign_id = asked.c AND at = asked.a AND nonce = asked.n AND stayed_ms IS NOT NULL OFFSET 0
) AS stay"""


def _stays(subjects: Collection[Subject]) -> dict[UUID, int]:
    """How long the visitors of their clicks saw the advertiser's pages, in milliseconds, where that is known by now."""
    asked = [
        (one.conversion.pk, one.conversion.campaign_id, one.clicked_at, one.nonce)
        for one in subjects
        if one.nonce is not None and one.clicked_at is not None
    ]
    return dict(about(STAYS, asked))
