"""The addresses, the code and the pictures that a publisher carries out into its pages."""

import io
from dataclasses import dataclass
from urllib.parse import quote, urlencode

import segno
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

from advertisers.models import Creative
from publishers.models import TrackingLink


@dataclass(frozen=True, slots=True)
class Takeaway:
    """All that one link is used as. `code` is empty where there is nothing to show but the address."""

    link: TrackingLink
    url: str
    impression_url: str
    code: str


def takeaway(link: TrackingLink) -> Takeaway:
    code = embed_code(link, link.creative) if link.creative else ""
    return Takeaway(link, click_url(link), impression_url(link), code)


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


def qr_png(link: TrackingLink) -> bytes:
    out = io.BytesIO()
    segno.make(click_url(link), error="m").save(out, kind="png", scale=12, border=4)
    return out.getvalue()


def _with_subs(url: str, link: TrackingLink) -> str:
    labels = {f"sub{number}": label for number, label in enumerate(link.subs, start=1) if label}
    return f"{url}?{urlencode(labels, quote_via=quote, safe='')}" if labels else url
