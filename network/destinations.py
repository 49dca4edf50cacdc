"""Where the product may send requests that people asked for: public addresses at usual ports only (OUTGOING_PORTS, or
exactly what PRIVATE_DESTINATIONS names), checked on the address connected to.

A host name is resolved once; every address it has must be a global unicast one, and the connection goes to that very
address, so that a name which answers differently the second time gains nothing.
"""

import asyncio
import socket
from collections.abc import Callable
from ipaddress import IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from network.addresses import Address
from network.errors import DomainError

EMBEDDED: Final = tuple(IPv6Network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32"))
"""IPv6 ranges that carry an IPv4 address inside."""
RESERVED: Final = tuple(ip_network(text) for text in ("100.64.0.0/10", "192.0.0.0/24", "198.18.0.0/15", "fec0::/10"))
MAX_URL: Final = 2000


class BadDestination(DomainError):
    code = "bad_destination"
    message = _("Enter a full address that starts with https:// or http://.")


class PrivateDestination(DomainError):
    code = "private_destination"
    message = _("This address is not on the public internet.")


class PortNotAllowed(DomainError):
    code = "port_not_allowed"
    message = _("This port may not be called. Leave it out, or use https://.")


class UnknownHost(DomainError):
    code = "unknown_host"
    message = _("The host name is not known.")


class Place(NamedTuple):
    """`host` as the certificate must name it, `address` to connect to."""

    scheme: str
    host: str
    port: int
    address: str


def is_public(address: Address) -> bool:
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            return is_public(address.ipv4_mapped)
        if any(address in network for network in EMBEDDED):
            return False
    if any(address.version == network.version and address in network for network in RESERVED):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def host_of(url: str) -> str:
    """The host in lower-case ASCII. Raises BadDestination for what is no http(s) address of a plain host."""
    try:
        parts = urlsplit(url)
        host, _port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise BadDestination from None
    problems: list[Callable[[], bool]] = [
        lambda: parts.scheme not in {"http", "https"},
        lambda: not host or bool(parts.username or parts.password),
        lambda: len(url) > MAX_URL or not url.isprintable() or " " in url or "\\" in url,
        lambda: "{" in parts.netloc or "#" in parts.netloc,
    ]
    if any(problem() for problem in problems):
        raise BadDestination
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError:
        raise BadDestination from None


def check_text(url: str) -> str:
    """What can be said without asking the name servers; for forms. The host."""
    host = host_of(url)
    is_named = _is_named(host, port_of(url))
    try:
        literal = ip_address(host)
    except ValueError:
        if not is_named and ("." not in host or host.endswith((".local", ".internal", ".localhost"))):
            raise PrivateDestination from None
        return host
    if not is_public(literal) and not is_named:
        raise PrivateDestination
    return host


async def resolve(url: str) -> Place:
    """Raises BadDestination, PrivateDestination, PortNotAllowed or UnknownHost."""
    host, port = host_of(url), port_of(url)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise UnknownHost from None
    addresses = [str(entry[4][0]).partition("%")[0] for entry in found]
    if not addresses:
        raise UnknownHost
    if not _is_named(host, port) and not all(is_public(ip_address(address)) for address in addresses):
        raise PrivateDestination
    return Place(urlsplit(url).scheme, host, port, addresses[0])


def port_of(url: str) -> int:
    """Raises PortNotAllowed: what listens at other ports is hardly a receiver of postbacks."""
    parts = urlsplit(url)
    port = parts.port if parts.port is not None else 443 if parts.scheme == "https" else 80
    if port not in settings.OUTGOING_PORTS and not _is_named(parts.hostname or "", port):
        raise PortNotAllowed
    return port


def _is_named(host: str, port: int) -> bool:
    """By the operator, or anything in tests, whose receivers are on this machine."""
    return bool(settings.ALLOW_PRIVATE_DESTINATIONS) or f"{host}:{port}" in settings.PRIVATE_DESTINATIONS
