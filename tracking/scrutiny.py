"""What others have to say about new conversions before they are written: quality's rules, and caps that are full."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from tracking import caps
from tracking.deciding import Decision
from tracking.models import Attribution, Conversion, Postback, QualitySignal, Verdict
from tracking.quality.conversion import bring_before, judge_many, record
from tracking.quality.facts import Subject
from tracking.quality.rules import CODES


def look_at(made: Iterable[tuple[Conversion, Decision | None]], postbacks: Mapping[UUID, Postback]) -> list[Conversion]:
    """Those whose verdict changed. Called once for each new conversion, under the lock of its order."""
    made = list(made)
    changed = _judge(made, postbacks)
    return [*changed, *_count(conversion for conversion, _ in made)]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said about a conversion before the advertiser's server confirmed it."""

    partnership_id: int | None
    verdict: str
    reason: str
    is_test: bool

    @classmethod
    def of(cls, conversion: Conversion) -> Self:
        return cls(conversion.partnership_id, conversion.verdict, conversion.reason, conversion.is_test)

    def holds_for(self, conversion: Conversion) -> bool:
        """It was judged, and for the same publisher. Nobody judges tests and what earns nothing."""
        was_judged = self.verdict != Verdict.INVALID or self.reason in CODES
        is_same = self.partnership_id is not None and self.partnership_id == conversion.partnership_id
        return is_same and was_judged and not self.is_test

    def keep(self, conversion: Conversion) -> None:
        if conversion.verdict != Verdict.INVALID:
            conversion.verdict, conversion.reason = self.verdict, self.reason


def look_again(
    found: Iterable[tuple[Conversion, Decision | None]], postbacks: Mapping[UUID, Postback]
) -> list[Conversion]:
    """As `look_at`, for conversions from before of which nothing that was said holds any more."""
    found = list(found)
    QualitySignal.objects.filter(conversion__in=[conversion.pk for conversion, _ in found]).delete()
    for conversion, _ in found:
        caps.give_back(conversion.pk)
    return look_at(found, postbacks)


def _judge(made: list[tuple[Conversion, Decision | None]], postbacks: Mapping[UUID, Postback]) -> list[Conversion]:
    """Quality's rules; what holds or rejects is brought before those who decide."""
    subjects = [_subject(conversion, decision, postbacks[conversion.pk]) for conversion, decision in made]
    findings = list(zip([conversion for conversion, _ in made], judge_many(subjects), strict=True))
    changed = []
    for conversion, finding in findings:
        verdict, reason = finding.verdict(conversion.verdict, conversion.reason)
        if verdict != conversion.verdict:
            conversion.verdict, conversion.reason = verdict, reason
            changed.append(conversion)
    record(findings)
    return changed


def _subject(conversion: Conversion, decision: Decision | None, postback: Postback) -> Subject:
    """Without a decision of now the stored one counts."""
    if decision is None:
        stored = Attribution.objects.get(conversion=conversion)
        kind, clicked_at, nonce = stored.kind, stored.clicked_at, stored.click_nonce
    else:
        touch = decision.touch
        dated = touch if touch and touch.nonce is not None else None
        kind = touch.kind if touch else ""
        clicked_at, nonce = (dated.clicked_at, dated.nonce) if dated else (None, None)
    return Subject(conversion, kind=kind, clicked_at=clicked_at, nonce=nonce, fields=postback.fields, ip=postback.ip)


def _count(made: Iterable[Conversion]) -> list[Conversion]:
    """A conversion for which a hard cap has no room is held."""
    by_id = {one.pk: one for one in made}
    wanted = [
        caps.Wanted(one.campaign, one.partnership_id, one.pk, one.occurred_at)
        for one in by_id.values()
        if one.partnership_id and one.verdict == Verdict.VALID and not one.is_test
    ]
    over = [by_id[key] for key in caps.take(wanted)]
    for one in over:
        one.verdict, one.reason = Verdict.SUSPECT, caps.OVER_CAP
    bring_before("CAP", over)
    return over
