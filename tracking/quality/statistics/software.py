"""R22: outdated systems and browsers among the clicks of conversions."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Final

import ua_parser

from advertisers.models import GoalKind
from tracking.quality.queries import select
from tracking.quality.statistics.samples import WEEK, Found, Subject

OLD: Final = {
    "Windows": 8.1,
    "iOS": 12,
    "Android": 7,
    "Mac OS X": 10.12,
    "Chrome": 79,
    "Chrome Mobile": 79,
    "Firefox": 77,
    "Safari": 12,
    "Mobile Safari": 12,
    "IE": 99,
}
"""The last major version that is outdated, by system and browser."""


AGENTS: Final = """
SELECT conversion.partnership_id, goal.kind, click.user_agent, count(*)
FROM advertisers_campaign AS campaign
JOIN tracking_conversion AS conversion ON conversion.campaign_id = campaign.id
    AND conversion.occurred_at >= %s AND conversion.occurred_at <= %s
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND conversion.partnership_id IS NOT NULL
JOIN advertisers_goal AS goal ON goal.id = conversion.goal_id
JOIN tracking_attribution AS attribution ON attribution.conversion_id = conversion.id
CROSS JOIN LATERAL (
    SELECT user_agent FROM tracking_click
    WHERE campaign_id = conversion.campaign_id AND at = attribution.clicked_at AND nonce = attribution.click_nonce
        AND user_agent <> '' OFFSET 0
) AS click
GROUP BY 1, 2, 3"""


def old_software(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R22: by the clicks of the conversions of a week."""
    seen: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])  # old, all, installs
    for partnership, kind, agent, number in select(AGENTS, [now - WEEK, now]):
        counts = seen[partnership]
        counts[0] += number * is_old(agent)
        counts[1] += number
        counts[2] += number * (kind == GoalKind.INSTALL)
    for partnership, (old, number, installs) in seen.items():
        subject = subjects.get(partnership)
        if subject is None or number < subject.values["least_conversions"]:
            continue
        most = subject.values["old_install_percent" if 2 * installs > number else "old_percent"]
        percent = 100 * old / number
        if most and percent > most:
            yield Found("R22", partnership, {"conversions": number, "percent": round(percent, 1), "most": most})


def is_old(user_agent: str) -> bool:
    parsed = ua_parser.parse(user_agent)
    for part in (parsed.os, parsed.user_agent):
        last = OLD.get(part.family) if part else None
        if part is None or not part.major or last is None:
            continue
        version = f"{part.major}.{part.minor or 0}" if "." in str(last) else part.major
        try:
            if _number(version) <= _number(str(last)):
                return True
        except ValueError:
            continue
    return False


def _number(version: str) -> tuple[int, ...]:
    if version in {"XP", "Vista", "NT", "95", "98", "2000", "ME"}:
        return (0,)
    return tuple(int(part) for part in version.split("."))
