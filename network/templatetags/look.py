"""The parts that pages are made of. `{% load look %}`; docs/look.md shows each one in use."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Final, TypedDict

import segno
from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from network import icons, statuses
from network import navigation as menu
from network.formats import Number
from network.models import Membership, Organization

register = template.Library()
MONOGRAM_TONES: Final = 6
SPARK_WIDTH: Final = 96
SPARK_HEIGHT: Final = 28


@register.simple_tag(takes_context=True)
def navigation(context: RequestContext) -> list[menu.Section]:
    """The sections of the main menu for the acting member; empty for visitors and members who still wait for vetting."""
    request: HttpRequest | None = context.get("request")
    membership: Membership | None = getattr(request, "membership", None)
    if request is None or not membership or not membership.organization.is_active:
        return []
    return menu.sections(membership, _view_name(request))


@register.simple_tag(takes_context=True)
def menutabs(context: RequestContext) -> list[menu.Link]:
    """The pages that share a line of the main menu with this one."""
    request: HttpRequest | None = context.get("request")
    membership: Membership | None = getattr(request, "membership", None)
    if request is None or not membership or not membership.organization.is_active:
        return []
    return menu.tabs(membership, _view_name(request))


def _view_name(request: HttpRequest) -> str:
    return request.resolver_match.view_name if request.resolver_match else ""


@register.simple_tag(takes_context=True)
def organizations(context: RequestContext) -> Sequence[Membership]:
    """The person's memberships, for the switcher."""
    user = context["request"].user
    if not user.is_authenticated:
        return []
    return list(Membership.objects.filter(user=user).select_related("organization").order_by("organization__name"))


@register.simple_tag
def monogram(name: object, shape: str = "") -> SafeString:
    """A coloured tile with the first letter; the same name always gets the same colour."""
    text = str(name).strip() or "?"
    if isinstance(name, Organization):
        text = name.name
    tone = sum(ord(letter) for letter in text) % MONOGRAM_TONES
    return format_html('<span class="monogram tone-{} {}" aria-hidden="true">{}</span>', tone, shape, text[0].upper())


@register.simple_tag
def status(value: str, label: str = "") -> SafeString:
    """The badge of a status; `label` replaces its word."""
    look = statuses.of(str(value))
    return format_html(
        '<span class="badge badge-status tone-{}" data-status="{}">{}{}</span>',
        look.tone,
        value,
        icons.svg(look.icon),
        label or look.label,
    )


@register.simple_tag
def crumb(label: object, view: str = "", *args: object) -> SafeString:
    """One step of the breadcrumbs; without a view it is the page itself."""
    if not view:
        return format_html('<li class="breadcrumb-item active" aria-current="page"><bdi>{}</bdi></li>', label)
    url = reverse(view, args=args)
    return format_html('<li class="breadcrumb-item"><a href="{}"><bdi>{}</bdi></a></li>', url, label)


@register.simple_block_tag
def pageheader(content: str, *, title: object, lead: object = "", badge: str = "") -> str:
    """Title, one line below it, a status badge, and the page's actions (the content, usually buttons)."""
    return render_to_string(
        "includes/page_header.html",
        {"title": title, "lead": lead, "badge": badge, "actions": SafeString(content.strip())},
    )


@register.simple_block_tag
def card(content: str, *, title: object = "", lead: object = "", flush: bool = False, extra: str = "") -> str:
    """A card with an optional title; `flush` leaves out the padding, for tables and lists."""
    return render_to_string(
        "includes/card.html",
        {"title": title, "lead": lead, "flush": flush, "extra": extra, "content": SafeString(content.strip())},
    )


class Stat(TypedDict):
    label: object
    value: object
    hint: object
    delta: Fraction | None
    rising: bool
    good: bool
    note: object
    values: Sequence[Number]
    url: str
    icon: str


@register.inclusion_tag("includes/stat.html")
def stat(
    *,
    label: object,
    value: object,
    hint: object = "",
    delta: Number | None = None,
    less_is_better: bool = False,
    note: object = "",
    spark: Sequence[Number] = (),
    url: str = "",
    icon: str = "",
) -> Stat:
    """A figure with its name. `delta` is the change as a ratio (0.12 is +12%), `hint` explains how it is calculated."""
    change = None if delta is None else Fraction(str(delta))
    rising = change is not None and change > 0
    return {
        "label": label,
        "value": value,
        "hint": hint,
        "delta": None if change is None else abs(change),
        "rising": rising,
        "good": not change or rising != less_is_better,
        "note": note,
        "values": spark,
        "url": url,
        "icon": icon,
    }


@register.simple_tag
def explain(text: object) -> SafeString:
    """The “i” beside a figure, telling how it is calculated."""
    return format_html(
        '<button type="button" class="explain" data-bs-toggle="tooltip" data-bs-title="{}" aria-label="{}">{}</button>',
        text,
        text,
        icons.svg("info-circle"),
    )


@register.simple_tag
def sparkline(values: Sequence[Number]) -> SafeString | str:
    """A small line without axes; decoration beside a figure that is written out. It runs with the reading direction."""
    if len(values) < 2:
        return ""
    numbers = [Fraction(str(value)) for value in values]
    low, high = min(numbers), max(numbers)
    span = high - low or 1
    points = [
        (
            round(index * SPARK_WIDTH / (len(numbers) - 1), 1),
            round(float(SPARK_HEIGHT - 3 - (value - low) / span * (SPARK_HEIGHT - 6)), 1),
        )
        for index, value in enumerate(numbers)
    ]
    line = " ".join(f"{x},{y}" for x, y in points)
    return format_html(
        '<svg class="sparkline" viewBox="0 0 {0} {1}" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        '<polygon points="0,{1} {2} {0},{1}"/><polyline points="{2}"/></svg>',
        SPARK_WIDTH,
        SPARK_HEIGHT,
        line,
    )


@register.inclusion_tag("includes/copy.html")
def copybutton(text: str, label: object = "") -> dict[str, Any]:
    """A button that copies `text`."""
    return {"text": text, "label": label}


@register.inclusion_tag("includes/codeblock.html")
def codeblock(text: str, label: object = "") -> dict[str, Any]:
    """Code to take along, always left-to-right, with a copy button."""
    return {"text": text, "label": label}


@register.simple_tag
def qr(text: str, label: object = "") -> SafeString:
    """A QR code as SVG, dark on white in both themes so that every camera reads it."""
    drawing = segno.make(text, error="m").svg_inline(omitsize=True, border=2, dark="#0b1a1c", light="#fff")
    return format_html('<div class="qr" role="img" aria-label="{}">{}</div>', label or text, SafeString(drawing))
