"""Addresses of data centres, or of VPNs, proxies and Tor, from files of the operator: one CIDR per line; `!` before one
allows it (a corporate proxy, Apple's relay); `#` begins a remark. Of two ranges that hold an address the longer prefix
decides, of equal ones the `!`.
"""

import socket
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

type Network = IPv4Network | IPv6Network
MAX_KNOWN: Final = 200_000


SHARED_V4: Final = (
    "127.",
    "10.",
    "192.168.",
    "169.254.",
    *(f"172.{number}." for number in range(16, 32)),
    *(f"100.{number}." for number in range(64, 128)),
)


def is_public(ip: str) -> bool:
    """Others are of this machine, or of a proxy that nobody declared: they tell no visitors apart."""
    if ":" not in ip:
        return not ip.startswith(SHARED_V4)
    packed = _packed_v6(ip)
    is_local = packed[0] & 0xFE == 0xFC or (packed[0] == 0xFE and packed[1] & 0xC0 == 0x80)
    return not is_local and packed != LOOPBACK_V6


LOOPBACK_V6: Final = bytes(15) + b"\x01"


def network_of(ip: str) -> str | bytes:
    """Whom it counts as: of IPv6 the /64, which is one household."""
    return _packed_v6(ip)[:8] if ":" in ip else ip


def _packed_v6(ip: str) -> bytes:
    try:
        return socket.inet_pton(socket.AF_INET6, ip)
    except (OSError, ValueError):
        return bytes(16)


@dataclass(slots=True)
class Table:
    """Disjoint stretches of one address family: from `starts[n]` on, until the next, `listed[n]` holds."""

    starts: list[int] = field(default_factory=list)
    listed: list[bool] = field(default_factory=list)

    def __contains__(self, address: int) -> bool:
        place = bisect_right(self.starts, address) - 1
        return place >= 0 and self.listed[place]


class Ranges:
    """Membership of an address as text; what was asked is remembered. Rereads its file when that changes."""

    def __init__(self, path: str = "") -> None:
        self.path = path
        self.version: tuple[int, int] | None = None
        self._v4, self._v6 = Table(), Table()
        self._known: dict[str, bool] = {}

    def __contains__(self, address: str) -> bool:
        known = self._known.get(address)
        if known is None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            known = self._known[address] = self._look(address)
        return known

    def _look(self, address: str) -> bool:
        try:
            if ":" in address:
                return bool(self._v6.starts) and int.from_bytes(socket.inet_pton(socket.AF_INET6, address)) in self._v6
            return bool(self._v4.starts) and int.from_bytes(socket.inet_pton(socket.AF_INET, address)) in self._v4
        except (OSError, ValueError):
            return False

    def refresh(self) -> bool:
        """Read the file if it is another than before. One that went away or cannot be read leaves what was known."""
        if not self.path:
            return False
        path = Path(self.path)
        try:
            status = path.stat()
            version = (status.st_mtime_ns, status.st_size)
            if version == self.version:
                return False
            lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError as error:
            if self.version != (0, 0):
                log.warning("data_centres.unreadable", path=self.path, error=str(error))
                self.version = (0, 0)
            return False
        self.load(lines)
        self.version = version
        return True

    def load(self, lines: Iterable[str]) -> None:
        entries = list(_entries(lines))
        self._v4 = _table([(network, listed) for network, listed in entries if network.version == 4])
        self._v6 = _table([(network, listed) for network, listed in entries if network.version == 6])
        self._known = {}
        log.info("data_centres.read", path=self.path, ranges=len(entries))


def _entries(lines: Iterable[str]) -> Iterator[tuple[Network, bool]]:
    for number, line in enumerate(lines, 1):
        text = line.partition("#")[0].strip()
        if not text:
            continue
        try:
            yield ip_network(text.removeprefix("!").strip(), strict=False), not text.startswith("!")
        except ValueError:
            log.warning("data_centres.bad_line", line=number, text=text[:60])


def _table(entries: list[tuple[Network, bool]]) -> Table:
    """CIDRs are nested or apart, so one pass with a stack of those that are open makes stretches that are apart."""
    unique: dict[tuple[int, int], bool] = {}
    for network, listed in entries:
        key = int(network.network_address), network.prefixlen
        unique[key] = listed and unique.get(key, True)
    bits = 32 if entries and entries[0][0].version == 4 else 128
    table = Table()
    open_: list[tuple[int, bool]] = []  # the first address behind it, and what it says
    for (start, length), listed in sorted(unique.items()):
        _close(table, open_, start)
        _mark(table, start, listed)
        open_.append((start + (1 << (bits - length)), listed))
    _close(table, open_, 1 << bits)
    return table


def _close(table: Table, open_: list[tuple[int, bool]], until: int) -> None:
    while open_ and open_[-1][0] <= until:
        end, _ = open_.pop()
        _mark(table, end, open_[-1][1] if open_ else False)


def _mark(table: Table, start: int, listed: bool) -> None:  # noqa: FBT001
    if table.starts and table.starts[-1] == start:
        table.starts.pop()
        table.listed.pop()
    if (table.listed[-1] if table.listed else False) != listed:
        table.starts.append(start)
        table.listed.append(listed)
