"""Rules about whole partnerships, every hour, over rollups and conversions. Each needs a minimum sample and, where it is
about a rate, looks at the campaign's other publishers first: what all of them have is the campaign's nature.

What is found opens a case or refreshes it. Rules that hold, hold the conversions that show the pattern.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tracking.quality.statistics import accounts, hidden, holding, outcomes, rates, software, stays, traffic
from tracking.quality.statistics.samples import Found, Subject, gather


def run(now: datetime | None = None) -> int:
    """All rules once; the number of cases opened or refreshed."""
    now = now or timezone.now()
    subjects = gather(now)
    traffic.pulse(now)
    number = 0
    for found in find(subjects, now):
        with transaction.atomic():
            number += holding.bring(found, now)
    holding.adopt_doubtful_clicks(now)
    return number


def find(subjects: Collection[Subject], now: datetime) -> Iterator[Found]:
    campaigns: dict[int, list[Subject]] = defaultdict(list)
    for subject in subjects:
        campaigns[subject.campaign].append(subject)
    for members in campaigns.values():
        for subject in members:
            others = [other for other in members if other.id != subject.id]
            yield from rates.timing(subject, others)
            yield from rates.rate(subject, others)
    by_id = {subject.id: subject for subject in subjects}
    yield from traffic.bursts(by_id, now)
    yield from software.old_software(by_id, now)
    yield from traffic.sub_ids(by_id, now)
    yield from traffic.referrers(by_id, now)
    yield from outcomes.refunds(by_id, now)
    yield from outcomes.customers(by_id, now)
    yield from traffic.woken_up(by_id, now)
    yield from outcomes.unconfirmed(by_id, now)
    yield from stays.stays(by_id, now)
    yield from hidden.hidden(by_id, now)
    yield from accounts.accounts(by_id, now)
