"""Who unsubscribed from whom, as 64 bit numbers: a million of them take 8 MB.

Rows are only ever added. Two recipients meet in one number once in 10^13 pairs.
"""

from array import array
from base64 import b64decode, b64encode
from bisect import bisect_left, insort
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from tracking.snapshot.holding import Snapshot
from tracking.snapshot.kinds import BY_ID, Source
from tracking.snapshot.records import Row

SHELVES: Final = 1024
_ON_SHELF: Final = 64 - 10  # the first ten bits say the shelf


class Suppressed:
    """Sorted numbers on shelves by their first bits: one more moves only those of its shelf, so that nobody waits for it."""

    def __init__(self) -> None:
        self.advertisers: set[int] = set()
        self._shelves = _shelves()

    def has(self, advertiser: int, publisher: int, recipient: str) -> bool:
        """`recipient` is a hash of the address in hexadecimal, or the publisher's own label."""
        return self._holds(_number(advertiser, 0, recipient)) or self._holds(_number(advertiser, publisher, recipient))

    def add(self, advertiser: int, publisher: int, recipient: str) -> bool:
        """`publisher` 0: known by a hash, so to all. Whether it is the advertiser's first."""
        is_first = advertiser not in self.advertisers
        self.advertisers.add(advertiser)
        number = _number(advertiser, publisher, recipient)
        if not self._holds(number):
            insort(self._shelves[number >> _ON_SHELF], number)
        return is_first

    def packed(self) -> list[str | list[int]]:
        numbers = b"".join(shelf.tobytes() for shelf in self._shelves)
        return [b64encode(numbers).decode(), sorted(self.advertisers)]

    def unpack(self, numbers: str, advertisers: list[int]) -> None:
        found = array("Q")
        found.frombytes(b64decode(numbers))
        self.advertisers, self._shelves = set(advertisers), _shelves()
        for number in found:
            self._shelves[number >> _ON_SHELF].append(number)

    def _holds(self, number: int) -> bool:
        shelf = self._shelves[number >> _ON_SHELF]
        place = bisect_left(shelf, number)
        return place < len(shelf) and shelf[place] == number


def _shelves() -> list["array[int]"]:
    return [array("Q") for _ in range(SHELVES)]


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
