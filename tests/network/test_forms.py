from datetime import date

import pytest
from django import forms
from django.utils import translation

from network.forms import JalaliDateField, MoneyField, PercentField, WholeNumberField
from network.money import Money


class TermsForm(forms.Form):
    amount = MoneyField(currency="IRR", minimum=10, required=False)
    rate = PercentField(required=False)
    since = JalaliDateField(required=False)
    cap = WholeNumberField(required=False)


@pytest.fixture(params=["en", "fa"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_it_understands_persian_entry() -> None:
    with translation.override("fa"):
        form = TermsForm({"amount": "۱٬۲۰۰٬۰۰۰", "rate": "۱۲٫۵", "since": "۱۴۰۵/۰۸/۳۰", "cap": "۱٬۰۰۰"})
        assert form.is_valid(), form.errors
    assert form.cleaned_data == {
        "amount": Money(12_000_000, "IRR"),
        "rate": 1250,
        "since": date(2026, 11, 21),
        "cap": 1000,
    }


def test_it_understands_english_entry() -> None:
    form = TermsForm({"amount": "1,200,000", "rate": "12.5", "since": "2026-11-21", "cap": "1,000"})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["amount"] == Money(1_200_000, "IRR")


def test_it_leaves_empty_fields_empty(language: str) -> None:
    with translation.override(language):
        form = TermsForm({"amount": " ", "rate": "", "since": "", "cap": ""})
        assert form.is_valid(), form.errors
    assert set(form.cleaned_data.values()) == {None}


def test_it_shows_values_the_way_it_reads_them() -> None:
    initial = {"amount": Money(12_000_000, "IRR"), "rate": 1250, "since": date(2026, 11, 21), "cap": 1000}
    with translation.override("fa"):
        html = TermsForm(initial=initial).as_p()
        for shown in ('value="۱٬۲۰۰٬۰۰۰"', 'value="۱۲٫۵"', 'value="۱۴۰۵/۰۸/۳۰"', 'value="۱٬۰۰۰"', ">تومان<", ">٪<"):
            assert shown in html
        assert "data-jdp" in html
    with translation.override("en"):
        html = TermsForm(initial=initial).as_p()
        for shown in ('value="12,000,000"', 'value="12.5"', 'value="2026-11-21"', ">IRR<", ">%<", 'type="date"'):
            assert shown in html


def test_it_keeps_what_was_typed_beside_the_error() -> None:
    form = TermsForm({"amount": "1.200", "rate": "1,5", "since": "soon", "cap": "-1"})
    assert not form.is_valid()
    assert set(form.errors) == {"amount", "rate", "since", "cap"}
    assert "two ways" in form.errors["amount"][0]
    assert 'value="1.200"' in str(form["amount"])
    assert 'value="soon"' in str(form["since"])


def test_it_names_the_limits_in_the_readers_words() -> None:
    assert TermsForm({"amount": "9"}).errors["amount"] == ["Enter at least IRR 10."]
    assert TermsForm({"rate": "101"}).errors["rate"] == ["Enter a rate from 0% to 100%."]


def test_it_takes_a_currency_learned_late() -> None:
    form = TermsForm({"amount": "19.99"})
    field = form.fields["amount"]
    assert isinstance(field, MoneyField)
    field.currency = "USD"
    assert form.is_valid()
    assert form.cleaned_data["amount"] == Money(1999, "USD")
    assert ">USD<" in str(form["amount"])


def test_it_sees_no_change_in_another_spelling() -> None:
    with translation.override("fa"):
        form = TermsForm(
            {"amount": "1200000", "rate": "12.50"}, initial={"amount": Money(12_000_000, "IRR"), "rate": 1250}
        )
        assert not form.has_changed()


def test_it_shows_a_day_of_a_link_in_the_readers_calendar() -> None:
    with translation.override("fa"):
        assert 'value="۱۴۰۵/۰۸/۳۰"' in str(TermsForm({"since": "2026-11-21"})["since"])
    with translation.override("en"):
        assert 'value="2026-11-21"' in str(TermsForm({"since": "۱۴۰۵/۰۸/۳۰"})["since"])
