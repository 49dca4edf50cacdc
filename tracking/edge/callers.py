"""Who calls: the host that was asked for, the caller's address behind trusted proxies, consent, prefetching."""

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final, NamedTuple

from tracking.edge.buffer import visitor_number
from tracking.edge.http import Request

type Address = IPv4Address | IPv6Address

USUAL: Final = 256  # bytes of forwarded addresses; what is longer is not remembered


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


def host_name(host: bytes) -> str:
    """In lower case, without a port and a trailing dot."""
    return host.decode("latin-1").lower().partition(":")[0].removesuffix(".")


class Origin(NamedTuple):
    """`number` is the same for all visits from an address, in every edge; `stored` is the address as events have it."""

    address: str | None
    number: int
    stored: bytes

    @classmethod
    def of(cls, found: Address | None) -> "Origin":
        if not found:
            return NOWHERE
        address = str(found)
        return cls(address, visitor_number(address, 0), b',"ip":"%b"' % address.encode())


NOWHERE: Final = Origin(None, 0, b"")


class Origins:
    """Forwarded addresses count as far as the trusted proxies vouch for them, from the last to the first."""

    def __init__(self, trusted: tuple[IPv4Network | IPv6Network, ...]) -> None:
        self._trusted = trusted
        self._kept = lru_cache(maxsize=16_384)(self._found)

    def of(self, request: Request) -> Origin:
        forwarded = request.forwarded_for if self._trusted else b""
        find = self._kept if len(forwarded) <= USUAL else self._found
        return find(request.peer, forwarded)

    def _found(self, peer: str, forwarded: bytes) -> Origin:
        caller = parsed(peer)
        hops = [hop.strip() for hop in forwarded.decode("latin-1").split(",")] if forwarded else []
        while hops and caller and any(caller in network for network in self._trusted):
            if (found := parsed(hops.pop())) is None:
                break
            caller = found
        return Origin.of(caller)


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
    if b"sec-gpc" in request.headers and request.headers[b"sec-gpc"] == b"1":
        return "denied"
    return CONSENTS.get(parameter.lower(), "unknown") if parameter else "unknown"


PURPOSES: Final = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")


def is_prefetch(headers: dict[bytes, bytes]) -> bool:
    """The browser asks ahead of its user."""
    if not (b"sec-purpose" in headers or b"purpose" in headers or b"x-purpose" in headers or b"x-moz" in headers):
        return False  # as nearly everybody; a loop would cost three times as much
    asked = b" ".join([headers.get(name, b"") for name in PURPOSES]).lower()
    return b"prefetch" in asked or b"prerender" in asked or b"preview" in asked
