"""System checks: settings that would be wrong or unsafe together are refused at start."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as Doubt


@register()
def settings_fit_together(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = []
    if not settings.LOCAL and settings.SECRET_KEY in {"", settings.INSECURE_KEY}:
        found.append(Error("SECRET_KEY must be set when SITE_URL is not this machine.", id="peyvand.E001"))
    if not settings.LOCAL and len(settings.SECRET_KEY) < 32:
        found.append(Error("SECRET_KEY must have at least 32 characters.", id="peyvand.E002"))
    if settings.DEBUG and not settings.LOCAL:
        found.append(Error("DEBUG may only be on when SITE_URL is this machine.", id="peyvand.E003"))
    if settings.SITE_URL == settings.TRACKING_URL:
        found.append(Error("TRACKING_URL needs an origin of its own: the edge shares no cookie.", id="peyvand.E004"))
    for name in ("SITE_URL", "TRACKING_URL"):
        parts = urlsplit(getattr(settings, name))
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path:
            found.append(Error(f"{name} must be an origin such as https://example.com.", id="peyvand.E005"))
    if not settings.LOCAL and not settings.EMAIL_URL:
        found.append(Doubt("EMAIL_URL is not set: mails are only written to files.", id="peyvand.W001"))
    if not settings.DATABASE_URL or not settings.REDIS_URL:
        found.append(
            Error(
                "Set DATABASE_URL and REDIS_URL, or start the embedded services with `make run`.",
                id="peyvand.E006",
            )
        )
    return found
