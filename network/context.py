from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest

THEMES: Final = ("light", "dark", "auto")


def shell(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame needs."""
    chosen = request.COOKIES.get("theme")
    return {
        "SITE_URL": settings.SITE_URL,
        "TRACKING_URL": settings.TRACKING_URL,
        "theme": chosen if chosen in THEMES else "auto",
    }
