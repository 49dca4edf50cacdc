"""The parts that pages are made of: filters, badges, figures, charts."""

from datetime import UTC, date, datetime
from fractions import Fraction

import pytest
from django.apps import apps
from django.template import engines
from django.utils import timezone, translation

from network import charts, statuses
from network.charts import Series
from network.money import Money


def render(source: str, language: str = "en", **context: object) -> str:
    with translation.override(language):
        return engines["django"].from_string("{% load look %}" + source).render(context)


@pytest.mark.parametrize(
    ("source", "value", "english", "persian"),
    [
        (
            "{{ value|money }}",
            Money(-500_000, "IRR"),
            '<bdi dir="ltr" class="figure">−IRR 500,000</bdi>',
            '<span class="figure"><bdi dir="ltr">−۵۰٬۰۰۰</bdi> <span class="unit">تومان</span></span>',
        ),
        ("{{ value|number }}", 48_211, '<bdi dir="ltr">48,211</bdi>', '<bdi dir="ltr">۴۸٬۲۱۱</bdi>'),
        ("{{ value|percent }}", 1250, '<bdi dir="ltr">12.5%</bdi>', '<bdi dir="ltr">۱۲٫۵٪</bdi>'),
        ("{{ value|jdate }}", date(2026, 11, 21), "21 Nov 2026", "۳۰ آبان ۱۴۰۵"),
        ("{{ value|ltr }}", "<b>", '<bdi dir="ltr">&lt;b&gt;</bdi>', '<bdi dir="ltr">&lt;b&gt;</bdi>'),
    ],
)
def test_it_isolates_only_the_figure(source: str, value: object, english: str, persian: str) -> None:
    assert render(source, "en", value=value) == english
    assert render(source, "fa", value=value) == persian


@pytest.mark.parametrize("name", ["money", "number", "percent", "jdate", "jdatetime", "jday"])
def test_it_shows_a_dash_where_there_is_no_value(name: str) -> None:
    assert render(f"{{{{ value|{name} }}}}", value=None) == "—"


def test_it_shows_moments_in_the_readers_time_zone() -> None:
    at = datetime(2026, 11, 20, 21, 0, tzinfo=UTC)
    with timezone.override("Asia/Tehran"):
        assert render("{{ at|jdate }}", "fa", at=at) == "۳۰ آبان ۱۴۰۵"
        assert "۳۰ آبان ۱۴۰۵، ۰۰:۳۰" in render("{{ at|jdatetime }}", "fa", at=at)
        assert 'datetime="2026-11-20T21:00:00+00:00"' in render("{{ at|jdatetime }}", "fa", at=at)


def test_every_status_of_the_models_has_a_look() -> None:
    missing = {
        f"{model._meta.label}.{field.name}: {value}"
        for model in apps.get_models()
        for field in model._meta.fields
        if field.name in {"status", "state", "verdict"} and field.choices
        for value, _label in field.flatchoices
        if value not in statuses.STATUSES
    }
    assert not missing, f"add these to network/statuses.py: {sorted(missing)}"


def test_it_draws_a_status_with_its_word() -> None:
    html = render("{% status value %}", "fa", value="pending")
    assert 'class="badge badge-status tone-wait" data-status="pending"' in html
    assert html.endswith("در انتظار</span>")


def test_it_shows_an_unknown_status_quietly_and_escaped() -> None:
    html = render("{% status value %}", value="odd_<one>")
    assert "tone-off" in html
    assert "Odd &lt;one&gt;" in html


@pytest.mark.parametrize(
    ("delta", "less_is_better", "tone"),
    [
        (Fraction(12, 100), False, "delta-good"),
        (Fraction(-7, 100), False, "delta-bad"),
        (Fraction(-7, 100), True, "delta-good"),
        (0, False, "delta-flat"),
    ],
)
def test_it_colours_a_change_by_what_is_better(delta: Fraction | int, less_is_better: bool, tone: str) -> None:  # noqa: FBT001
    source = '{% stat label="Spend" value="1" delta=delta less_is_better=less %}'
    html = render(source, delta=delta, less=less_is_better)
    assert tone in html
    assert "−" not in html  # the arrow and the colour say it


def test_it_escapes_what_goes_into_parts() -> None:
    html = render(
        "{% pageheader title=name lead=name %}{% endpageheader %}{% monogram name %}{% copybutton name %}", name="<i>"
    )
    assert "<i>" not in html
    assert "&lt;i&gt;" in html


def test_it_draws_a_sparkline_only_of_a_course() -> None:
    assert render("{% sparkline values %}", values=[1]) == ""
    assert 'points="0.0,25.0 48.0,3.0 96.0,14.0"' in render("{% sparkline values %}", values=[0, 2, 1])


def test_it_makes_a_qr_code_without_inline_styles() -> None:
    html = render('{% qr "https://go.example/c/abc" %}')
    assert html.startswith('<div class="qr" role="img" aria-label="https://go.example/c/abc"><svg')
    assert "style" not in html


def test_it_gives_charts_labels_and_units_in_the_readers_language() -> None:
    days = [date(2026, 11, 20), date(2026, 11, 21)]
    series = (
        Series("Clicks", [1, 2]),
        Series("Spend", [10, None], "IRR"),
        Series("CR", [Fraction(1, 4), None], charts.RATIO),
    )
    with translation.override("en"):
        english = charts.by_day(days, *series)
    with translation.override("fa"):
        persian = charts.by_day(days, *series)
    assert english["labels"] == ["20 Nov", "21 Nov"]
    assert persian["titles"] == ["۲۹ آبان ۱۴۰۵", "۳۰ آبان ۱۴۰۵"]
    assert [one["values"] for one in english["series"]] == [[1, 2], [10, None], [0.25, None]]
    assert english["series"][1]["unit"] == {"divisor": 1, "places": 0, "prefix": "IRR ", "suffix": ""}
    assert persian["series"][1]["unit"] == {"divisor": 10, "places": 1, "prefix": "", "suffix": " تومان"}
    assert persian["series"][2]["unit"]["suffix"] == "٪"
