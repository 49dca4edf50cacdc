"""A million links in little memory: each row is one JSON text in a packed segment, found by a table of hashes.

A Python object per link would cost five times as much. What is asked for often is kept unpacked by the edge's routes.
Single-threaded, like the loop that uses it.
"""

from array import array
from collections.abc import Iterator
from typing import Final

import orjson

from tracking.snapshot.records import Link, Row

SEGMENT: Final = 1 << 16
_POSITION: Final = SEGMENT - 1
_LOW: Final = 0xFFFFFFFF
_EMPTY: Final = 0
_GONE: Final = _LOW  # a slot whose link was dropped; the search goes on behind it


class PackedLinks:
    """By code. A slot holds 32 bits of the code's hash and 32 bits of place: number of the segment, position in it."""

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * 1024))
        self._ages = bytearray(1024)  # of the slots: the reload in which the link was last seen
        self._age = 1
        self._taken = 0  # slots that are not empty
        self._count = 0
        self._segments: list[bytearray] = [bytearray(b"\0" * 8)]  # so that no place is 0
        self._wasted = [8]  # bytes of dropped rows, by segment
        self._free: list[int] = []  # segments without content
        self._last = 0  # the segment that is being filled

    def __len__(self) -> int:
        return self._count

    def get(self, code: str) -> Link | None:
        slot = self._find(code)
        if slot < 0:
            return None
        row = orjson.loads(self._record(self._slots[slot] & _LOW))
        return Link._make([*row[:5], tuple(row[5]), *row[6:]])

    def put(self, row: Row) -> bool:
        """Whether that changed anything."""
        code, record = row[1], orjson.dumps(row if type(row) in {list, tuple} else [*row])
        slot = self._find(code)
        if slot < 0:
            self._insert(hash(code) & _LOW, self._stored(record))
            self._count += 1
            return True
        self._ages[slot] = self._age
        place = self._slots[slot] & _LOW
        if self._record(place) == record:
            return False
        self._slots[slot] = self._slots[slot] & ~_LOW | self._stored(record)
        self._waste(place)
        return True

    def pop(self, code: str) -> None:
        if (slot := self._find(code)) >= 0:
            self._drop(slot)

    def begin_reload(self) -> None:
        """All rows follow by `put`; what was not among them goes with `end_reload`."""
        self._age = self._age % 255 + 1

    def end_reload(self) -> Iterator[str]:
        """The codes that are dropped, one by one."""
        for slot in range(len(self._slots)):
            if self._is_taken(slot) and self._ages[slot] != self._age:
                yield orjson.loads(self._record(self._slots[slot] & _LOW))[1]
                self._drop(slot)

    def records(self, portion: int = 1000) -> Iterator[list[bytes]]:
        """All rows as JSON, in portions between which links may change: then an older state may come along, before."""
        slots, start = self._slots, 0
        while start < len(self._slots):
            if self._slots is not slots:  # it has grown: all have moved
                slots, start = self._slots, 0
            part = range(start, min(start + portion, len(slots)))
            yield [self._record(slots[slot] & _LOW) for slot in part if self._is_taken(slot)]
            start += portion

    def _find(self, code: str) -> int:
        """The slot of the code, or -1."""
        slots, mask, tag = self._slots, len(self._slots) - 1, hash(code) & _LOW
        slot = tag & mask
        while value := slots[slot]:
            if value >> 32 == tag and value != _GONE and orjson.loads(self._record(value & _LOW))[1] == code:
                return slot
            slot = slot + 1 & mask
        return -1

    def _insert(self, tag: int, place: int) -> None:
        if (self._taken + 1) * 3 > len(self._slots) * 2:
            self._grow()
        slot = _vacant(self._slots, tag)
        self._slots[slot] = tag << 32 | place
        self._ages[slot] = self._age
        self._taken += 1

    def _grow(self) -> None:
        size = len(self._slots) * (2 if self._count * 3 > len(self._slots) else 1)  # else only what is gone goes
        slots, ages, taken = array("Q", bytes(8 * size)), bytearray(size), 0
        for old, value in enumerate(self._slots):
            if value not in {_EMPTY, _GONE}:
                slot = _vacant(slots, value >> 32)
                slots[slot], ages[slot] = value, self._ages[old]
                taken += 1
        self._slots, self._ages, self._taken = slots, ages, taken

    def _drop(self, slot: int) -> None:
        place = self._slots[slot] & _LOW
        self._slots[slot] = _GONE
        self._count -= 1
        self._waste(place)

    def _is_taken(self, slot: int) -> bool:
        return self._slots[slot] not in {_EMPTY, _GONE}

    def _record(self, place: int) -> bytes:
        segment, start = self._segments[place >> 16], place & _POSITION
        length = segment[start] << 8 | segment[start + 1]
        return bytes(segment[start + 2 : start + 2 + length])

    def _stored(self, record: bytes) -> int:
        """Its place."""
        segment = self._segments[self._last]
        if len(segment) + len(record) + 2 > SEGMENT:
            segment[:] = bytes(segment)  # gives back what it reserved for growing
            self._last = self._free.pop() if self._free else len(self._segments)
            if self._last == len(self._segments):
                self._segments.append(bytearray())
                self._wasted.append(0)
            segment = self._segments[self._last]
        place = self._last << 16 | len(segment)
        segment += len(record).to_bytes(2) + record
        return place

    def _waste(self, place: int) -> None:
        """A row is no longer there. A segment that is more gaps than rows is packed anew."""
        number = place >> 16
        self._wasted[number] += len(self._record(place)) + 2
        if number != self._last and self._wasted[number] * 2 > len(self._segments[number]):
            self._pack(number)

    def _pack(self, number: int) -> None:
        segment, start = self._segments[number], 0
        while start < len(segment):
            record = self._record(number << 16 | start)
            if record and (slot := self._find(orjson.loads(record)[1])) >= 0:
                value = self._slots[slot]
                if value & _LOW == number << 16 | start:
                    self._slots[slot] = value & ~_LOW | self._stored(record)
            start += len(record) + 2
        self._segments[number] = bytearray()
        self._wasted[number] = 0
        self._free.append(number)


def _vacant(slots: "array[int]", tag: int) -> int:
    mask = len(slots) - 1
    slot = tag & mask
    while slots[slot] not in {_EMPTY, _GONE}:
        slot = slot + 1 & mask
    return slot
