"""Conversions are judged when they are made, a batch of them in a few queries."""

from collections.abc import Iterable, Mapping, Sequence

from tracking.models import Conversion, QualityFacts, QualitySignal, Verdict
from tracking.quality.cases import open_cases
from tracking.quality.facts import Subject, gather
from tracking.quality.findings import Finding
from tracking.quality.known import look_up
from tracking.quality.rules import HOLD, RULES, WATCH
from tracking.quality.steps import STEPS
from tracking.quality.thresholds import Values


def judge_many(subjects: Sequence[Subject], values: Mapping[int, Values] | None = None) -> list[Finding]:
    """A finding for each, in their order. Only conversions that somebody earns are judged; tests are not. `values`: other
    thresholds than those in force, by campaign."""
    gather(subjects)
    findings = [Finding(one.facts()) for one in subjects]
    judged = [pair for pair in zip(subjects, findings, strict=True) if _is_judged(pair[0].conversion)]
    if not judged:
        return findings
    known = look_up(judged, values)
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
        update_fields=["partnership", "at", "address", "device", "mail", "countries", "is_hidden"],
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


def bring_before(rule: str, conversions: Sequence[Conversion]) -> None:
    """What was held for a reason of another kind is decided in the same place. In the caller's transaction, too."""
    pairs = {(one.partnership_id, rule): one.occurred_at for one in conversions if one.partnership_id}
    cases = open_cases(pairs) if pairs else {}
    QualitySignal.objects.bulk_create(
        [
            QualitySignal(
                conversion_id=one.pk,
                case_id=cases.get((one.partnership_id or 0, rule)),
                rule=rule,
                version=RULES[rule].version,
                action=HOLD,
            )
            for one in conversions
        ],
        ignore_conflicts=True,
    )


def _is_judged(conversion: Conversion) -> bool:
    return conversion.partnership_id is not None and conversion.verdict != Verdict.INVALID and not conversion.is_test
