from typing import Any

from django.conf import settings
from django.http import HttpRequest


def shell(request: HttpRequest) -> dict[str, Any]:
    """What every page's frame needs."""
    return {"SITE_URL": settings.SITE_URL, "TRACKING_URL": settings.TRACKING_URL}
