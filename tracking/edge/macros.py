"""Placeholders in the addresses of landing pages, `{click_id}`, filled with what is known of the visitor.

Values are percent-encoded; what nobody knows becomes empty. Addresses without placeholders never come here.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import quote

from tracking.edge import events
from tracking.edge.parse import MAX_SUB, cut
from tracking.edge.redirects import around_click_id
from tracking.edge.visit import Visit
from tracking.snapshot import Creative

MACRO: Final = re.compile(rb"\{([A-Za-z_][A-Za-z0-9_]{0,31})\}")


@dataclass(frozen=True, slots=True)
class Known:
    """What a placeholder may ask for."""

    visit: Visit
    click_id: bytes
    creative: Creative | None

    def sub(self, number: int) -> str:
        found = events.subs(self.visit)
        return found[number - 1] if number <= len(found) else ""

    def label(self, name: str) -> str:
        """As long as a label may be, so that the address stays within what servers take."""
        return cut(self.visit.parameters.get(name, ""), MAX_SUB)


def publisher_of(visit: Visit) -> str:
    """The publisher's public id."""
    snapshot = visit.edge.snapshot
    return snapshot.public_ids.get(visit.route.partnership.publisher_id, "") if snapshot else ""


type Filler = Callable[[Known], str]

_SUBS: Final[dict[bytes, Filler]] = {
    name % number: lambda known, number=number: known.sub(number)  # type: ignore[misc]
    for name in (b"sub%d", b"aff_sub%d", b"sub_id%d", b"s%d")
    for number in range(1, 6)
}
_OURS: Final[dict[bytes, Filler]] = {
    b"click_id": lambda known: known.click_id.decode(),
    b"source": lambda known: known.label("source"),
    b"campaign": lambda known: known.visit.route.campaign.public_id,
    b"publisher": lambda known: publisher_of(known.visit),
    b"creative": lambda known: known.creative.public_id if known.creative else "",
    b"coupon": lambda known: known.label("coupon"),
    b"timestamp": lambda known: str(known.visit.at_ms // 1000),
}
_ALIASES: Final = {
    b"transaction_id": b"click_id",
    b"clickid": b"click_id",
    b"aff_sub": b"sub1",
    b"source_id": b"source",
    b"offer_id": b"campaign",
    b"campaign_id": b"campaign",
    b"aff_id": b"publisher",
    b"affiliate_id": b"publisher",
    b"publisher_id": b"publisher",
    b"creative_id": b"creative",
    b"coupon_code": b"coupon",
}
_DIRECT: Final = _SUBS | _OURS
FILLERS: Final[dict[bytes, Filler]] = _DIRECT | {alias: _DIRECT[name] for alias, name in _ALIASES.items()}


def filled(url: str, parameter: str, known: Known) -> bytes:
    """The landing page with the click id in its parameter and all placeholders filled."""
    return b"".join(
        part if isinstance(part, bytes) else quote(part(known), safe="").encode() for part in _parts(url, parameter)
    )


@lru_cache(maxsize=16_384)
def _parts(url: str, parameter: str) -> tuple[bytes | Filler, ...]:
    pieces = MACRO.split(b"{click_id}".join(around_click_id(url, parameter)))
    parts: list[bytes | Filler] = []
    for number, piece in enumerate(pieces):
        parts.append(FILLERS.get(piece, _nothing) if number % 2 else piece)
    return tuple(parts)


def _nothing(_: Known) -> str:
    return ""
