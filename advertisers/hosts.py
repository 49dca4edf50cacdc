"""Hosts that a campaign's deep links may lead to. Free of Django."""

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

HOST: Final = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*", re.ASCII
)


class InvalidHost(ValueError):
    """Not the name of a host, such as shop.example.com."""


def of_url(url: str) -> str:
    """The host of an address in lower case, in its ASCII form, without port; "" when there is none."""
    try:
        return normalized(urlsplit(url).hostname or "")
    except ValueError:  # InvalidHost is one
        return ""


def normalized(text: str) -> str:
    """`Shop.Example.com`, `فروشگاه.com`, `https://shop.example.com/page` → the host alone; raises InvalidHost."""
    text = text.strip()
    try:
        text = urlsplit(text if "//" in text else f"//{text}").hostname or ""
        host = text.rstrip(".").encode("idna").decode()
    except ValueError:
        raise InvalidHost(text[:80]) from None
    if not HOST.fullmatch(host):
        raise InvalidHost(text[:80])
    return host


def allowed(named: Iterable[str], landing_url: str) -> list[str]:
    """The named hosts and always that of the landing page, each once, that of the landing page first."""
    return list(dict.fromkeys(filter(None, [of_url(landing_url), *map(normalized, named)])))


def permits(allowed_hosts: Iterable[str], url: str) -> bool:
    return bool(host := of_url(url)) and host in set(allowed_hosts)
