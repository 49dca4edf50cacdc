"""GET /b/<code>: a banner as a page of its own, for an `<iframe sandbox>`; GET /b/<code>.js: a script that puts that frame.

The creative is the link's, or drawn by weight among those of the slot asked for (`?slot=300x250`, `?slot=native`). The
frame has the slot's size before anything is loaded, so nothing moves. It counts an impression when it is drawn and a view
when half of it was seen for a second, and says with both how large it stands and whether its tab is the one in front (once
more, when it comes there); its one script and one style are named by their hashes in its own policy.
"""

import random
from base64 import b64encode
from bisect import bisect_right
from hashlib import sha256
from html import escape
from typing import Final
from urllib.parse import quote, urlencode

import orjson

from tracking.edge.http import COMMON, Request, Response
from tracking.edge.parse import visitor_parameters
from tracking.edge.route import Route
from tracking.edge.routes import route
from tracking.edge.state import Edge
from tracking.edge.wishes import wishes
from tracking.snapshot.adverts import NATIVE, Advert, Adverts

NATIVE_HEIGHT: Final = 132
SANDBOX: Final = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation"
_PASSED: Final = ("sub1", "sub2", "sub3", "sub4", "sub5", "source", "consent")
_random: Final = random.SystemRandom()
_STYLE: Final = (
    "html,body{margin:0;overflow:hidden}a{display:block;color:inherit;text-decoration:none}img{display:block;border:0}"
    ".n{display:flex;gap:12px;box-sizing:border-box;height:132px;padding:10px;font:14px/1.4 system-ui,sans-serif;"
    "color:#1d273b;background:#fff}.n img{width:112px;height:112px;object-fit:cover;border-radius:6px;flex:none}"
    ".n b{display:block;font-size:15px;line-height:1.3}.n span{display:block}.n small{color:#6b788e}"
    ".p{position:absolute;width:1px;height:1px;opacity:0}"
    "@media (prefers-color-scheme:dark){.n{color:#e5e7eb;background:#1b2434}}"
)
_SCRIPT: Final = (
    '(()=>{const d=document,a=d.querySelector("a"),v=()=>d.visibilityState==="visible";'
    'const tell=u=>{new Image().src=u+"&shown="+innerWidth+"x"+innerHeight+(v()?"":".hidden")};tell(a.dataset.shown);'
    'if(!v())d.addEventListener("visibilitychange",()=>tell(a.dataset.shown),{once:true});'
    "let t=0,s=false;const w=()=>{clearTimeout(t);if(s&&v())t=setTimeout(()=>{s=false;o.disconnect();tell(a.dataset.view)},"
    "1000)};const o=new IntersectionObserver(l=>{const e=l.at(-1),n=e.isIntersecting&&e.intersectionRatio>=.5;"
    "if(n!==s){s=n;w()}},{threshold:[0,.5]});o.observe(a);d.addEventListener('visibilitychange',w)})()"
)


def _hashed(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def frame(edge: Edge, request: Request, code: bytes) -> Response:
    """Always a page; an empty one where the link leads nowhere or there is nothing of that size."""
    way = _way(edge, code)
    asked, _ = visitor_parameters(request.query)
    advert = way and not way.diverted and chosen(way, asked.get("slot", ""))
    labels = None if asked.get("preview") else _labels(request.query)
    content = _content(edge, way, advert, labels) if way and advert else ""
    body = (
        f'<!doctype html><html><head><meta charset="utf-8"><title>Ad</title><style>{_STYLE}</style></head>'
        f"<body>{content}</body></html>"
    ).encode()
    return Response(200, [*_page_headers(edge), *COMMON], body)


def script(edge: Edge, request: Request, code: bytes) -> Response:
    """For pages that take one line of script; it puts the same frame where it stands."""
    way = _way(edge, code)
    asked, _ = visitor_parameters(request.query)
    slot = asked.get("slot", "")
    size = _size(way, slot) if way else None
    text = ""
    if size and way:
        query = urlencode({"slot": slot, **_labels(request.query)} if slot else _labels(request.query), quote_via=quote)
        source = f"{edge.config.tracking_url}/b/{way.link.code}" + (f"?{query}" if query else "")
        values = orjson.dumps([source, *size, SANDBOX]).decode().replace("<", "\\u003c")
        text = (
            f"((u,w,h,s)=>{{const c=document.currentScript,f=document.createElement('iframe');"
            "f.width=w;f.height=h;f.loading='lazy';f.title='Ad';f.setAttribute('sandbox',s);"
            "f.setAttribute('scrolling','no');f.setAttribute('frameborder','0');f.referrerPolicy="
            f"'strict-origin-when-cross-origin';f.src=u;c.after(f)}})(...{values});\n"
        )
    body = text.encode()
    own = [
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"cross-origin-resource-policy", b"cross-origin"),
    ]
    return Response(200, [*own, *COMMON], body)


def _page_headers(edge: Edge) -> list[tuple[bytes, bytes]]:
    """To be framed by any page. What the frame itself may do is this and no more."""
    policy = (
        f"default-src 'none'; img-src {edge.config.site_url} {edge.config.tracking_url}; style-src {_hashed(_STYLE)};"
        f" script-src {_hashed(_SCRIPT)}; base-uri 'none'; form-action 'none'; frame-ancestors http: https:"
    )
    return [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", policy.encode()),
        (b"cross-origin-resource-policy", b"cross-origin"),
    ]


def chosen(way: Route, slot: str) -> Advert | None:
    adverts: Adverts | None = way.campaign.extras.get("adverts")
    if adverts is None:
        return None
    if way.link.creative_id:
        return adverts.by_id.get(way.link.creative_id)
    found = adverts.by_slot.get(slot)
    if not found:
        return None
    those, weights = found
    return those[bisect_right(weights, _random.randrange(weights[-1]))]


def _size(way: Route, slot: str) -> tuple[str, str] | None:
    adverts: Adverts | None = way.campaign.extras.get("adverts")
    fixed = adverts.by_id.get(way.link.creative_id) if adverts and way.link.creative_id else None
    slot = fixed.slot if fixed else slot
    if slot == NATIVE:
        return "100%", str(NATIVE_HEIGHT)
    width, _, height = slot.partition("x")
    is_size = width.isdecimal() and height.isdecimal() and len(slot) <= 9 and slot.isascii()
    return (width, height) if is_size else None


def _way(edge: Edge, code: bytes) -> Route | None:
    way = route(edge.snapshot, code.decode()) if edge.snapshot else None
    if way is None:
        edge.counters["invalid_link"] += 1
    return way


def _labels(query: bytes) -> dict[str, str]:
    """The publisher's labels go on to the click, the impression and the view."""
    parameters = wishes(query).ours
    return {name: parameters[name] for name in _PASSED if name in parameters}


def _content(edge: Edge, way: Route, advert: Advert, labels: dict[str, str] | None) -> str:
    """`labels` None: shown to its publisher, so that nothing is counted and nothing can be clicked."""
    query = escape(urlencode({"creative": advert.public_id, **(labels or {})}, quote_via=quote))
    code, picture = way.link.code, escape(edge.config.site_url + advert.path)
    start = f'<a href="/c/{code}?{query}" target="_blank" rel="sponsored noopener" data-view="/v/{code}.gif?{query}"'
    start += f' data-shown="/i/{code}.gif?{query}"'
    if labels is None:
        start = "<a"
    if advert.kind == NATIVE:
        inner = (
            f' class="n"><img src="{picture}" alt=""><div dir="auto"><b>{escape(advert.title)}</b>'
            f"<span>{escape(advert.text)}</span><small>{escape(advert.brand)} · Ad / تبلیغ</small></div></a>"
        )
    else:
        size = f'width="{advert.width}" height="{advert.height}"'
        inner = f'><img src="{picture}" {size} alt="{escape(advert.name)}"></a>'
    pixel = f'<noscript><img class="p" src="/i/{code}.gif?{query}" alt=""></noscript>'
    return f"{start}{inner}" if labels is None else f"{start}{inner}{pixel}<script>{_SCRIPT}</script>"
