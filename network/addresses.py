"""The address a request came from. `X-Forwarded-For` counts only as far as our own proxies wrote it."""

from functools import cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from django.conf import settings
from django.http import HttpRequest

type Address = IPv4Address | IPv6Address


def client_address(request: HttpRequest) -> str:
    """Walks the chain of proxies backwards to the first address that is not one of TRUSTED_PROXIES."""
    trusted = _networks(tuple(settings.TRUSTED_PROXIES))
    found = request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104  a unix socket has no address
    chain = request.headers.get("X-Forwarded-For", "").split(",")
    while chain and _is_trusted(found, trusted):
        claimed = _parsed(chain.pop())
        if claimed is None:
            break
        found = str(claimed)
    return found


def _is_trusted(text: str, trusted: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    address = _parsed(text)
    return address is not None and any(address in network for network in trusted)


def _parsed(text: str) -> Address | None:
    try:
        return ip_address(text.strip())
    except ValueError:
        return None


@cache
def _networks(texts: tuple[str, ...]) -> tuple[IPv4Network | IPv6Network, ...]:
    return tuple(ip_network(text) for text in texts)
