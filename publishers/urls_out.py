"""The addresses, the code and the pictures that a publisher carries out into its pages."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from advertisers import letters
from advertisers.models import Creative, CreativeKind
from publishers.models import TrackingLink
from publishers.shares import Post, post


@dataclass(frozen=True, slots=True)
class Tag:
    """A banner tag of one slot, "300x250" or "native": a frame as HTML, one line of script, the frame to look at."""

    slot: str
    html: str
    script: str
    preview: str
    width: str
    height: int

    @property
    def label(self) -> str:
        return self.slot.replace("x", "×")


@dataclass(frozen=True, slots=True)
class Letter:
    """An e-mail ready for a mailing program, which puts its own recipient's label or hash in place of `recipient`."""

    subject: str
    preview: str
    html: str
    recipient: str
    unsubscribe: str
    headers: str


@dataclass(frozen=True, slots=True)
class Takeaway:
    """All that one link is used as. `code` is empty where there is nothing to show but the address."""

    link: TrackingLink
    url: str
    impression_url: str
    code: str
    tags: list[Tag]
    letter: Letter | None
    post: Post


RECIPIENT: Final = "RECIPIENT"
NATIVE_HEIGHT: Final = 132  # as tracking/edge/banners.py draws it


def takeaway(link: TrackingLink, slots: Sequence[str] = ()) -> Takeaway:
    """`slots`: what the campaign's banners fill, for a link that is none of them and may show all in turn."""
    creative, url = link.creative, click_url(link)
    code = embed_code(link, creative) if creative and creative.kind in {CreativeKind.BANNER, CreativeKind.TEXT} else ""
    own = _slot(creative) if creative else ""
    tags = [tag(link, slot) for slot in ([own] if own else slots if creative is None else [])]
    letter_ = letter(link, creative) if creative and creative.kind == CreativeKind.EMAIL else None
    return Takeaway(link, url, impression_url(link), code, tags, letter_, post(link, url))


def _slot(creative: Creative) -> str:
    if creative.kind == CreativeKind.NATIVE:
        return "native"
    return f"{creative.image.width}x{creative.image.height}" if creative.image else ""


def slots(creatives: Iterable[Creative]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(_slot, creatives))))


def tag(link: TrackingLink, slot: str) -> Tag:
    """Its size is fixed before anything is loaded; the sandbox keeps what is inside away from the page around it."""
    labels = {"slot": slot} | _labels(link)
    address = f"{settings.TRACKING_URL}/b/{link.code}"
    query = urlencode(labels, quote_via=quote, safe="")
    width, height = (
        ("100%", NATIVE_HEIGHT) if slot == "native" else (slot.split("x", maxsplit=1)[0], int(slot.split("x")[1]))
    )
    html = format_html(
        '<iframe src="{}?{}" width="{}" height="{}" sandbox="{}" loading="lazy" scrolling="no" frameborder="0"'
        ' title="Ad" referrerpolicy="strict-origin-when-cross-origin"></iframe>',
        address, query, width, height, SANDBOX,
    )  # fmt: skip
    script = format_html('<script src="{}.js?{}"></script>', address, query)
    preview = f"{address}?{urlencode({'slot': slot, 'preview': '1'})}"
    return Tag(slot, html + "", script + "", preview, width, height)


SANDBOX: Final = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"


def letter(link: TrackingLink, creative: Creative) -> Letter:
    """`List-Unsubscribe` as RFC 8058 has it, which the large mailbox providers demand of whoever mails many."""
    recipient = {"r": RECIPIENT}
    unsubscribe = f"{settings.TRACKING_URL}/u/{link.code}?{urlencode(recipient)}"
    open_pixel = _with(f"{settings.TRACKING_URL}/o/{link.code}.gif", _labels(link) | recipient)
    target = _with(f"{settings.TRACKING_URL}/c/{link.code}", _labels(link) | recipient)
    html = letters.filled(creative, link=target, open_pixel=open_pixel, unsubscribe=unsubscribe)
    headers = f"List-Unsubscribe: <{unsubscribe}>\nList-Unsubscribe-Post: List-Unsubscribe=One-Click"
    return Letter(creative.title, creative.preview, html, RECIPIENT, unsubscribe, headers)


def click_url(link: TrackingLink) -> str:
    """`https://t.example/c/<code>?sub1=…`; labels percent-encoded once, empty ones left out."""
    return _with_subs(f"{settings.TRACKING_URL}/c/{link.code}", link)


def impression_url(link: TrackingLink) -> str:
    return _with_subs(f"{settings.TRACKING_URL}/i/{link.code}.gif", link)


def embed_code(link: TrackingLink, creative: Creative) -> str:
    """HTML for any page: the banner or text as a link, and the pixel that counts its impression.

    `sponsored` tells search engines that the link is paid for; `noopener` keeps the shop away from the publisher's page.
    The answer is plain text, not a SafeString: our own pages show it as code.
    """
    html = format_html(
        '<a href="{}" rel="sponsored noopener" target="_blank">{}</a>'
        '<img src="{}" width="1" height="1" alt="" loading="eager" referrerpolicy="no-referrer-when-downgrade">',
        click_url(link),
        _shown(creative),
        impression_url(link),
    )
    return html + ""  # a SafeString and a str make a str


def _shown(creative: Creative) -> SafeString:
    if not creative.image:
        return format_html("{}", creative.text)
    return format_html(
        '<img src="{}" width="{}" height="{}" alt="{}">',
        f"{settings.SITE_URL}{creative.image.path}",
        creative.image.width,
        creative.image.height,
        creative.name,
    )


def qr_svg(link: TrackingLink) -> bytes:
    """For print in any size."""
    out = io.BytesIO()
    segno.make(click_url(link), error="m").save(out, kind="svg", scale=8, border=4)
    return out.getvalue()


def qr_png(link: TrackingLink) -> bytes:
    out = io.BytesIO()
    segno.make(click_url(link), error="m").save(out, kind="png", scale=12, border=4)
    return out.getvalue()


def _with_subs(url: str, link: TrackingLink) -> str:
    return _with(url, _labels(link))


def _labels(link: TrackingLink) -> dict[str, str]:
    return {f"sub{number}": label for number, label in enumerate(link.subs, start=1) if label}


def _with(url: str, parameters: dict[str, str]) -> str:
    return f"{url}?{urlencode(parameters, quote_via=quote, safe='')}" if parameters else url
