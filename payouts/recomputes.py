"""What judging the past again would cost or save, by publisher; and the work itself, in portions."""

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import structlog
from django.db import DatabaseError

from advertisers.models import CommissionRule, GoalKind
from network.money import Money
from payouts import accrual
from payouts.arithmetic import Terms, target
from payouts.models import Commission, CommissionStatus
from publishers.models import Partnership
from tracking.models import DailyCount, QualityRun, RunStatus, Verdict
from tracking.quality import recompute
from tracking.quality.recompute import Move

log = structlog.get_logger(__name__)


def work(*, until: float) -> int:
    """Portions of all runs that are under way; their number."""
    done = 0
    active = [RunStatus.PREVIEWING, RunStatus.APPLYING]
    for run in QualityRun.objects.filter(status__in=active).order_by("pk").values_list("pk", flat=True):
        try:
            while time.monotonic() < until and recompute.portion(run, _note):
                done += 1
        except DatabaseError:
            raise
        except Exception:
            log.exception("recompute.failed", run=run)
            QualityRun.objects.filter(pk=run).update(status=RunStatus.FAILED)
    return done


def _note(run: QualityRun, moves: list[Move]) -> None:
    """The commissions of the conversions that would change, in minor units, by partnership."""
    known = {
        (each.conversion_id, each.partnership_id): each
        for each in Commission.objects.filter(conversion__in=[move.conversion for move in moves])
        if not each.is_final
    }
    money = run.preview.setdefault("money", {})
    for move in moves:
        conversion = move.conversion
        commission = known.get((conversion.pk, conversion.partnership_id or 0))
        amounts = money.setdefault(str(conversion.partnership_id), {})
        after = move.after[0]
        if commission is None:
            if after != Verdict.INVALID:
                _add(amounts, "paid", _price(move))
            continue
        is_held = commission.status == CommissionStatus.HELD
        if after == Verdict.INVALID:
            _add(amounts, "taken", commission.amount)
        elif after == Verdict.SUSPECT and commission.status in {CommissionStatus.PENDING, CommissionStatus.APPROVED}:
            _add(amounts, "held", commission.amount)
        elif after == Verdict.VALID and is_held:
            _add(amounts, "released", commission.amount)


def _price(move: Move) -> int:
    price = accrual.priced(move.conversion)
    if not isinstance(price, accrual.Price):
        return 0
    return target(Terms.of(price.plan, price.rule), base=move.conversion.amount or 0).amount


def _add(amounts: dict[str, int], name: str, amount: int) -> None:
    if amount:
        amounts[name] = amounts.get(name, 0) + amount


@dataclass(slots=True)
class Line:
    """What changes for one publisher in one campaign. Amounts are commissions."""

    partnership: Partnership
    counts: dict[str, int] = field(default_factory=dict)
    money: dict[str, Money] = field(default_factory=dict)

    @property
    def clicks(self) -> int:
        return self.counts.get("clicks_valid", 0) - self.counts.get("clicks_invalid", 0)

    @property
    def impressions(self) -> int:
        return self.counts.get("impressions_valid", 0) - self.counts.get("impressions_invalid", 0)

    @property
    def held(self) -> int:
        return self.counts.get("valid_suspect", 0) + self.counts.get("invalid_suspect", 0)

    @property
    def released(self) -> int:
        return self.counts.get("suspect_valid", 0) + self.counts.get("invalid_valid", 0)

    @property
    def declined(self) -> int:
        return self.counts.get("valid_invalid", 0) + self.counts.get("suspect_invalid", 0)


def lines(run: QualityRun) -> list[Line]:
    """Of the preview; of a run that is applied, what was done. The largest changes first."""
    told: dict[str, Any] = run.done if run.status in {RunStatus.APPLYING, RunStatus.DONE} else run.preview
    counts = recompute.changes_of(told)
    amounts: dict[int, dict[str, int]] = defaultdict(dict)
    for key, each in run.preview.get("money", {}).items():
        amounts[int(key)] |= each
    for name, days in (("clicks", "days"), ("impressions", "impression_days")):
        for partnership, amount in _of_counts(name, run.preview.get(days, {})).items():
            amounts[partnership][name] = amount
    found = Partnership.objects.filter(pk__in=counts.keys() | amounts.keys()).select_related(
        "publisher", "campaign__advertiser"
    )
    made = [
        Line(
            one,
            counts.get(one.pk, {}),
            {name: Money(amount, one.campaign.currency) for name, amount in amounts[one.pk].items() if amount},
        )
        for one in found
    ]
    return sorted(made, key=lambda line: (-sum(line.counts.values()), line.partnership.pk))


GOALS: Final = {"clicks": GoalKind.CLICK, "impressions": GoalKind.IMPRESSION}


def _of_counts(name: str, days: dict[str, int]) -> dict[int, int]:
    """What the clicks, or impressions, of these days earn more, or less, at their plans' prices, rounded as the books round
    them."""
    changes = {_key(text): number for text, number in days.items()}
    found: dict[int, int] = defaultdict(int)
    for (partnership, day, version), number in changes.items():
        rule = _rule(partnership, version, GOALS[name])
        if rule is None:
            continue
        rows = DailyCount.objects.filter(partnership_id=partnership, day=day, plan_version=version)
        now = sum(rows.values_list(name, flat=True))
        terms = Terms.of(rule.plan, rule)
        found[partnership] += target(terms, count=max(0, now + number)).amount - target(terms, count=now).amount
    return found


def _key(text: str) -> tuple[int, date, int]:
    partnership, day, version = text.split(" ")
    return int(partnership), date.fromisoformat(day), int(version)


def _rule(partnership: int, version: int, kind: GoalKind) -> CommissionRule | None:
    rules = CommissionRule.objects.filter(
        plan__campaign__in=Partnership.objects.filter(pk=partnership).values("campaign"),
        plan__version=version,
        goal__kind=kind,
    )
    return rules.select_related("plan", "goal").first()


def totals(found: Iterable[Line]) -> dict[str, int]:
    found = list(found)
    return {
        name: sum(getattr(line, name) for line in found)
        for name in ("clicks", "impressions", "held", "released", "declined")
    }
