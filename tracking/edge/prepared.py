"""A prepared statement whose parameters are arrays, a column of a group of rows each, in PostgreSQL's binary form.

For groups of a few rows psycopg's cursor costs more than their insertion: here libpq is driven directly.
"""

import asyncio
import struct
from collections.abc import Iterable, Sequence
from typing import Any, Final

from psycopg import AsyncConnection, errors, pq

type Db = AsyncConnection[tuple[Any, ...]]

BOOL, BYTES, BIGINT, SMALLINT, TEXT, UUID, JSONB = 16, 17, 20, 21, 25, 2950, 3802
_HEAD: Final = struct.Struct(">iiIii").pack
_LENGTH: Final = struct.Struct(">i").pack
NULL: Final = _LENGTH(-1)
FAILED: Final = pq.ExecStatus.FATAL_ERROR


def column(oid: int, cells: Sequence[bytes | None]) -> bytes:
    head, first = _HEAD(1, 1, oid, len(cells), 1), cells[0]
    if first is not None and cells.count(first) == len(cells):  # as most are in a group
        return head + (_LENGTH(len(first)) + first) * len(cells)
    return head + b"".join([NULL if cell is None else _LENGTH(len(cell)) + cell for cell in cells])


def columns(oids: Sequence[int], rows: Iterable[Sequence[bytes | None]]) -> list[bytes]:
    return [column(oid, cells) for oid, cells in zip(oids, zip(*rows, strict=True), strict=True)]


async def prepare(connection: Db, name: bytes, statement: str) -> None:
    connection.pgconn.send_prepare(name, statement.encode())
    await _result(connection)


async def execute(connection: Db, name: bytes, parameters: Sequence[bytes]) -> pq.abc.PGresult:
    """Raises psycopg's errors. When it is cancelled, the connection is of no more use."""
    connection.pgconn.send_query_prepared(name, parameters, [pq.Format.BINARY] * len(parameters), pq.Format.BINARY)
    return await _result(connection)


async def _result(connection: Db) -> pq.abc.PGresult:
    pgconn = connection.pgconn
    loop, socket = asyncio.get_running_loop(), pgconn.socket
    ready = asyncio.Event()
    while pgconn.flush():
        loop.add_writer(socket, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_writer(socket)
        ready.clear()
    loop.add_reader(socket, ready.set)
    last: pq.abc.PGresult | None = None
    try:
        while True:
            while pgconn.is_busy():
                await ready.wait()
                ready.clear()
                pgconn.consume_input()
            found = pgconn.get_result()
            if found is None:
                break
            last = found
    finally:
        loop.remove_reader(socket)
    assert last  # noqa: S101  a statement has a result
    if last.status == FAILED:
        raise errors.error_from_result(last)
    return last
