"""Conversions judged again, but for what people decided."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import QuerySet

from tracking.models import CaseStatus, Conversion, Postback, QualityRun, QualitySignal, RunStatus, Verdict
from tracking.quality.conversion import judge_many, record
from tracking.quality.facts import Subject, gather
from tracking.quality.rules import CODES, HOLD, RULES
from tracking.quality.steps import JUDGED

CONVERSIONS: Final = 500
HARMLESS: Final = frozenset({"duplicate_click"})
REFUSED: Final = frozenset({"attributed", "invalid_click"})


@dataclass(frozen=True, slots=True)
class Move:
    """A conversion whose verdict changes."""

    conversion: Conversion
    before: tuple[str, str]
    after: tuple[str, str]


type Moves = Callable[[QualityRun, list[Move]], None]


def again(run: QualityRun, moves: Moves) -> bool:
    """One portion of them; whether it was the campaign's last."""
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
        return True
    run.position |= {"at": conversions[-1].occurred_at.isoformat(), "id": str(conversions[-1].pk)}
    return False


def calls_of(conversions: list[Conversion]) -> QuerySet[Postback]:
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
    calls = {call.id: call for call in calls_of(conversions)}
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
