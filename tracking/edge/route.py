"""Where a link leads, as far as that is known before anybody comes: made once per link, used for each of its visitors."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from tracking.snapshot import Campaign, Creative, Link, Partnership
from tracking.snapshot.traffic import ClickCap

type Visit = Any
"""`tracking.edge.visit.Visit`, which knows its route; the route does not know its visits."""

type Step = Callable[[Visit], str]
"""Keeps a visitor ("") or diverts with a reason."""


class Landing(NamedTuple):
    """A landing page that was chosen for a visitor."""

    id: int
    url: str


type Chooser = Callable[[Visit], Landing | None]

type AppChooser = Callable[[Visit, str], str]
"""Where the app of the campaign takes a visitor with this click id: a whole address, or "" for the landing page."""


class Route:
    """`diverted` is the reason that holds for every visitor; `steps` decide for each; `landing` chooses among the
    campaign's landing pages, where it has several; `app` says where phones go, where the campaign promotes an app;
    `straight` are the parts of the address before and after the click id, where all go who ask for nothing else.
    """

    __slots__ = (
        "app",
        "campaign",
        "caps",
        "creative",
        "diverted",
        "fallback",
        "head",
        "id_heads",
        "landing",
        "link",
        "partnership",
        "steps",
        "straight",
        "subs",
    )

    def __init__(
        self, link: Link, partnership: Partnership, campaign: Campaign, creative: Creative | None, fallback: str
    ) -> None:
        self.link, self.partnership, self.campaign, self.creative = link, partnership, campaign, creative
        self.fallback = fallback  # "": there is none
        self.diverted = ""
        self.steps: tuple[Step, ...] = ()
        self.landing: Chooser | None = None
        self.caps: tuple[ClickCap, ...] = ()  # of which each visitor takes one
        self.subs = tuple(_stripped(link.subs[:5]))
        self.id_heads: dict[tuple[int | None, str], bytes] = {}  # of click ids, by creative and consent
        self.app: AppChooser | None = None
        self.straight: tuple[bytes, bytes] | None = None
        channel = b',"ch":"%b"' % link.channel.encode() if link.channel else b""
        smart = b',"sl":%d' % link.smart_link_id if link.smart_link_id else b""
        self.head = b'"c":%d,"p":%d,"l":%d%b%b' % (campaign.id, partnership.id, link.id, channel, smart)


def _stripped(labels: Sequence[str]) -> list[str]:
    """Without empty ones at the end."""
    found = [*labels]
    while found and not found[-1]:
        found.pop()
    return found
