"""Filters that show values in the reader's language. `{% load format %}`. A value of None shows an em dash.

`money`, `number`, `percent`, `jdate`, `jdatetime`, `jday`, `ltr`; the tag `{% icon "name" %}`.
"""

from datetime import date, datetime

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language

from network import formats, icons
from network.formats import Number
from network.money import Money

register = template.Library()


def language() -> str:
    return get_language() or "en"


@register.filter
def money(value: Money | None) -> str:
    if value is None:
        return formats.UNDEFINED
    amount = formats.money(value, language())
    if not amount.unit:
        return format_html('<bdi dir="ltr" class="figure">{}</bdi>', amount.figure)
    return format_html(
        '<span class="figure"><bdi dir="ltr">{}</bdi> <span class="unit">{}</span></span>',
        amount.figure,
        amount.unit,
    )


@register.filter
def number(value: Number | None, places: int | None = None) -> str:
    return formats.UNDEFINED if value is None else ltr(formats.number(value, language(), places))


@register.filter
def percent(value: Number | None, places: int | None = None) -> str:
    """An int is in basis points (1250 → 12.5%), a Decimal, Fraction or float is a ratio (0.125 → 12.5%)."""
    return formats.UNDEFINED if value is None else ltr(formats.percent(value, language(), places))


@register.filter
def jdate(value: date | None) -> str:
    """The day in the reader's calendar and time zone."""
    return formats.UNDEFINED if value is None else formats.day(_local(value), language())


@register.filter
def jdatetime(value: datetime | None) -> str:
    """The moment in the reader's calendar and time zone, machine-readable for assistive tools and scripts."""
    if value is None:
        return formats.UNDEFINED
    shown = formats.moment(timezone.localtime(value), language())
    return format_html('<time datetime="{}" class="text-nowrap">{}</time>', value.isoformat(), shown)


@register.filter
def jday(value: date | None) -> str:
    """Day and month only: `21 Nov`, `۳۰ آبان`."""
    return formats.UNDEFINED if value is None else formats.short_day(_local(value), language())


@register.filter
def ltr(value: object) -> SafeString:
    """A left-to-right island: codes, links, e-mail addresses, figures with a sign."""
    return format_html('<bdi dir="ltr">{}</bdi>', value)


@register.simple_tag
def icon(name: str, extra: str = "") -> SafeString:
    """A Tabler icon as inline SVG, hidden from screen readers. Directional icons turn round in Persian."""
    return icons.svg(name, extra)


def _local(value: date) -> date:
    return timezone.localtime(value) if isinstance(value, datetime) and timezone.is_aware(value) else value
