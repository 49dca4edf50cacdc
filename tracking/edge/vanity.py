"""GET /@name: a publisher's link page; GET /@name/<slug>: one of its links. Names are read in any case."""

from html import escape
from typing import Final
from urllib.parse import quote

from tracking.edge import clicks, pages
from tracking.edge.http import COMMON, PAGE_POLICY, Answer, Request, Response
from tracking.edge.redirects import ascii_url
from tracking.edge.routes import route
from tracking.edge.state import Edge
from tracking.snapshot import Snapshot
from tracking.snapshot.vanity import Shown, Vanity, vanity

_STYLE: Final = (
    "body{font:17px/1.5 system-ui,sans-serif;margin:0;background:#f6f8fb;color:#1d273b}"
    "main{max-width:30rem;margin:0 auto;padding:12vh 1.25rem 3rem;text-align:center}"
    "h1{font-size:1.4rem;margin:0;overflow-wrap:anywhere}p{margin:.35rem 0 1.75rem;color:#49566c;overflow-wrap:anywhere}"
    "ul{list-style:none;margin:0;padding:0}li{margin:0 0 .75rem}"
    "li a{display:block;padding:.9rem 1rem;border:1px solid #d5dce6;border-radius:.75rem;background:#fff;color:inherit;"
    "text-decoration:none;font-weight:600;overflow-wrap:anywhere}li a:hover,li a:focus-visible{border-color:#2a6df4}"
    "footer{margin-top:2rem;font-size:.85rem;color:#6b788e}"
    "@media (prefers-color-scheme:dark){body{background:#111827;color:#e5e7eb}p,footer{color:#9ca3af}"
    "li a{background:#1b2434;border-color:#313d52}}"
)
_WORDS: Final = {
    "en": ("ltr", "Links on this page are advertising.", "There is nothing here at the moment."),
    "fa": ("rtl", "لینک‌های این صفحه تبلیغاتی‌اند.", "فعلاً چیزی اینجا نیست."),
}


def shown(edge: Edge, request: Request, name: bytes, slug: bytes | None) -> Answer:
    snapshot = edge.snapshot
    if snapshot is None:
        return pages.starting()
    found = vanity(snapshot, name.decode().lower())
    code = found and slug and found.code(slug.decode().lower())
    if found and not slug:
        return _page(snapshot, found, _language(request), request.query)
    way = route(snapshot, code) if code else None
    if way is None:
        edge.counters["invalid_link"] += 1
        fallback = snapshot.fallback_url
        return clicks.redirect(ascii_url(fallback).encode()) if fallback and slug else pages.not_found()
    return clicks.visited(clicks.arrived(edge, request, way))


def _page(snapshot: Snapshot, found: Vanity, language: str, query: bytes) -> Response:
    """Only what leads somewhere now. What was asked behind the `?` goes on to each link: labels of the place it was put."""
    direction, notice, nothing = _WORDS[language]
    rest = f"?{quote(query, safe='=&%+-._~')}" if query else ""
    links = "".join(_item(found, one, rest) for one in found.links if _is_open(snapshot, one))
    title = escape(found.title or f"@{found.name}")
    body = (
        f'<!doctype html><html lang="{language}" dir="{direction}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f'<meta property="og:title" content="{title}"><meta property="og:description" content="{escape(found.about)}">'
        f'<style>{_STYLE}</style></head><body><main><h1 dir="auto">{title}</h1><p dir="auto">{escape(found.about)}</p>'
        f"{f'<ul>{links}</ul><footer>{notice}</footer>' if links else f'<p>{nothing}</p>'}</main></body></html>"
    ).encode()
    own = [(b"content-type", b"text/html; charset=utf-8"), PAGE_POLICY]
    return Response(200, [*own, (b"content-language", language.encode()), (b"vary", b"accept-language"), *COMMON], body)


def _item(found: Vanity, one: Shown, rest: str) -> str:
    address = escape(f"/@{found.name}/{one.slug}{rest}")
    return f'<li><a href="{address}" rel="sponsored noopener" dir="auto">{escape(one.label)}</a></li>'


def _is_open(snapshot: Snapshot, one: Shown) -> bool:
    way = route(snapshot, one.code)
    return way is not None and not way.diverted


def _language(request: Request) -> str:
    first = request.header(b"accept-language").partition(",")[0].strip().lower()
    return "fa" if first.startswith("fa") else "en"
