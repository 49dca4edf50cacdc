"""/u/<code>?r=<recipient>: somebody wants no more mail about an advertiser.

GET shows a page with one button, and changes nothing: mail scanners open every link. POST unsubscribes, with the button or
by the mail program itself (RFC 8058, `List-Unsubscribe=One-Click`). It is answered when it is on the disk; from there it
goes into the advertiser's suppression list in PostgreSQL, and from the list to every edge.
"""

import re
from hashlib import md5, sha256
from html import escape
from typing import Any, Final
from urllib.parse import quote

import orjson

from tracking.edge import pages
from tracking.edge.http import COMMON, Request, Response, read_body
from tracking.edge.parse import MAX_SUB, cut, visitor_parameters
from tracking.edge.route import Route
from tracking.edge.routes import route
from tracking.edge.spool import Full
from tracking.edge.state import Edge
from tracking.snapshot import Snapshot
from tracking.snapshot.suppressions import suppressed

MAX_BODY: Final = 4096
_SHA256: Final = re.compile(r"[0-9a-f]{64}")
_MD5: Final = re.compile(r"[0-9a-f]{32}")
_ADDRESS: Final = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}\.[^@\s.]{2,}")
_POLICY: Final = (
    b"content-security-policy",
    b"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
)
_WORDS: Final = {
    "en": {
        "direction": "ltr",
        "title": "Unsubscribe",
        "ask": "You will get no more mails about this offer's advertiser.",
        "email": "Your e-mail address",
        "button": "Unsubscribe",
        "done": "You are unsubscribed",
        "thanks": "No more mails about this advertiser should reach you. Mails that are on their way may still arrive.",
        "wrong": "Enter your e-mail address.",
        "busy": "Too many requests right now. Please try again in a minute.",
    },
    "fa": {
        "direction": "rtl",
        "title": "لغو اشتراک",
        "ask": "دیگر ایمیلی دربارهٔ تبلیغ‌دهندهٔ این پیشنهاد برایتان فرستاده نمی‌شود.",
        "email": "نشانی ایمیل شما",
        "button": "لغو اشتراک",
        "done": "اشتراک شما لغو شد",
        "thanks": "دیگر ایمیلی دربارهٔ این تبلیغ‌دهنده نباید به شما برسد. ایمیل‌هایی که در راه‌اند ممکن است هنوز برسند.",
        "wrong": "نشانی ایمیل خود را وارد کنید.",
        "busy": "درخواست‌ها بیش از اندازه است. لطفاً یک دقیقهٔ دیگر دوباره تلاش کنید.",
    },
}
_PROBLEMS: Final = {422: "wrong", 429: "busy"}
_STYLE: Final = (
    "body{font:17px/1.6 system-ui,sans-serif;max-width:30rem;margin:16vh auto;padding:0 1.5rem;color:#1d273b}"
    "h1{font-size:1.4rem;margin:0 0 .3rem}p{margin:0 0 1.5rem;color:#49566c}label{display:block;margin:0 0 1rem}"
    "input,button{font:inherit;box-sizing:border-box;width:100%;padding:.7rem 1rem;border-radius:.5rem;"
    "border:1px solid #b8c2d0}button{background:#2a6df4;border-color:#2a6df4;color:#fff;font-weight:600;cursor:pointer}"
    "@media (prefers-color-scheme:dark){body{background:#111827;color:#e5e7eb}p{color:#9ca3af}"
    "input{background:#1b2434;color:inherit;border-color:#313d52}}"
)


async def unsubscribe(edge: Edge, request: Request, code: bytes) -> Response:
    snapshot = edge.snapshot
    if snapshot is None:
        return pages.starting()
    way = route(snapshot, code.decode())
    if way is None:
        edge.counters["invalid_link"] += 1
        return pages.not_found()
    asked, _ = visitor_parameters(request.query)
    recipient = cut(asked.get("r", ""), MAX_SUB)
    words = _WORDS["fa" if request.header(b"accept-language").lower().startswith("fa") else "en"]
    if request.method != "POST":
        return _ask(words, recipient)
    status = 429
    if edge.leavers.allows(edge.origins.of(request).address, way.link.id):
        sent, _ = visitor_parameters(await read_body(request, MAX_BODY))
        status = await _left(edge, snapshot, _known(way, recipient, sent.get("email", "").strip()))
    edge.counters[f"unsubscribe_{status}"] += 1
    if status == 503:
        return pages.starting()
    if problem := _PROBLEMS.get(status):
        return _ask(words, recipient, status, problem)
    return _page(200, words, words["done"], words["thanks"])


async def _left(edge: Edge, snapshot: Snapshot, line: dict[str, Any] | None) -> int:
    if line is None:
        return 422
    try:
        await edge.leavers.spool.append([orjson.dumps(line)])
    except Full:
        return 503
    known, advertiser = suppressed(snapshot), line["advertiser"]
    is_first = [known.add(advertiser, 0, value) for value in (line["sha256"], line["md5"]) if value]
    if line["label"]:
        is_first.append(known.add(advertiser, line["publisher"], line["label"]))
    if any(is_first):
        snapshot.derived.clear()  # routes that had no reason to ask
    return 200


def _known(way: Route, recipient: str, address: str) -> dict[str, Any] | None:
    """A row of the list: by the hash in the link, by the publisher's label, or by the address that was typed."""
    line: dict[str, Any] = {
        "advertiser": way.campaign.advertiser_id,
        "campaign": way.campaign.id,
        "publisher": None,
        "sha256": "",
        "md5": "",
        "label": "",
    }
    hashed = recipient.lower()
    if _SHA256.fullmatch(hashed):
        return line | {"sha256": hashed}
    if _MD5.fullmatch(hashed):
        return line | {"md5": hashed}
    if recipient:
        return line | {"publisher": way.partnership.publisher_id, "label": recipient}
    if not _ADDRESS.fullmatch(address):
        return None
    plain = address.lower().encode()
    return line | {
        "sha256": sha256(plain).hexdigest(),
        "md5": md5(plain, usedforsecurity=False).hexdigest(),
    }


def _ask(words: dict[str, str], recipient: str, status: int = 200, problem: str = "") -> Response:
    field = "" if recipient else f'<label>{words["email"]}<input name="email" type="email" dir="ltr" required></label>'
    wrong = f'<p role="alert">{words[problem]}</p>' if problem else ""
    action = f"?r={escape(quote(recipient, safe=''))}" if recipient else "?"
    form = f'<form method="post" action="{action}">{wrong}{field}<button>{words["button"]}</button></form>'
    return _page(status, words, words["title"], words["ask"], form)


def _page(status: int, words: dict[str, str], title: str, text: str, more: str = "") -> Response:
    language = "fa" if words["direction"] == "rtl" else "en"
    body = (
        f'<!doctype html><html lang="{language}" dir="{words["direction"]}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{_STYLE}</style></head><body><main><h1>{title}</h1><p>{text}</p>{more}</main></body></html>"
    ).encode()
    own = [(b"content-type", b"text/html; charset=utf-8"), _POLICY]
    if status == 429:
        own.append((b"retry-after", b"60"))
    return Response(status, [*own, (b"vary", b"accept-language"), *COMMON], body)
