"""Where a deep link may lead. No Django in here, so that the tracking edge can ask the same question.

The host must be one of the campaign's allowed hosts exactly (a subdomain is a host of its own); any port of it will do.
`advertisers.hosts` keeps those hosts in normal form, that of the landing page always among them.

Browsers repair addresses: they turn `\\` into `/`, drop tabs and line breaks, forgive missing slashes. So an address is
not searched for evil but taken apart strictly, and what comes back is put together anew from the checked parts.
"""

import unicodedata
from collections.abc import Collection
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit, urlunsplit

from advertisers.hosts import HOST

MAX_LENGTH: Final = 2000
SCHEMES: Final = ("https://", "http://")
ZWNJ: Final = "\N{ZERO WIDTH NON-JOINER}"  # part of Persian words, so of paths
KEPT: Final = "/#%[]=:;$&()+,!?*@~"
"""What percent-encoding leaves alone beside letters, digits and `_.-~`; the percent sign, because it is encoded already."""


class Malformed(ValueError):
    """Not a plain http or https address."""


class ForeignHost(ValueError):
    """An address outside the campaign's allowed hosts."""


def checked(address: str, allowed_hosts: Collection[str]) -> str:
    """The address in normal form (ASCII, host in lower case); raises Malformed or ForeignHost."""
    parts = _split(address)
    host = _host(parts)
    if host not in allowed_hosts:
        raise ForeignHost(host)
    where = host if parts.port is None else f"{host}:{parts.port}"
    rest = (quote(part, safe=KEPT) for part in (parts.path or "/", parts.query, parts.fragment))
    normal = urlunsplit((parts.scheme, where, *rest))
    if len(normal) > MAX_LENGTH:
        raise Malformed
    return normal


def _split(address: str) -> SplitResult:
    """The parts of an address that every reader takes apart alike."""
    if len(address) > MAX_LENGTH or "\\" in address or not address.lower().startswith(SCHEMES):
        raise Malformed
    if any(unicodedata.category(letter)[0] in "CZ" for letter in address.replace(ZWNJ, "")):
        raise Malformed  # controls, blanks, line separators, marks that turn the direction
    try:
        parts = urlsplit(address)
        if "@" in parts.netloc or parts.port == 0:
            raise Malformed
    except ValueError as error:
        raise Malformed from error
    return parts


def _host(parts: SplitResult) -> str:
    try:
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise Malformed from error
    if not HOST.fullmatch(host):
        raise Malformed
    return host
