"""R20: buyers whose address is that of a VPN, a proxy or Tor, by the operator's list."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from tracking.quality.queries import select
from tracking.quality.statistics.samples import WEEK, Found, Subject, compared

HIDDEN: Final = """
SELECT facts.partnership_id, facts.campaign_id, count(*) FILTER (WHERE facts.is_hidden), count(*)
FROM tracking_qualityfacts AS facts JOIN tracking_conversion AS conversion ON conversion.id = facts.conversion_id
WHERE facts.at >= %s AND facts.at <= %s AND facts.is_hidden IS NOT NULL
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND facts.partnership_id IS NOT NULL
GROUP BY 1, 2"""
HELD: Final = (
    "EXISTS (SELECT FROM tracking_qualityfacts AS facts WHERE facts.conversion_id = conversion.id AND facts.is_hidden)"
)


def hidden(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """Where everybody hides, as in whole countries, hiding tells nothing: the share is compared with that of others."""
    found = select(HIDDEN, [now - WEEK, now])
    for partnership, campaign, part, whole in found:
        subject = subjects.get(partnership)
        if subject is None or whole < max(subject.values["least_conversions"], 1):
            continue
        rest = [row for row in found if row[1] == campaign and row[0] != partnership]
        others = sum(row[2] for row in rest), sum(row[3] for row in rest)
        values = subject.values
        if figures := compared(part, whole, *others, values["hidden_percent"], values["least_conversions"]):
            yield Found("R20", partnership, figures, held=HELD)
