"""Tabler icons as inline SVG. `network/dev/assets.py` lists the icons in use and copies them to static/vendor/icons."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

DIRECTIONAL: Final = frozenset(
    {
        "arrow-back-up",
        "arrow-forward-up",
        "arrow-left",
        "arrow-right",
        "arrow-up-right",
        "chevron-left",
        "chevron-right",
        "chevrons-left",
        "chevrons-right",
        "corner-down-right",
        "external-link",
        "list",
        "list-check",
        "list-details",
        "login",
        "login-2",
        "logout",
        "logout-2",
        "send",
        "trending-down",
        "trending-up",
    }
)
"""Icons that point along the reading direction; `.icon-directional` mirrors them in right-to-left pages."""


class UnknownIcon(LookupError):
    """The icon is missing in static/vendor/icons: add its name to ICONS in network/dev/assets.py and run the asset copy."""


@cache
def drawing(name: str) -> str:
    """The shapes inside the icon's <svg> element."""
    path = finders.find(f"vendor/icons/{name}.svg")
    if not path:
        raise UnknownIcon(name)
    source = Path(str(path)).read_text()
    return re.sub(r"\s*\n\s*", "", source[source.index(">", source.index("<svg")) + 1 : source.rindex("</svg>")])


def svg(name: str, extra: str = "") -> SafeString:
    classes = f"icon icon-{name}" + (" icon-directional" if name in DIRECTIONAL else "")
    if extra:
        classes += f" {conditional_escape(extra)}"
    return SafeString(  # the drawing is a file of ours, the classes are escaped
        f'<svg class="{classes}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75"'
        f' stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" focusable="false">{drawing(name)}</svg>'
    )
