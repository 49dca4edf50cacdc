"""What is found opens a case or refreshes it; rules that hold, hold the conversions that show the pattern."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from tracking.models import Conversion, QualitySignal, Verdict
from tracking.quality import cases
from tracking.quality.queries import select
from tracking.quality.rules import CODES, HOLD, RULES
from tracking.quality.statistics.samples import MONTH, Found

MOST_HELD: Final = 5_000


def bring(found: Found, now: datetime) -> bool:
    case = cases.refresh(
        found.partnership,
        found.rule,
        window=(now - found.window, now),
        evidence=found.evidence,
        action=found.action,
        is_lasting=found.is_lasting,
    )
    if case is None:
        return False
    if found.held and case.action == HOLD:
        shown = [row[0] for row in select(SHOWN.format(held=found.held), [found.partnership, now - found.window, now])]
        hold(case.pk, found.rule, shown, found.evidence)
    return True


SHOWN: Final = f"""
SELECT conversion.id FROM tracking_conversion AS conversion
JOIN advertisers_goal AS goal ON goal.id = conversion.goal_id
JOIN tracking_attribution AS attribution ON attribution.conversion_id = conversion.id
WHERE conversion.partnership_id = %s AND conversion.occurred_at >= %s AND conversion.occurred_at <= %s
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND {{held}}
    AND NOT EXISTS (SELECT FROM tracking_refund WHERE conversion_id = conversion.id)
ORDER BY conversion.occurred_at DESC LIMIT {MOST_HELD}"""  # noqa: S608


def hold(case: int, rule: str, conversions: Collection[UUID], inputs: dict[str, Any]) -> int:
    """Those that this rule has said nothing of before: what somebody cleared stays cleared."""
    known = QualitySignal.objects.filter(conversion__in=conversions, rule=rule).values_list("conversion_id", flat=True)
    fresh = set(conversions) - set(known)
    version = RULES[rule].version
    QualitySignal.objects.bulk_create(
        [
            QualitySignal(conversion_id=each, case_id=case, rule=rule, version=version, action=HOLD, inputs=inputs)
            for each in sorted(fresh)
        ],
        ignore_conflicts=True,
    )
    held = Conversion.objects.filter(pk__in=fresh, verdict=Verdict.VALID)
    return held.update(verdict=Verdict.SUSPECT, reason=RULES[rule].code, needs_settling=True)


def adopt_doubtful_clicks(now: datetime) -> int:
    """Conversions whose click's row came late, and turned out invalid, get their case."""
    found = Conversion.objects.filter(
        verdict=Verdict.SUSPECT, reason="invalid_click", signals=None, received_at__gte=now - MONTH
    ).select_related("attribution")
    number = 0
    for conversion in found[:MOST_HELD]:
        attribution, partnership = getattr(conversion, "attribution", None), conversion.partnership_id
        if attribution is None or partnership is None:
            continue
        rows = select(
            "SELECT reasons FROM tracking_click WHERE campaign_id = %s AND at = %s AND nonce = %s",
            [conversion.campaign_id, attribution.clicked_at, attribution.click_nonce],
        )
        reasons = rows[0][0] if rows else []
        rule = CODES[next((reason for reason in reasons if reason in CODES), "known_robot")].number
        with transaction.atomic():
            opened = cases.open_cases({(partnership, rule): conversion.occurred_at})
            hold(opened[partnership, rule], rule, [conversion.pk], {"click": reasons})
        number += 1
    return number
