"""Who unsubscribed from whom, as 64 bit numbers: a million of them take 8 MB.

Rows are only ever added. Two recipients meet in one number once in 10^13 pairs.
"""

from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from tracking.snapshot.holding import Snapshot
from tracking.snapshot.kinds import BY_ID, Source
from tracking.snapshot.records import Row

FRESH: Final = 8192


class Suppressed:
    def __init__(self) -> None:
        self.advertisers: set[int] = set()
        self._fresh: set[int] = set()
        self._sorted: array[int] = array("Q")

    def has(self, advertiser: int, publisher: int, recipient: str) -> bool:
        """`recipient` is a hash of the address in hexadecimal, or the publisher's own label."""
        return self._holds(_number(advertiser, 0, recipient)) or self._holds(_number(advertiser, publisher, recipient))

    def add(self, advertiser: int, publisher: int, recipient: str) -> None:
        """`publisher` 0: known by a hash, so to all."""
        self.advertisers.add(advertiser)
        self._fresh.add(_number(advertiser, publisher, recipient))
        if len(self._fresh) > max(FRESH, len(self._sorted) // 8):
            self._sorted = array("Q", sorted({*self._sorted, *self._fresh}))
            self._fresh.clear()

    def packed(self) -> list[str | list[int]]:
        numbers = array("Q", [*self._sorted, *self._fresh])
        return [b64encode(numbers.tobytes()).decode(), sorted(self.advertisers)]

    def unpack(self, numbers: str, advertisers: list[int]) -> None:
        found = array("Q")
        found.frombytes(b64decode(numbers))
        self._sorted = array("Q", sorted(found))
        self.advertisers = set(advertisers)

    def _holds(self, number: int) -> bool:
        if number in self._fresh:
            return True
        place = bisect_left(self._sorted, number)
        return place < len(self._sorted) and self._sorted[place] == number


def _number(advertiser: int, publisher: int, recipient: str) -> int:
    text = f"{advertiser}\n{publisher}\n{recipient.strip().lower() if not publisher else recipient}"
    return int.from_bytes(blake2b(text.encode("utf-8", "replace"), digest_size=8).digest())


def suppressed(snapshot: Snapshot) -> Suppressed:
    found: Suppressed = snapshot.tables.setdefault("suppression", {}).setdefault("", Suppressed())
    return found


class Suppressions:
    name: Final = "suppression"
    sources: Final = (Source("advertisers_suppression"),)
    sql: Final = f"""
        SELECT id, advertiser_id, publisher_id, sha256, md5, label FROM advertisers_suppression {BY_ID.format("id")}
        """  # noqa: S608

    def take(self, snapshot: Snapshot, row: Row) -> None:
        known = suppressed(snapshot)
        if len(row) == 2:  # from a copy on the disk
            known.unpack(*row)
            return
        _, advertiser, publisher, sha256, md5, label = row
        for recipient in filter(None, (sha256, md5)):
            known.add(advertiser, 0, recipient)
        if label:
            known.add(advertiser, publisher, label)

    def forget(self, snapshot: Snapshot, key: str) -> None:
        """Nothing is taken off a list."""

    def rows(self, snapshot: Snapshot) -> Iterable[Row]:
        return [suppressed(snapshot).packed()]
