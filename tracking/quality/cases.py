"""Cases: opened by rules, decided by people. What a decision releases or declines, payouts sees by the verdicts."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from network import audit, mail
from network.actors import Actor
from network.errors import DomainError
from network.models import Kind, Organization
from tracking.models import (
    AppealStatus,
    CaseStatus,
    Conversion,
    QualityAppeal,
    QualityCase,
    QualitySignal,
    Verdict,
)
from tracking.quality.rules import HOLD, RULES, Category

QUIET: Final = timedelta(days=7)  # what was cleared is not brought up again so soon


class CaseDecided(DomainError):
    code = "case_decided"
    message = _("This case has been decided meanwhile.")
    status = 409


class CategoryNeeded(DomainError):
    code = "category_needed"
    message = _("Choose what the publisher will be told.")


class AppealWaiting(DomainError):
    code = "appeal_waiting"
    message = _("Your appeal is waiting for its answer.")
    status = 409


class AppealAnswered(DomainError):
    code = "appeal_answered"
    message = _("This appeal has been answered meanwhile.")
    status = 409


class WordsNeeded(DomainError):
    code = "words_needed"
    message = _("Write a few words.")


def open_cases(pairs: Mapping[tuple[int, str], datetime]) -> dict[tuple[int, str], int]:
    """The open case of each partnership and rule; those that are missing are opened, in the order of their keys."""
    found = _open(pairs)
    missing = sorted(pairs.keys() - found.keys())
    if missing:
        QualityCase.objects.bulk_create(
            [
                QualityCase(
                    partnership_id=partnership,
                    rule=rule,
                    version=RULES[rule].version,
                    action=HOLD if RULES[rule].of_events else RULES[rule].action,
                    window_from=pairs[partnership, rule],
                    window_to=pairs[partnership, rule],
                )
                for partnership, rule in missing
            ],
            ignore_conflicts=True,
        )
        found = _open(pairs)
    return found


def _open(pairs: Mapping[tuple[int, str], datetime]) -> dict[tuple[int, str], int]:
    cases = QualityCase.objects.filter(
        status=CaseStatus.OPEN,
        partnership__in={partnership for partnership, _ in pairs},
        rule__in={rule for _, rule in pairs},
    )
    return {(case.partnership_id, case.rule): case.pk for case in cases}


def refresh(
    partnership_id: int,
    rule: str,
    *,
    window: tuple[datetime, datetime],
    evidence: Mapping[str, Any],
    action: str = "",
    is_lasting: bool = False,
) -> QualityCase | None:
    """Open the case, or bring its figures up to date. None where the same was cleared a few days ago; at any time, if it is
    a fact that lasts."""
    cleared = QualityCase.objects.filter(partnership=partnership_id, rule=rule, status=CaseStatus.CLEARED)
    same = {"evidence": dict(evidence)} if is_lasting else {"decided_at__gte": timezone.now() - QUIET}
    cleared = cleared.filter(**same)
    known = QualityCase.objects.select_for_update(no_key=True, of=("self",))
    case = known.filter(partnership=partnership_id, rule=rule, status=CaseStatus.OPEN).first()
    if case is None:
        if cleared.exists():
            return None
        case = QualityCase(partnership_id=partnership_id, rule=rule, window_from=window[0])
    case.version = RULES[rule].version
    case.action = action or RULES[rule].action
    case.window_from, case.window_to = min(case.window_from, window[0]), window[1]
    case.evidence = dict(evidence)
    case.save()
    return case


@transaction.atomic
def clear(case: QualityCase, *, note: str = "", by: Actor) -> QualityCase:
    """Open → cleared: nothing is wrong. What it held is released, unless another open case holds it, too."""
    case = _locked(case)
    if case.status != CaseStatus.OPEN:
        raise CaseDecided
    released = _release(case, Verdict.SUSPECT)
    return _decided(case, CaseStatus.CLEARED, note=note, by=by, released=released)


@transaction.atomic
def decline(case: QualityCase, *, category: str, note: str = "", by: Actor) -> QualityCase:
    """Open → declined: what it held is not paid; the publisher is told the category. Raises CaseDecided, CategoryNeeded."""
    if category not in Category.values:
        raise CategoryNeeded(field="category")
    case = _locked(case)
    if case.status != CaseStatus.OPEN:
        raise CaseDecided
    case.category = category
    declined = (
        _behind(case)
        .filter(verdict=Verdict.SUSPECT)
        .update(verdict=Verdict.INVALID, reason=RULES[case.rule].code, needs_settling=True)
    )
    case = _decided(case, CaseStatus.DECLINED, note=note, by=by, declined=declined)
    mail.send_to_owners(
        "tracking/case_declined",
        case.partnership.publisher,
        case=case,
        category=Category(category).label,
        campaign=case.partnership.campaign,
        conversions=declined,
    )
    return case


@transaction.atomic
def appeal(case: QualityCase, *, text: str, by: Actor) -> QualityAppeal:
    """The publisher says something to an open or declined case; staff answer. Raises WordsNeeded, AppealWaiting."""
    text = text.strip()
    if not text:
        raise WordsNeeded(field="text")
    case = _locked(case)
    if case.appeals.filter(status=AppealStatus.WAITING).exists():
        raise AppealWaiting
    if case.status == CaseStatus.CLEARED:
        raise CaseDecided
    written = QualityAppeal.objects.create(case=case, text=text, by=by.user)
    audit.record(by, "case.appealed", case, subject=case.partnership.publisher)
    for network in Organization.objects.filter(kind=Kind.NETWORK):
        mail.send_to_owners(
            "tracking/appeal_written",
            network,
            case=case,
            campaign=case.partnership.campaign,
            publisher=case.partnership.publisher,
            text=" ".join(text.split()),
        )
    return written


@transaction.atomic
def answer(written: QualityAppeal, *, accept: bool, text: str, by: Actor) -> QualityAppeal:
    """Accepted: the case is cleared, and what it took is paid after all. Raises AppealAnswered, WordsNeeded."""
    text = text.strip()
    if not text:
        raise WordsNeeded(field="answer")
    case = _locked(written.case)
    written = QualityAppeal.objects.select_for_update(no_key=True, of=("self",)).get(pk=written.pk)
    if written.status != AppealStatus.WAITING:
        raise AppealAnswered
    written.status = AppealStatus.ACCEPTED if accept else AppealStatus.REJECTED
    written.answer, written.answered_at, written.answered_by = text, timezone.now(), by.user
    written.save()
    if accept and case.status != CaseStatus.CLEARED:
        released = _release(case, Verdict.SUSPECT)
        released += _release(case, Verdict.INVALID)
        _decided(case, CaseStatus.CLEARED, note=text[:500], by=by, released=released)
    audit.record(by, f"appeal.{written.status}", case, subject=case.partnership.publisher)
    mail.send_to_owners(
        "tracking/appeal_answered",
        case.partnership.publisher,
        case=case,
        campaign=case.partnership.campaign,
        accepted=accept,
        answer=" ".join(text.split()),
    )
    return written


@transaction.atomic
def release(conversion: Conversion) -> bool:
    """Somebody decided about one conversion alone: it is valid, whatever its open cases say."""
    held = Conversion.objects.filter(pk=conversion.pk, verdict=Verdict.SUSPECT)
    QualitySignal.objects.filter(conversion=conversion, action=HOLD).update(case=None)
    return bool(held.update(verdict=Verdict.VALID, reason="", needs_settling=True))


def _locked(case: QualityCase) -> QualityCase:
    found = QualityCase.objects.select_for_update(no_key=True, of=("self",))
    return found.select_related("partnership__publisher", "partnership__campaign__advertiser").get(pk=case.pk)


def _behind(case: QualityCase) -> "Any":
    return Conversion.objects.filter(pk__in=QualitySignal.objects.filter(case=case).values("conversion"))


def _release(case: QualityCase, verdict: Verdict) -> int:
    """Those that no other case holds or has declined. What is only due to attribution stays as it is."""
    other = QualitySignal.objects.filter(case__status__in=[CaseStatus.OPEN, CaseStatus.DECLINED]).exclude(case=case)
    codes = {RULES[case.rule].code, "invalid_click"}
    found = _behind(case).filter(verdict=verdict).exclude(pk__in=other.values("conversion"))
    if verdict == Verdict.INVALID:
        found = found.filter(reason__in=codes)
    return int(found.update(verdict=Verdict.VALID, reason="", needs_settling=True))


def _decided(case: QualityCase, status: CaseStatus, *, note: str, by: Actor, **detail: object) -> QualityCase:
    case.status, case.note, case.decided_at, case.decided_by = status, note.strip()[:500], timezone.now(), by.user
    case.save()
    partnership = case.partnership
    audit.record(
        by,
        f"case.{status.value}",
        case,
        subject=partnership.campaign.advertiser,
        rule=case.rule,
        publisher=partnership.publisher.name,
        **detail,
    )
    return case
