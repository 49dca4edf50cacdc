"""What people write in cells → what the readers of reports take. Only here are digits and separators of people's own
accepted; what was read is shown for confirmation before anything is applied.
"""

import re
from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import jdatetime

from network import formats

BLANKS: Final = re.compile(r"[\s\u00a0\u202f\u200e\u200f\u2066-\u2069\ufeff]+")
FORMULA: Final = re.compile(r'="([^"]*)"')
THOUSANDS: Final = re.compile(r"\d{1,3}(?:,\d{3})+")
ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|z|[+-]\d\d:?\d\d)")
DAY: Final = re.compile(r"(\d{1,4})[-/.](\d{1,2})[-/.](\d{1,4})(?:[T ,]+(\d{1,2}):(\d\d)(?::(\d\d))?(?:[.,]\d+)?)?")
SERIAL: Final = re.compile(r"(\d{5})(?:[.,](\d+))?")
EXCEL: Final = datetime(1899, 12, 30)  # noqa: DTZ001  a day zero without a zone, as the serial itself has none
SERIALS: Final = range(32_874, 73_051)  # 1990 to 2099


class Formula(ValueError):
    """A cell that a spreadsheet would work out: it is not known to what."""


class BadTime(ValueError):
    pass


def text(cell: str) -> str:
    """Without blanks around it; `="00123"`, as spreadsheets keep leading zeros, is 00123. Raises Formula."""
    cell = cell.strip().strip("\u200e\u200f\ufeff").strip()
    if found := FORMULA.fullmatch(cell):
        return found[1].strip()
    if len(cell) > 1 and cell[0] == "=":
        raise Formula
    return cell


def plain(cell: str) -> str:
    """With ASCII digits."""
    return formats.ascii_digits(text(cell))


def amount(cell: str) -> str:
    """`۱٬۲۳۴٫۵`, `1,234.50`, `1.234,50`, `1 234,50 €` → `1234.5`; what is no amount stays as it is, for the reader to
    refuse."""
    found = BLANKS.sub("", plain(cell)).replace("٬", "").replace("٫", ".").replace("'", "").replace("’", "")
    found = re.sub(r"^[^\d+-]{1,4}(?=[\d-])|(?<=\d)[^\d.,]{1,5}$", "", found)
    if "," in found and "." in found:
        thousands, decimal = (",", ".") if found.rindex(".") > found.rindex(",") else (".", ",")
        return found.replace(thousands, "").replace(decimal, ".")
    if THOUSANDS.fullmatch(found):
        return found.replace(",", "")
    return found.replace(",", ".") if found.count(",") == 1 else found


def moment(cell: str, zone: str) -> str:
    """ISO 8601 with a zone. Takes ISO, Unix time, days of spreadsheets, 2026/11/21 and 21.11.2026 with or without a time of
    day, and Persian days such as 1405/08/30. Without a zone in it, it is in `zone`. Raises BadTime."""
    found = plain(cell)
    if not found or ISO.fullmatch(found):
        return found.replace(" ", "T")
    if found.isdecimal() and len(found) in {10, 13}:
        return found
    if (serial := SERIAL.fullmatch(found)) and int(serial[1]) in SERIALS:
        at = EXCEL + timedelta(days=int(serial[1]), seconds=round(float(f"0.{serial[2] or 0}") * 86_400))
        return _in_zone(at, zone)
    if day := DAY.fullmatch(found):
        return _in_zone(_day(day), zone)
    raise BadTime


def _day(found: re.Match[str]) -> datetime:
    first, month, last = int(found[1]), int(found[2]), int(found[3])
    if len(found[1]) == 4:
        year, day = first, last
    elif len(found[3]) == 4:
        year, day = last, first
    else:
        raise BadTime
    hour, minute, second = (int(found[place] or 0) for place in (4, 5, 6))
    try:
        if year < 1700:
            persian = jdatetime.date(year, month, day).togregorian()
            year, month, day = persian.year, persian.month, persian.day
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  the caller knows the zone
    except ValueError:
        raise BadTime from None


def _in_zone(at: datetime, zone: str) -> str:
    try:
        return at.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).isoformat()
    except OverflowError:  # the last day of the year 9999
        raise BadTime from None
