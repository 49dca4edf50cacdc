"""R36 and R37: a publisher's second account, and the account of one who was suspended."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from tracking.quality.accounts import Twin, is_suspended, twins
from tracking.quality.statistics.samples import Found, Subject

BY_LOGIN: Final = "address"
ALSO_BY_LOGIN: Final = 2  # of the thresholds: an office or a carrier's address is many people's


def accounts(subjects: dict[int, Subject], now: datetime) -> Iterator[Found]:
    """The later account's conversions are held; of a suspended publisher's all others."""
    known = twins({subject.publisher for subject in subjects.values()})
    for subject in subjects.values():
        others = known.get(subject.publisher, [])
        banned = [twin for twin in others if is_suspended(twin)]
        earlier = [twin for twin in others if not is_suspended(twin) and twin.organization.pk < subject.publisher]
        yield from _first("R37", subject, banned, subject.values["banned_elsewhere"])
        yield from _first("R36", subject, earlier, subject.values["duplicate_account"])


def _first(rule: str, subject: Subject, those: list[Twin], how: int) -> Iterator[Found]:
    for twin in those:
        same = [each for each in twin.same if each != BY_LOGIN or how == ALSO_BY_LOGIN]
        if how and same:
            evidence = {"same": same, "account": twin.organization.public_id}
            yield Found(rule, subject.id, evidence, held="true", is_lasting=True)
            return
