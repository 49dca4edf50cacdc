"""Values as PostgreSQL's binary COPY wants them: length, then bytes, big-endian. A row is a join of such pieces, most of
which are the same for thousands of rows and are made once.
"""

import socket
from collections.abc import Iterable
from datetime import date
from struct import Struct
from typing import Final

import orjson

HEADER: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
TRAILER: Final = b"\xff\xff"
NULL: Final = b"\xff\xff\xff\xff"
EMPTY: Final = bytes(4)
TRUE: Final = b"\x00\x00\x00\x01\x01"
FALSE: Final = b"\x00\x00\x00\x01\x00"
EPOCH_MICROSECONDS: Final = 946_684_800_000_000  # of 2000-01-01, PostgreSQL's zero
VARCHAR: Final = 1043  # its oid
NO_TEXTS: Final = b"\x00\x00\x00\x0c" + bytes(8) + VARCHAR.to_bytes(4)

_length = Struct(">i").pack
_bigint = Struct(">iq").pack
_integer = Struct(">ii").pack
_array = Struct(">iiiiii").pack
_first_day = date(2000, 1, 1).toordinal()


def text(value: str) -> bytes:
    raw = value.encode()
    return _length(len(raw)) + raw


def bigint(value: int | None) -> bytes:
    return NULL if value is None else _bigint(8, value)


def integer(value: int) -> bytes:
    return _integer(4, value)


def boolean(value: bool) -> bytes:  # noqa: FBT001
    return TRUE if value else FALSE


def day(value: date) -> bytes:
    return _integer(4, value.toordinal() - _first_day)


def microseconds(at_ms: int) -> int:
    """What stands for a moment, after its length of 8."""
    return at_ms * 1000 - EPOCH_MICROSECONDS


def inet(address: str | None) -> bytes:
    """Raises OSError for what is no address."""
    if not address:
        return NULL
    if ":" in address:
        return b"\x00\x00\x00\x14\x03\x80\x00\x10" + socket.inet_pton(socket.AF_INET6, address)
    return b"\x00\x00\x00\x08\x02\x20\x00\x04" + socket.inet_pton(socket.AF_INET, address)


def texts(values: Iterable[str]) -> bytes:
    """An array of varchar."""
    packed = [text(value) for value in values]
    if not packed:
        return NO_TEXTS
    inner = b"".join(packed)
    return _array(20 + len(inner), 1, 0, VARCHAR, len(packed), 1) + inner


def json(value: object) -> bytes:
    """jsonb; NULL for what is empty."""
    if not value:
        return NULL
    raw = orjson.dumps(value)
    return _length(len(raw) + 1) + b"\x01" + raw
