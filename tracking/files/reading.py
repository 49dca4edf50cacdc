"""Bytes of a file → rows. What people save from spreadsheets is detected: byte order marks, UTF-16, windows-1256, the
separator, mixed ends of lines. A row's `end` is the byte behind it: reading goes on from there after a break.
"""

import codecs
import csv
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, Final, NamedTuple

from django.utils.translation import gettext_lazy as _

from network.errors import DomainError

PIECE: Final = 256 * 1024
MAX_LINE: Final = 1024 * 1024
MAX_COLUMNS: Final = 200
SEPARATORS: Final = ",;\t|،"
LOOK: Final = 64 * 1024
MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class UnreadableFile(DomainError):
    code = "unreadable_file"
    message = _("This is no text file with rows. Save it as CSV.")


class TooManyColumns(DomainError):
    code = "too_many_columns"
    message = _("A row has at most 200 columns; this file has more. Is it the right one?")


class RowTooLong(DomainError):
    code = "row_too_long"
    message = _("A row of this file is longer than one megabyte. Is a closing quote missing?")


class EmptyFile(DomainError):
    code = "empty_file"
    message = _("The file has no rows: the first line names the columns, the others are data.")


class Row(NamedTuple):
    cells: list[str]
    end: int


@dataclass(frozen=True, slots=True)
class Shape:
    """`delimiter` empty: one JSON object a line. `start`: where the data begins, behind the header."""

    delimiter: str
    header: list[str]
    start: int


def encoding_of(file: IO[bytes]) -> str:
    """Of the whole file: marks first, then UTF-8 if all of it is, else windows-1256."""
    file.seek(0)
    head = file.read(LOOK)
    for mark, name in MARKS:
        if head.startswith(mark):
            return name
    if len(head) > 3 and head[1::2].count(0) > len(head) // 3:
        return "utf-16-le"
    if len(head) > 3 and head[::2].count(0) > len(head) // 3:
        return "utf-16-be"
    if 0 in head:
        raise UnreadableFile
    decoder = codecs.getincrementaldecoder("utf-8")()
    file.seek(0)
    try:
        while piece := file.read(PIECE):
            decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return "windows-1256"
    return "utf-8"


def pieces(file: IO[bytes], encoding: str) -> Iterator[bytes]:
    """The text in UTF-8, without a mark."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while raw := file.read(PIECE):
            if text := decoder.decode(raw):
                yield text.encode()
        if text := decoder.decode(b"", final=True):
            yield text.encode()
    except UnicodeDecodeError:
        raise UnreadableFile from None


type ReadAt = Callable[[int], bytes]
"""The bytes from there on, some of them; empty at the end."""


def lines(read: ReadAt, start: int) -> Iterator[tuple[bytes, int]]:
    """Each line with its end of line, and the byte behind it. All three ends of lines count."""
    place, rest = start, b""
    while piece := read(place + len(rest)):
        found = (rest + piece).splitlines(keepends=True)
        rest = found.pop()  # it may go on, as may a \r whose \n is still to come
        for line in found:
            place += len(line)
            yield line, place
        if len(rest) > MAX_LINE:
            raise RowTooLong
    for line in rest.splitlines(keepends=True):
        place += len(line)
        yield line, place


def shape_of(read: ReadAt) -> Shape:
    head = read(0)
    if not head.strip():
        raise EmptyFile
    first = head.lstrip()[:1]
    if first == b"{":
        return Shape("", [], 0)
    sample = [line.decode("utf-8", "replace") for line in head.splitlines()[:21]]
    if sample and sample[0].lower().startswith("sep=") and len(sample[0]) == 5:
        header_start, delimiter = len(head.splitlines(keepends=True)[0]), sample[0][4]
    else:
        header_start, delimiter = 0, _delimiter(sample)
        if sample[0].count(delimiter) >= MAX_COLUMNS and sample[0].count('"') < MAX_COLUMNS:
            raise TooManyColumns
    for row in _separated(read, header_start, delimiter):
        if any(cell.strip() for cell in row.cells):
            return Shape(delimiter, [cell.strip()[:200] for cell in row.cells], row.end)
    raise EmptyFile


def rows(read: ReadAt, shape: Shape, start: int) -> Iterator[Row]:
    """From `start` on; empty lines are left out. Raises TooManyColumns, RowTooLong."""
    return _separated(read, start, shape.delimiter) if shape.delimiter else _objects(read, start, shape.header)


def _separated(read: ReadAt, start: int, delimiter: str) -> Iterator[Row]:
    end = start

    def text() -> Iterator[str]:
        nonlocal end
        for line, place in lines(read, start):
            end = place
            if line.count(delimiter.encode()) >= MAX_COLUMNS and line.count(b'"') < MAX_COLUMNS:
                raise TooManyColumns
            yield _storable(line.decode("utf-8", "replace"))

    csv.field_size_limit(MAX_LINE)
    reader = csv.reader(text(), delimiter=delimiter)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise RowTooLong from None
        if len(cells) > MAX_COLUMNS:
            raise TooManyColumns
        if any(cells):
            yield Row(cells, end)


def _objects(read: ReadAt, start: int, header: list[str]) -> Iterator[Row]:
    """One JSON object a line; the values in the order of `header`. A line that is none is a row without cells."""
    for line, end in lines(read, start):
        if not line.strip():
            continue
        found = _object(line)
        yield Row([] if found is None else [_plain(found.get(name)) for name in header], end)


def names_of_objects(read: ReadAt, number: int = 100) -> list[str]:
    """The names in the first objects of a file, as its header."""
    names: dict[str, None] = {}
    for place, (line, _end) in enumerate(lines(read, 0)):
        if place >= number:
            break
        names |= dict.fromkeys(name[:200] for name in _object(line) or ())
    if len(names) > MAX_COLUMNS:
        raise TooManyColumns
    return list(names)


def _object(line: bytes) -> dict[str, object] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return {_storable(name): value for name, value in found.items()} if isinstance(found, dict) else None


def _plain(value: object) -> str:
    if value is None:
        return ""
    return _storable(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))


def _storable(text: str) -> str:
    """Without what PostgreSQL cannot keep; the sign in its place is refused where ids are read."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()


def _delimiter(sample: list[str]) -> str:
    """The one by which most lines have as many columns as the first one, and that is the more the better."""

    def score(delimiter: str) -> tuple[int, int]:
        try:
            widths = [len(row) for row in csv.reader(sample[:-1] or sample, delimiter=delimiter) if row]
        except csv.Error:  # a quote that is never closed
            widths = []
        width = widths[0] if widths else 0
        return (sum(one == width for one in widths) if width > 1 else 0), width

    best = max(SEPARATORS, key=score)
    return best if score(best)[0] else ","
