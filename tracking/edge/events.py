"""A click or an impression as it goes into the stream: one JSON object; ingest reads it.

Keys, absent where empty: `t` click, impression, view (a viewable impression), open (of an e-mail); `c` campaign, `p`
partnership, `l` link, `cr` creative, `lp` landing page, `sl` smart link; `ch` channel; `at` milliseconds since 1970, also
when it was received; `n` nonce (signed, 64 bits); `subs` the five sub ids, `src` source, `cp` coupon; `ip`, `ua`, `ref`,
`lang` of the request; `consent` granted or denied, absent for unknown; `div` why it was diverted; `flags` what was odd;
`x` what else is kept: `click` the publisher's own click id, `subs` labels beyond the five by name, `gclid` `fbclid`
`ttclid` `msclkid`, `gaid` `idfa`, `recipient` of the e-mail.

Campaign, `at` and `n` together are the event's identity.
"""

from typing import Any, Final

import orjson

from tracking.edge.parse import MAX_SUB, cut, has_macro
from tracking.edge.route import Landing
from tracking.edge.visit import Visit
from tracking.edge.wishes import NAMED
from tracking.snapshot import Creative

MAX_TEXT: Final = 512
MAX_COUPON: Final = 64
MAX_SURPLUS: Final = 32  # labels beyond the five
SUBS: Final = ("sub1", "sub2", "sub3", "sub4", "sub5")
NOT_A_VISIT: Final = frozenset({b"iframe", b"frame", b"image", b"script", b"style", b"object", b"embed", b"empty"})


def event(
    kind: str, visit: Visit, creative: Creative | None = None, landing: Landing | None = None, diverted: str = ""
) -> tuple[bytes, str]:
    """The event, and what decides its shard. Without consent nothing that could tell the visitor from others."""
    request, parameters = visit.request, visit.parameters
    address = visit.address
    found: dict[str, Any] = {
        "cr": creative and creative.id,
        "lp": landing and landing.id,
        "subs": subs(visit),
        "src": labelled(visit, parameters.get("source", "")),
        "cp": cut(parameters.get("coupon") or visit.route.link.coupon, MAX_COUPON),
        "div": diverted,
        "x": extras(visit),
    }
    if visit.consent != "denied":
        found["ip"] = address
        found["ua"] = visit.user_agent
        found["ref"] = request.header(b"referer")[:MAX_TEXT]
        found["lang"] = request.header(b"accept-language")[:64]
    if visit.consent != "unknown":
        found["consent"] = visit.consent
    found["flags"] = visit.flags  # last: labels add to them
    rest = orjson.dumps({key: value for key, value in found.items() if value})
    head = b'{"t":"%b",%b,"at":%d,"n":%d' % (kind.encode(), visit.route.head, visit.at_ms, signed(visit.nonce))
    return head + (b"," + rest[1:] if len(rest) > 2 else b"}"), address or ""


def signed(nonce: int) -> int:
    """As it is stored: PostgreSQL's bigint has a sign."""
    return nonce - (1 << 64) if nonce >> 63 else nonce


def subs(visit: Visit) -> list[str]:
    """The click's own labels before those of the link, without empty ones at the end."""
    own = visit.route.link.subs[:5]
    found = [*own, *[""] * (5 - len(own))]
    for number, name in enumerate(SUBS):
        if value := visit.parameters.get(name):
            found[number] = labelled(visit, value)
    while found and not found[-1]:
        found.pop()
    return found


def extras(visit: Visit) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if own := visit.parameters.get("click"):
        found["click"] = labelled(visit, own)
    labels: dict[str, str] = {}
    for name, value in visit.surplus.items():
        if name in NAMED:
            if visit.consent != "denied":  # they tell one person or device from others
                found[name] = labelled(visit, value)
        elif len(labels) < MAX_SURPLUS:
            labels[name] = labelled(visit, value)
        else:
            visit.flag("truncated")
    if labels:
        found["subs"] = labels
    return found


def labelled(visit: Visit, text: str) -> str:
    """A label, bounded; what is odd about it is flagged."""
    if len(text) > MAX_SUB // 4 and (short := cut(text, MAX_SUB)) != text:
        text = short
        visit.flag("truncated")
    if text and not text.isalnum() and has_macro(text):
        visit.flag("macro_not_replaced")
    return text


def flag_request(visit: Visit) -> None:
    if visit.request.headers.get(b"sec-fetch-dest") in NOT_A_VISIT:
        visit.flag("fetch_metadata")
