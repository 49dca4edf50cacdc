"""What people save from spreadsheets, read row by row."""

import codecs
import io

import pytest

from tracking.files import cells, headers, reading
from tracking.files.reading import ReadAt
from tracking.models import FileKind


def source(text: bytes) -> ReadAt:
    return lambda place: text[place : place + 7]  # pieces so small that every line is torn


def whole(text: bytes) -> ReadAt:
    return lambda place: text[place:]


def table(raw: bytes) -> list[list[str]]:
    file = io.BytesIO(raw)
    text = b"".join(reading.pieces(file, reading.encoding_of(file)))
    shape = reading.shape_of(whole(text))
    return [shape.header, *(row.cells for row in reading.rows(source(text), shape, shape.start))]


TABLE = [["order", "amount"], ["1001", "10.50"], ["سفارش", "5"]]
TEXT = "order,amount\r\n1001,10.50\n\nسفارش,5\r"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "windows-1256"])
def test_it_finds_out_the_encoding(encoding: str) -> None:
    assert table(TEXT.encode(encoding)) == TABLE


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", "،"])
def test_it_finds_out_the_separator(separator: str) -> None:
    assert table(TEXT.replace(",", separator).encode()) == TABLE


def test_it_takes_the_separator_that_excel_names() -> None:
    assert table(b"sep=;\r\norder;amount,x\r\n1;2,5\r\n") == [["order", "amount,x"], ["1", "2,5"]]


def test_it_reads_quotes_and_lines_within_them() -> None:
    assert table(b'order,note\n"10""01","two\r\nlines, one cell"\n') == [
        ["order", "note"],
        ['10"01', "two\r\nlines, one cell"],
    ]


def test_it_goes_on_from_any_row() -> None:
    text = b'order,note\n1,"a\nb"\r\n2,c\r3,d\n'
    shape = reading.shape_of(whole(text))
    found = list(reading.rows(source(text), shape, shape.start))
    assert [row.cells[0] for row in found] == ["1", "2", "3"]
    assert [row.cells for row in reading.rows(source(text), shape, found[0].end)] == [["2", "c"], ["3", "d"]]


def test_it_refuses_what_is_no_table() -> None:
    for raw, error in (
        (b"", reading.EmptyFile),
        (b"\n\n", reading.EmptyFile),
        (b"\x89PNG\r\n\x1a\n\x00\x01", reading.UnreadableFile),
        (codecs.BOM_UTF16_LE + b"a", reading.UnreadableFile),
        (b"a," * 1_000_000, reading.TooManyColumns),
        (b'a,b\n"' + b"x" * 3_000_000, reading.RowTooLong),
    ):
        with pytest.raises(error):
            table(raw)


def test_it_guesses_columns_by_their_names() -> None:
    found = headers.guess(FileKind.UPLOAD, ["شماره سفارش", "مبلغ", "Coupon Code", "Order Date", "x"])
    assert found == {"order_id": 0, "amount": 1, "coupon": 2, "timestamp": 3}


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("۱٬۲۳۴٫۵", "1234.5"),
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("1 234,50 €", "1234.50"),
        ("$99", "99"),
        ("1,234", "1234"),
        ("12,5", "12.5"),
        ("-5", "-5"),
        ("abc", "abc"),
    ],
)
def test_it_reads_amounts(cell: str, amount: str) -> None:
    assert cells.amount(cell) == amount


@pytest.mark.parametrize(
    ("cell", "moment"),
    [
        ("2026-11-21T10:30:00Z", "2026-11-21T10:30:00Z"),
        ("2026-11-21 10:30", "2026-11-21T07:00:00+00:00"),
        ("21.11.2026", "2026-11-20T20:30:00+00:00"),
        ("۱۴۰۵/۰۸/۳۰ ۱۰:۳۰", "2026-11-21T07:00:00+00:00"),
        ("46347.4375", "2026-11-21T07:00:00+00:00"),
        ("1795257000", "1795257000"),
        ("", ""),
    ],
)
def test_it_reads_times(cell: str, moment: str) -> None:
    assert cells.moment(cell, "Asia/Tehran") == moment


@pytest.mark.parametrize("cell", ["tomorrow", "2026-13-01", "1/2/3", "32.01.2026"])
def test_it_guesses_no_time(cell: str) -> None:
    with pytest.raises(cells.BadTime):
        cells.moment(cell, "UTC")


def test_it_takes_no_time_beyond_the_calendar() -> None:
    with pytest.raises(cells.BadTime):
        cells.moment("9999/12/31 23:00", "America/New_York")


def test_it_keeps_leading_zeros_and_refuses_formulas() -> None:
    assert cells.text('="00123"') == "00123"
    with pytest.raises(cells.Formula):
        cells.text("=SUM(A1:A9)")


@pytest.mark.parametrize(
    "line",
    [
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a\\u0000": 1, "b": "x\\ud800y"}',
        b'{"a": ' + b"9" * 5_000 + b"}",
    ],
)
def test_it_reads_odd_objects_as_rows_that_can_be_stored(line: bytes) -> None:
    data = b'{"order": "1"}\n' + line + b"\n"
    header = reading.names_of_objects(lambda place: data[place:])
    found = list(reading.rows(lambda place: data[place:], reading.Shape("", header, 0), 0))
    assert len(found) == 2
    texts = [*header, *(cell for row in found for cell in row.cells)]
    assert not any("\x00" in text or "\ud800" in text for text in texts)


def test_it_reads_no_nul_from_a_table() -> None:
    """One far behind the part of the file that is looked at first: the row could never be written down."""
    data = b"order_id,amount\n" + b"A-1,5\n" * 20_000 + b"A\x00-2,5\n"
    shape = reading.shape_of(lambda place: data[place:])
    last = list(reading.rows(lambda place: data[place:], shape, shape.start))[-1]
    assert last.cells == ["A\ufffd-2", "5"]
