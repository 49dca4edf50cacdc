from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network import entry, formats
from network.errors import DomainError
from network.money import Currency, Money


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1200000", 1_200_000),
        ("1,200,000", 1_200_000),
        ("۱٬۲۰۰٬۰۰۰", 1_200_000),
        ("۱،۲۰۰،۰۰۰", 1_200_000),
        ("1 200 000", 1_200_000),
        ("٤٥٦", 456),
        (" 12.5 ", "12.5"),
        ("۱۲٫۵", "12.5"),
        ("1,250.50", "1250.50"),
        ("\u200e۱۲٬۵۰۰\u200f", 12_500),
    ],
)
def test_it_reads_numbers_of_both_languages(text: str, value: int | str) -> None:
    assert entry.number(text, 2) == Decimal(value)


@pytest.mark.parametrize("text", ["1,5", "1.200,50", "1.200", "12,00,000", "1,2000", "1,200 000", "1.2.3", ".5", "5."])
def test_it_refuses_what_can_be_read_in_two_ways(text: str) -> None:
    with pytest.raises(entry.AmbiguousNumber):
        entry.number(text, 2)


@pytest.mark.parametrize(
    "text", ["", "abc", "$10", "1e3", "0x10", "+5", "NaN", "Infinity", "1_000", "۱۲/۵", "--1", "½", "²"]
)
def test_it_refuses_what_is_no_number(text: str) -> None:
    with pytest.raises(entry.UnreadableNumber):
        entry.number(text, 2)


def test_it_refuses_negative_numbers() -> None:
    for text in ("-5", "−۵۰۰"):
        with pytest.raises(entry.NegativeNumber):
            entry.number(text, 2)


def test_it_takes_three_decimals_where_the_currency_has_them() -> None:
    assert entry.money("1.200", "KWD", "en") == Money(1_200, "KWD")
    assert entry.money("۱٫۲۰۰", "KWD", "fa") == Money(1_200, "KWD")


def test_it_reads_rials_as_toman_only_in_persian() -> None:
    assert entry.money("۲۴۰٬۰۰۰", "IRR", "fa") == Money(2_400_000, "IRR")
    assert entry.money("240000", "IRR", "fa") == Money(2_400_000, "IRR")
    assert entry.money("240,000", "IRR", "en") == Money(240_000, "IRR")
    assert entry.money("۱۲٫۵", "IRR", "fa") == Money(125, "IRR")


@pytest.mark.parametrize(("text", "currency"), [("1.5", "IRR"), ("10.5555", "KWD"), ("1.2345", "USD"), ("10.5", "JPY")])
def test_it_never_rounds_an_amount(text: str, currency: str) -> None:
    with pytest.raises(entry.TooManyDecimals):
        entry.money(text, currency, "en")


@pytest.mark.parametrize("text", ["9" * 13, "9" * 27, "9" * 300, "1" + ",000" * 10, "0." + "0" * 300])
@pytest.mark.parametrize(("currency", "language"), [("USD", "en"), ("KWD", "fa"), ("IRR", "fa")])
def test_it_refuses_an_amount_that_is_too_large(text: str, currency: str, language: str) -> None:
    with pytest.raises(entry.NumberTooLarge):
        entry.money(text, currency, language)


def test_it_reads_rates_as_basis_points() -> None:
    assert entry.basis_points("12.5") == 1250
    assert entry.basis_points("12.5%") == 1250
    assert entry.basis_points("۱۲٫۵٪") == 1250
    with pytest.raises(entry.TooManyDecimals):
        entry.basis_points("12.5555")


def test_it_reads_days_by_their_year() -> None:
    assert entry.day("2026-11-21", "en") == date(2026, 11, 21)
    assert entry.day("۱۴۰۵/۰۸/۳۰", "fa") == date(2026, 11, 21)
    assert entry.day("1405-8-30", "fa") == date(2026, 11, 21)
    assert entry.day("۲۰۲۶/۱۱/۲۱", "fa") == date(2026, 11, 21)
    assert entry.day("۱۴۰۵/۰۸/۳۰", "en") == date(2026, 11, 21)


@pytest.mark.parametrize(
    ("text", "language", "error"),
    [
        ("2026-02-30", "en", entry.NoSuchDay),
        ("۱۴۰۵/۱۲/۳۰", "fa", entry.NoSuchDay),
        ("0099-01-01", "en", entry.UnreadableDay),
        ("21.11.2026", "en", entry.UnreadableDay),
        ("1700/01/01", "fa", entry.UnreadableDay),
        ("9999-12-31", "en", entry.UnreadableDay),
        ("tomorrow", "en", entry.UnreadableDay),
    ],
)
def test_it_refuses_days_that_do_not_exist_or_read_otherwise(
    text: str, language: str, error: type[DomainError]
) -> None:
    with pytest.raises(error):
        entry.day(text, language)


@given(st.integers(0, 10**11), st.sampled_from(Currency.values), st.sampled_from(["en", "fa"]))
def test_it_reads_back_what_fields_show(amount: int, currency: str, language: str) -> None:
    shown = formats.money_figure(Money(amount, currency), language)
    assert entry.money(shown, currency, language) == Money(amount, currency)


@given(st.dates(date(1921, 3, 21), date(2120, 3, 19)), st.sampled_from(["en", "fa"]))
def test_it_reads_back_the_days_that_fields_show(day: date, language: str) -> None:
    assert entry.day(formats.entry_day(day, language), language) == day
