"""Rules at the conversion, for a batch of them in a few queries. What they see is stored with what they say.

All look at what was before the conversion, by its own time, so that it can be judged again later with the same result.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, pstdev
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models.functions import Upper

from advertisers.models import Coupon, GoalKind
from publishers.models import PublisherKind, PublisherProfile
from tracking.models import Conversion, QualityFacts, QualitySignal, Verdict
from tracking.quality import hosts, mail, thresholds
from tracking.quality.addresses import is_public
from tracking.quality.cases import open_cases
from tracking.quality.facts import Subject, gather, mails_of
from tracking.quality.rules import CODES, FLAG, HOLD, REJECT, RULES, WATCH
from tracking.quality.thresholds import Values

DAY: Final = timedelta(days=1)
HALF_DAY_SHARE: Final = 500  # conversions that a share is taken of
AT_CHECKOUT: Final = frozenset({PublisherKind.COUPON, PublisherKind.CASHBACK, PublisherKind.SOFTWARE})
SHORTEST: Final[dict[str, str]] = {
    GoalKind.SALE: "sale_seconds",
    GoalKind.LEAD: "lead_seconds",
    GoalKind.INSTALL: "install_seconds",
    GoalKind.CUSTOM: "custom_seconds",
}
PER_ADDRESS: Final[dict[str, str]] = {
    GoalKind.SALE: "address_sales",
    GoalKind.LEAD: "address_leads",
    GoalKind.INSTALL: "address_installs",
    GoalKind.CUSTOM: "address_customs",
}


@dataclass(frozen=True, slots=True)
class Signal:
    rule: str
    version: int
    action: str
    inputs: Mapping[str, Any]

    @property
    def code(self) -> str:
        return RULES[self.rule].code


@dataclass(slots=True)
class Finding:
    """What the rules say of one conversion, and what later ones are compared with."""

    facts: QualityFacts
    signals: list[Signal] = field(default_factory=list)

    def verdict(self, verdict: str, reason: str) -> tuple[str, str]:
        """With the verdict so far: the worse of the two, and its reason."""
        for actions, worse in (((REJECT, FLAG), Verdict.INVALID), ((HOLD,), Verdict.SUSPECT)):
            if verdict in {worse.value, Verdict.INVALID.value}:
                return verdict, reason
            for signal in self.signals:
                if signal.action in actions:
                    return worse.value, signal.code
        return verdict, reason


@dataclass(slots=True)
class _Known:
    """What was found for all of them at once."""

    values: dict[int, Values]
    others: dict[UUID, dict[str, Any]]
    by_address: dict[UUID, int]
    by_device: dict[UUID, int]
    recent: dict[tuple[int | None, datetime], "_Recent"]
    shares: dict[UUID, tuple[int, int]]
    mails: dict[int, set[str]]
    kinds: dict[int, str]
    codes: dict[tuple[int, str], int]
    begun: dict[UUID, tuple[int, datetime | None]]


@dataclass(frozen=True, slots=True)
class _Recent:
    full_minutes: int
    usual: float
    times: list[datetime]


def judge_many(subjects: Sequence[Subject], values: Mapping[int, Values] | None = None) -> list[Finding]:
    """A finding for each, in their order. Only conversions that somebody earns are judged; tests are not. `values`: other
    thresholds than those in force, by campaign."""
    gather(subjects)
    findings = [Finding(one.facts()) for one in subjects]
    judged = [pair for pair in zip(subjects, findings, strict=True) if _is_judged(pair[0].conversion)]
    if not judged:
        return findings
    known = _look_up(judged, values)
    for subject, finding in judged:
        figures = known.values[subject.conversion.campaign_id]
        for rule in STEPS:
            for signal in rule(subject, finding.facts, figures, known):
                if all(one.rule != signal.rule for one in finding.signals):
                    finding.signals.append(signal)
    return findings


def record(findings: Iterable[tuple[Conversion, Finding]]) -> None:
    """Store facts and signals, and bring what holds or rejects before those who decide. In the caller's transaction; the
    conversions may be written later in it."""
    findings = list(findings)
    QualityFacts.objects.bulk_create(
        [finding.facts for _, finding in findings],
        update_conflicts=True,
        unique_fields=["conversion"],
        update_fields=["partnership", "at", "address", "device", "mail", "countries"],
    )
    pairs = {
        (conversion.partnership_id, signal.rule): conversion.occurred_at
        for conversion, finding in findings
        for signal in finding.signals
        if signal.action != WATCH and conversion.partnership_id
    }
    cases = open_cases(pairs) if pairs else {}
    QualitySignal.objects.bulk_create(
        [
            QualitySignal(
                conversion_id=conversion.pk,
                case_id=cases.get((conversion.partnership_id or 0, signal.rule)) if signal.action != WATCH else None,
                rule=signal.rule,
                version=signal.version,
                action=signal.action,
                inputs=dict(signal.inputs),
            )
            for conversion, finding in findings
            for signal in finding.signals
        ],
        ignore_conflicts=True,
    )


def _is_judged(conversion: Conversion) -> bool:
    return conversion.partnership_id is not None and conversion.verdict != Verdict.INVALID and not conversion.is_test


# The rules, in the order in which their reasons count.

type _Step = Callable[[Subject, QualityFacts, Values, _Known], Iterator[Signal]]


def _signal(number: str, action: str = "", **inputs: Any) -> Signal:
    rule = RULES[number]
    return Signal(number, rule.version, action or rule.action, inputs)


def doubtful_click(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R1 to R5, R7: the click itself was invalid, so its conversion is held."""
    if subject.conversion.reason == "invalid_click":
        code = next((reason for reason in subject.click.reasons if reason in CODES), "known_robot")
        yield _signal(CODES[code].number, HOLD, click=list(subject.click.reasons))


def second_publisher(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R9: another publisher's click of the same visitor just before: the later one is held."""
    if found := known.others.get(subject.conversion.pk):
        yield _signal("R9", **found)


def too_fast(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R10: sooner than somebody can buy, fill in a form, install."""
    shortest = thresholds.by_kind(values, subject.conversion.goal.kind, SHORTEST)
    age = subject.age
    if age is not None and age < timedelta(seconds=shortest):
        yield _signal("R10", seconds=round(age.total_seconds(), 3), least=shortest)


def too_old(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R24: half-open, as the campaign's own window, which attribution keeps."""
    name = "max_install_hours" if subject.conversion.goal.kind == GoalKind.INSTALL else "max_hours"
    age, most = subject.age, values[name]
    if most and age is not None and age >= timedelta(hours=most):
        yield _signal("R24", hours=round(age / timedelta(hours=1), 2), most=most)


def self_referral(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R14: the buyer's mail, or the domain of it where that is not everybody's, is one of the publisher's people's."""
    conversion = subject.conversion
    if not values["self_referral"] or not subject.mail or conversion.partnership is None:
        return
    own = known.mails.get(conversion.partnership.publisher_id, set())
    if subject.mail in own:
        yield _signal("R14", same="mail")
    elif (host := mail.domain(subject.mail)) not in mail.FREE and host in {mail.domain(each) for each in own}:
        yield _signal("R14", same="mail domain")


def repeated_address(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R15: within 24 hours, same goal, campaign and publisher."""
    most = thresholds.by_kind(values, subject.conversion.goal.kind, PER_ADDRESS)
    number = known.by_address.get(subject.conversion.pk, 1)
    if most and number > most:
        yield _signal("R15", conversions=number, most=most, hours=24)


def repeated_device(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R16: same goal and campaign."""
    most, number = values["device_conversions"], known.by_device.get(subject.conversion.pk, 1)
    if most and number > most:
        yield _signal("R16", conversions=number, most=most)


def other_country(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R21: one alone is noted; held where the publisher has many."""
    clicked, _, converted = facts.countries.partition("-")
    if clicked == converted:
        return
    different, all_known = known.shares.get(subject.conversion.pk, (0, 0))
    different, all_known = different + 1, all_known + 1
    percent = 100 * different / all_known
    most = values["country_percent"]
    many = bool(most) and all_known >= values["least_conversions"] and percent > most
    inputs = {"click": clicked, "conversion": converted, "percent": round(percent, 1), "of": all_known, "most": most}
    yield _signal("R21", HOLD if many else WATCH, **inputs)


def velocity(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R25: several minutes with many conversions, many for this publisher too; or evenly spaced like a machine's."""
    recent = known.recent.get(_minute(facts))
    if recent is None:
        return
    if recent.full_minutes >= 2 and values["per_minute"] > 3 * recent.usual:
        usual = round(recent.usual, 3)
        yield _signal("R25", minutes=recent.full_minutes, per_minute=values["per_minute"], usual=usual)
        return
    times = [*recent.times, facts.at]
    if len(times) < SPACED or not values["spacing_percent"]:
        return
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    mean = fmean(gaps)
    if mean >= 1 and (variation := 100 * pstdev(gaps) / mean) < values["spacing_percent"]:
        least = values["spacing_percent"]
        yield _signal("R25", variation=round(variation, 2), least=least, seconds=round(mean, 2))


SPACED: Final = 20


def throwaway_mail(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R27: of leads only; the address itself is not stored."""
    if values["throwaway_mail"] and subject.conversion.goal.kind == GoalKind.LEAD and (kind := mail.kind(subject.mail)):
        yield _signal("R27", kind=kind, domain=mail.domain(subject.mail))


def paid_search(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R28: the click came with an advertising system's click id."""
    if not values["no_paid_traffic"]:
        return
    sign = next((name for name in hosts.PAID_IDS if subject.click.extra.get(name)), "")
    if sign := sign or hosts.paid_sign(subject.click.referrer):
        yield _signal("R28", sign=sign)


def coupon_poaching(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R30: an exclusive code of somebody else; or a coupon or cashback publisher's click just before the order."""
    conversion = subject.conversion
    if conversion.partnership is None:
        return
    publisher = conversion.partnership.publisher_id
    owner = known.codes.get((conversion.campaign_id, conversion.coupon.strip().upper()))
    if owner is not None and owner != publisher:
        yield _signal("R30", code=conversion.coupon, owner=owner)
        return
    least, age = values["checkout_seconds"], subject.age
    if (
        least
        and age is not None
        and age < timedelta(seconds=least)
        and conversion.goal.kind == GoalKind.SALE
        and known.kinds.get(publisher) in AT_CHECKOUT
    ):
        yield _signal("R30", seconds=round(age.total_seconds(), 3), least=least)


def new_publisher(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R34: off, unless somebody asks for it; a person approves the first conversions anyway where that is wanted."""
    days, most = values["new_publisher_days"], values["new_publisher_conversions"]
    number, first = known.begun.get(subject.conversion.pk, (0, None))
    if number < most or (days and (first is None or facts.at - first < timedelta(days=days))):
        yield _signal("R34", conversions=number, days=(facts.at - first).days if first else 0)


def lookalike_site(subject: Subject, facts: QualityFacts, values: Values, known: _Known) -> Iterator[Signal]:
    """R39: the visitor came from a misspelling of the advertiser's own host."""
    came_from = hosts.host(subject.click.referrer)
    if not values["lookalike_site"] or not came_from:
        return
    campaign = subject.conversion.campaign
    own = [hosts.host(campaign.landing_url), *(name.removeprefix("www.") for name in campaign.allowed_hosts)]
    if any(hosts.is_within(came_from, name) for name in own if name):
        return
    for name in own:
        if hosts.is_lookalike(came_from, name):
            yield _signal("R39", site=came_from, like=name)
            return


STEPS: Final[tuple[_Step, ...]] = (
    too_old,
    doubtful_click,
    second_publisher,
    too_fast,
    self_referral,
    repeated_device,
    repeated_address,
    velocity,
    other_country,
    throwaway_mail,
    paid_search,
    coupon_poaching,
    lookalike_site,
    new_publisher,
)


JUDGED: Final = frozenset("R1 R2 R3 R4 R5 R6 R7 R9 R10 R14 R15 R16 R21 R24 R25 R27 R28 R30 R34 R38 R39".split())
"""The rules whose signals come from here; those of others stay when a conversion is judged again."""


# What they need, each in one query for all.


def _look_up(judged: Sequence[tuple[Subject, Finding]], given: Mapping[int, Values] | None) -> _Known:
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
    return _Known(
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
    for key, partnership, seconds in _rows(OTHERS, asked):
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
    found = {key: number + 1 for key, number in _rows(statement, asked)}
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
) -> dict[tuple[int | None, datetime], _Recent]:
    """Minutes of the last ten that were full; the usual number a minute in the week before the last day; the last times.

    One look for each publisher and minute of the batch, since the rest of the minute sees the same.
    """
    asked: dict[tuple[int | None, datetime], tuple[Any, ...]] = {}
    for each in sorted(facts, key=lambda each: each.at, reverse=True):
        if least := values[each.campaign_id]["per_minute"]:
            row = (each.conversion_id, each.partnership_id, each.at, least, each.conversion_id in stored)
            asked.setdefault(_minute(each), row)
    minutes = {row[0]: minute for minute, row in asked.items()}
    return {
        minutes[key]: _Recent(full, week / (7 * 24 * 60), list(reversed(times)))
        for key, times, full, week in _rows(TIMES, list(asked.values()))
    }


def _minute(facts: QualityFacts) -> tuple[int | None, datetime]:
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
    return {key: (different, number) for key, different, number in _rows(SHARES, asked)}


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
    return {key: (number, first) for key, number, first in _rows(BEGUN, asked)}


def _exclusive(conversions: Collection[Conversion]) -> dict[tuple[int, str], int]:
    """To whom the exclusive codes on these orders belong."""
    used = {(one.campaign_id, one.coupon.strip().upper()) for one in conversions if one.coupon}
    if not used:
        return {}
    found = Coupon.objects.annotate(name=Upper("code")).filter(
        campaign__in={campaign for campaign, _ in used}, name__in={code for _, code in used}, is_exclusive=True
    )
    return {(one.campaign_id, one.code.upper()): one.publisher_id for one in found if one.publisher_id}


def _rows(statement: str, asked: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    if not asked:
        return []
    with connection.cursor() as cursor:
        cursor.execute(statement, [list(column) for column in zip(*asked, strict=True)])
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found
