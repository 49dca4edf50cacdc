from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction

import pytest

from network import formats
from network.money import Currency, Money


@pytest.mark.parametrize(
    ("value", "english", "persian"),
    [
        (0, "0", "۰"),
        (7, "7", "۷"),
        (48_211, "48,211", "۴۸٬۲۱۱"),
        (-1_234_567, "−1,234,567", "−۱٬۲۳۴٬۵۶۷"),
        (Decimal("12.50"), "12.50", "۱۲٫۵۰"),
        (Fraction(1, 3), "0.33", "۰٫۳۳"),
        (0.1, "0.1", "۰٫۱"),
    ],
)
def test_it_groups_numbers(value: formats.Number, english: str, persian: str) -> None:
    assert formats.number(value, "en") == english
    assert formats.number(value, "fa") == persian


def test_it_fixes_decimals_half_even() -> None:
    assert formats.number(Decimal("0.125"), "en", 2) == "0.12"
    assert formats.number(Decimal("0.135"), "fa", 2) == "۰٫۱۴"
    assert formats.number(Fraction(1, 2), "en", 0) == "0"
    assert formats.number(3, "en", 2) == "3.00"


@pytest.mark.parametrize(
    ("money", "english", "persian"),
    [
        (Money(123_450, "USD"), "$1,234.50", "۱٬۲۳۴٫۵۰ دلار"),
        (Money(-50_000, "USD"), "−$500.00", "−۵۰۰٫۰۰ دلار"),
        (Money(0, "EUR"), "€0.00", "۰٫۰۰ یورو"),
        (Money(2_400_000, "IRR"), "IRR 2,400,000", "۲۴۰٬۰۰۰ تومان"),
        (Money(-5_000_000, "IRR"), "−IRR 5,000,000", "−۵۰۰٬۰۰۰ تومان"),
        (Money(1_200, "JPY"), "¥1,200", "۱٬۲۰۰ ین"),
        (Money(1_005, "KWD"), "KWD 1.005", "۱٫۰۰۵ دینار کویت"),
        (Money(99, "AED"), "AED 0.99", "۰٫۹۹ درهم"),
    ],
)
def test_it_writes_money(money: Money, english: str, persian: str) -> None:
    assert str(formats.money(money, "en")) == english
    assert str(formats.money(money, "fa")) == persian


@pytest.mark.parametrize(
    ("rials", "toman"), [(15, "۱٫۵ تومان"), (125, "۱۲٫۵ تومان"), (1, "۰٫۱ تومان"), (-7, "−۰٫۷ تومان"), (10, "۱ تومان")]
)
def test_it_shows_rials_that_make_no_whole_toman_exactly(rials: int, toman: str) -> None:
    assert str(formats.money(Money(rials, "IRR"), "fa")) == toman


def test_it_has_a_word_for_every_currency() -> None:
    assert set(formats.PERSIAN_UNITS) == set(Currency.values)


@pytest.mark.parametrize(
    ("value", "english", "persian"),
    [
        (1250, "12.5%", "۱۲٫۵٪"),
        (2000, "20%", "۲۰٪"),
        (1, "0.01%", "۰٫۰۱٪"),
        (Fraction(1, 8), "12.5%", "۱۲٫۵٪"),
        (Fraction(1, 3), "33.33%", "۳۳٫۳۳٪"),
        (Decimal("-0.07"), "−7%", "−۷٪"),
    ],
)
def test_it_writes_basis_points_and_ratios_as_percent(value: formats.Number, english: str, persian: str) -> None:
    assert formats.percent(value, "en") == english
    assert formats.percent(value, "fa") == persian


def test_it_writes_days_in_the_readers_calendar() -> None:
    day = date(2026, 11, 21)
    assert formats.day(day, "en") == "21 Nov 2026"
    assert formats.day(day, "fa") == "۳۰ آبان ۱۴۰۵"
    assert formats.short_day(day, "fa") == "۳۰ آبان"
    assert formats.entry_day(day, "en") == "2026-11-21"
    assert formats.entry_day(day, "fa") == "۱۴۰۵/۰۸/۳۰"


def test_it_writes_moments() -> None:
    at = datetime(2026, 3, 21, 9, 5, tzinfo=UTC)
    assert formats.moment(at, "en") == "21 Mar 2026, 09:05"
    assert formats.moment(at, "fa") == "۱ فروردین ۱۴۰۵، ۰۹:۰۵"


def test_it_reads_persian_and_arabic_digits() -> None:
    assert formats.ascii_digits("۱۲۳ و ٤٥٦") == "123 و 456"
