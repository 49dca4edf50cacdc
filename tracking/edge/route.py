"""Where a link leads, as far as that is known before anybody comes: made once per link, used for each of its visitors."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from tracking.snapshot import Campaign, Creative, Link, Partnership

if TYPE_CHECKING:
    from tracking.edge.visit import Visit

type Step = Callable[[Visit], str]
"""Keeps a visitor ("") or diverts with a reason."""


class Landing(NamedTuple):
    """A landing page that was chosen for a visitor."""

    id: int
    url: str


type Chooser = Callable[[Visit], Landing | None]


class Route:
    """`diverted` is the reason that holds for every visitor; `steps` decide for each; `landing` chooses among the
    campaign's landing pages, where it has several.
    """

    __slots__ = ("campaign", "creative", "diverted", "fallback", "head", "landing", "link", "partnership", "steps")

    def __init__(
        self, link: Link, partnership: Partnership, campaign: Campaign, creative: Creative | None, fallback: str
    ) -> None:
        self.link, self.partnership, self.campaign, self.creative = link, partnership, campaign, creative
        self.fallback = fallback  # "": there is none
        self.diverted = ""
        self.steps: tuple[Step, ...] = ()
        self.landing: Chooser | None = None
        channel = b',"ch":"%b"' % link.channel.encode() if link.channel else b""
        self.head = b'"c":%d,"p":%d,"l":%d%b' % (campaign.id, partnership.id, link.id, channel)
