"""Who calls: the host that was asked for, the caller's address behind trusted proxies, consent, prefetching."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from tracking.edge.http import Request

type Address = IPv4Address | IPv6Address


def is_known_host(host: bytes, *, own: str, local: bool) -> bool:
    """The tracking host, in any case, with any port or a trailing dot; this machine's names while all is local."""
    name = host.decode("latin-1").lower()
    if name.startswith("["):
        name, bracket, rest = name.partition("]")
        name += bracket
    else:
        name, _, rest = name.partition(":")
        rest = f":{rest}" if rest else ""
    if rest and not (rest[0] == ":" and rest[1:].isdecimal()):
        return False
    name = name.removesuffix(".")
    return name == own or (local and name in {"localhost", "127.0.0.1", "[::1]"})


def address(request: Request, trusted: tuple[IPv4Network | IPv6Network, ...]) -> str | None:
    """The caller's. Forwarded addresses count as far as trusted proxies vouch for them, from the last to the first."""
    if not trusted or b"x-forwarded-for" not in request.headers:
        return canonical(request.peer)
    return _vouched_for(request.peer, b",".join(request.forwarded_for), trusted)


@lru_cache(maxsize=16_384)
def _vouched_for(peer: str, forwarded: bytes, trusted: tuple[IPv4Network | IPv6Network, ...]) -> str | None:
    caller = parsed(peer)
    hops = [hop.strip() for hop in forwarded.decode("latin-1").split(",")]
    while hops and caller and any(caller in network for network in trusted):
        if (found := parsed(hops.pop())) is None:
            break
        caller = found
    return str(caller) if caller else None


@lru_cache(maxsize=8192)
def canonical(text: str) -> str | None:
    found = parsed(text)
    return str(found) if found else None


@lru_cache(maxsize=8192)
def parsed(text: str) -> Address | None:
    """An address; IPv4 in IPv6 clothes counts as IPv4."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    if isinstance(found, IPv6Address):
        if found.scope_id:
            return None
        return found.ipv4_mapped or found
    return found


CONSENTS: Final = {
    "granted": "granted",
    "1": "granted",
    "yes": "granted",
    "denied": "denied",
    "0": "denied",
    "no": "denied",
}


def consent(request: Request, parameter: str) -> str:
    """`granted`, `denied` or `unknown`. A browser's Global Privacy Control is a no."""
    if request.headers.get(b"sec-gpc") == b"1":
        return "denied"
    return CONSENTS.get(parameter.lower(), "unknown") if parameter else "unknown"


PURPOSES: Final = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")


def is_prefetch(headers: dict[bytes, bytes]) -> bool:
    """The browser asks ahead of its user."""
    for name in PURPOSES:
        if name in headers:
            value = headers[name].lower()
            if b"prefetch" in value or b"prerender" in value or b"preview" in value:
                return True
    return False
