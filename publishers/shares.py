"""Ready texts for social posts: a line of words with the link, and where a tap opens the app that posts it."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from django.utils.translation import gettext as _

from publishers.models import TrackingLink

MAX_TEXT: Final = 200


@dataclass(frozen=True, slots=True)
class Share:
    """`url` is empty where there is only something to copy (Instagram takes no text from outside)."""

    name: str
    icon: str
    url: str


@dataclass(frozen=True, slots=True)
class Post:
    text: str
    shares: list[Share]


def post(link: TrackingLink, url: str) -> Post:
    """The creative's own words, else the campaign's name; with the code, and marked as advertising, as the law of most
    places and the rules of all these networks demand."""
    campaign = link.partnership.campaign
    words = (link.creative and (link.creative.text or link.creative.title)) or campaign.name
    lines = [words[:MAX_TEXT]]
    if link.coupon:
        lines.append(_("Code: %(code)s") % {"code": link.coupon.code})
    said = "\n".join(lines)
    text = f"{said}\n{url}\n{_('#ad')}"
    return Post(
        text,
        [
            Share("Telegram", "brand-telegram", f"https://t.me/share/url?url={_part(url)}&text={_part(said)}"),
            Share("WhatsApp", "brand-whatsapp", f"https://wa.me/?text={_part(text)}"),
            Share("X", "brand-x", f"https://x.com/intent/post?url={_part(url)}&text={_part(said)}"),
            Share("Instagram", "brand-instagram", ""),
        ],
    )


def _part(text: str) -> str:
    return quote(text, safe="")
