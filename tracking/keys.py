"""Django's side of click ids and of customers' hashes: the same keys as the edge has, from the settings."""

from functools import cache

from django.conf import settings

from tracking.edge import config
from tracking.edge.clickid import BadClickId, ClickId, Keys, read, sign

__all__ = ["BadClickId", "ClickId", "click_keys", "customer_key", "read_click_id", "sign_click_id"]


@cache
def click_keys() -> Keys:
    return Keys.of(settings.CLICK_KEYS, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)


def read_click_id(text: str) -> ClickId:
    """Raises BadClickId."""
    return read(click_keys(), text)


def sign_click_id(click: ClickId) -> str:
    return sign(click_keys(), click)


@cache
def customer_key() -> bytes:
    return config.customer_key(settings.CUSTOMER_KEY, [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS])
