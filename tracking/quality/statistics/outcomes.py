"""Rules about what became of conversions: refunds, existing customers, reports that no server confirmed."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from math import exp, lgamma, log
from typing import Final

from tracking.quality.queries import select
from tracking.quality.statistics.samples import MONTH, WEEK, Found, Subject

CHANCE: Final = 0.001  # of an honest publisher to be taken for one who is not

OUTCOMES: Final = """
SELECT conversion.partnership_id, conversion.campaign_id, count(*),
    count(*) FILTER (WHERE refund.refunded OR conversion.reported_status = 'declined'),
    count(*) FILTER (WHERE refund.charged_back OR conversion.reported_reason ILIKE '%%charge%%back%%')
FROM advertisers_campaign AS campaign
JOIN tracking_conversion AS conversion ON conversion.campaign_id = campaign.id
    AND conversion.occurred_at >= %s AND conversion.occurred_at <= %s
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND conversion.partnership_id IS NOT NULL
    AND conversion.amount IS NOT NULL
CROSS JOIN LATERAL (
    SELECT count(*) > 0 AS refunded, count(*) FILTER (WHERE reason ILIKE '%%charge%%back%%') > 0 AS charged_back
    FROM tracking_refund WHERE conversion_id = conversion.id
) AS refund
GROUP BY 1, 2"""


def refunds(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R32: of the sales of 30 days. The commissions of those that were not refunded are held."""
    rows = select(OUTCOMES, [now - MONTH, now])
    for partnership, campaign, number, refunded, charged_back in rows:
        subject = subjects.get(partnership)
        if subject is None or number < subject.values["least_conversions"]:
            continue
        values = subject.values
        rest = [row for row in rows if row[1] == campaign and row[0] != partnership]
        others = sum(row[2] for row in rest)
        usual = 100 * sum(row[3] for row in rest) / others if others >= values["least_conversions"] else None
        percent, charged = 100 * refunded / number, 100 * charged_back / number
        figures = {"sales": number, "percent": round(percent, 1), "chargebacks": round(charged, 1)}
        if usual is not None:
            figures["others"] = round(usual, 1)
        above = values["refund_percent"] and percent > values["refund_percent"]
        twice = (
            usual is not None
            and values["refund_times"]
            and percent > values["refund_times"] * usual
            and _is_more_than_chance(refunded, number, sum(row[3] for row in rest), others)
        )
        if above or twice or (values["chargeback_percent"] and charged > values["chargeback_percent"]):
            limits = {"most": values["refund_percent"], "most_chargebacks": values["chargeback_percent"]}
            yield Found("R32", partnership, figures | limits, held="true", window=MONTH)


def _is_more_than_chance(part: int, whole: int, other: int, others: int) -> bool:
    """Whether so many of `whole` are too many for the share that others have; of few orders some come back by chance."""
    share = (other + 1) / (others + 2)  # Laplace: nothing is impossible because it has not been seen yet
    return at_least(part, whole, share) < CHANCE


def at_least(part: int, whole: int, share: float) -> float:
    """The probability of `part` or more among `whole`, each with the probability `share`: the upper tail of the binomial
    distribution, summed from `part` up; exact also for few. `part` lies above the mean, so the terms only get smaller."""
    ways = lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)
    term = exp(ways + part * log(share) + (whole - part) * log(1 - share))
    total, odds = term, share / (1 - share)
    for number in range(part, whole):
        term *= (whole - number) / (number + 1) * odds
        total += term
        if term < total * 1e-9:
            break
    return total


CUSTOMERS: Final = """
SELECT conversion.partnership_id, conversion.campaign_id, count(*), count(*) FILTER (WHERE customer = 'returning')
FROM advertisers_campaign AS campaign
JOIN tracking_conversion AS conversion ON conversion.campaign_id = campaign.id
    AND conversion.occurred_at >= %s AND conversion.occurred_at <= %s AND conversion.customer <> ''
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND conversion.partnership_id IS NOT NULL
GROUP BY 1, 2"""


def customers(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R33: of those whose kind the advertiser told, in 30 days."""
    rows = select(CUSTOMERS, [now - MONTH, now])
    for partnership, campaign, number, returning in rows:
        subject = subjects.get(partnership)
        if subject is None or number < subject.values["least_conversions"]:
            continue
        values, percent = subject.values, 100 * returning / number
        rest = [row for row in rows if row[1] == campaign and row[0] != partnership]
        others = sum(row[2] for row in rest)
        if others < values["least_conversions"] or not values["existing_percent"]:
            continue
        usual = 100 * sum(row[3] for row in rest) / others
        if percent > values["existing_percent"] and usual < values["existing_mean_percent"]:
            figures = {"conversions": number, "percent": round(percent, 1), "others": round(usual, 1)}
            yield Found("R33", partnership, {**figures, "most": values["existing_percent"]}, window=MONTH)


UNCONFIRMED: Final = """
SELECT conversion.partnership_id, conversion.campaign_id, count(*) FILTER (WHERE NOT is_trusted), count(*)
FROM advertisers_campaign AS campaign
JOIN tracking_conversion AS conversion ON conversion.campaign_id = campaign.id
    AND conversion.occurred_at >= %s AND conversion.occurred_at <= %s AND conversion.channel IN ('tag', 'pixel')
    AND NOT conversion.is_test AND conversion.verdict <> 'invalid' AND conversion.partnership_id IS NOT NULL
GROUP BY 1, 2"""
_DAY_OLD: Final = "NOT conversion.is_trusted AND conversion.received_at <= now() - interval '1 day'"


def unconfirmed(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """R40: of a browser's reports older than a day, where the campaign's server confirms them as a rule."""
    rows = select(UNCONFIRMED, [now - WEEK, now - timedelta(days=1)])
    for partnership, campaign, unconfirmed, number in rows:
        subject = subjects.get(partnership)
        if subject is None:
            continue
        confirmed = sum(row[3] - row[2] for row in rows if row[1] == campaign)
        values, percent = subject.values, 100 * unconfirmed / number
        if confirmed < values["least_conversions"] or number < values["least_conversions"]:
            continue
        if values["unconfirmed_percent"] and percent > values["unconfirmed_percent"]:
            evidence = {"reports": number, "percent": round(percent, 1), "most": values["unconfirmed_percent"]}
            held = f"conversion.channel IN ('tag', 'pixel') AND {_DAY_OLD}"
            yield Found("R40", partnership, evidence, held=held)
