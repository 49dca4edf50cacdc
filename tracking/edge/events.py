"""A click or an impression as it goes into the stream: one JSON object; ingest reads it.

Keys, absent where empty: `t` click, impression, view (a viewable impression), open (of an e-mail); `c` campaign, `p`
partnership, `l` link, `cr` creative, `lp` landing page, `sl` smart link; `ch` channel; `at` milliseconds since 1970, also
when it was received; `n` nonce (signed, 64 bits); `subs` the five sub ids, `src` source, `cp` coupon; `ip`, `ua`, `ref`,
`lang` of the request; `consent` granted or denied, absent for unknown; `div` why it was diverted; `flags` what was odd;
`x` what else is kept: `click` the publisher's own click id, `subs` labels beyond the five by name, `gclid` `fbclid`
`ttclid` `msclkid`, `gaid` `idfa`, `recipient` of the e-mail.

Campaign, `at` and `n` together are the event's identity.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import orjson

from tracking.edge.http import printable
from tracking.edge.parse import MAX_SUB, cut, has_macro
from tracking.edge.route import Landing
from tracking.edge.visit import Visit
from tracking.edge.wishes import NAMED, SUBS, is_ordinary, wishes
from tracking.snapshot import Creative

MAX_TEXT: Final = 512
MAX_LANGUAGE: Final = 64
MAX_COUPON: Final = 64
MAX_SURPLUS: Final = 32  # labels beyond the five
NOT_A_VISIT: Final = frozenset({b"iframe", b"frame", b"image", b"script", b"style", b"object", b"embed", b"empty"})


def event(
    kind: bytes, visit: Visit, creative: Creative | None = None, landing: Landing | None = None, diverted: str = ""
) -> bytes:
    """Put together by hand, for most of it is known beforehand; what strangers sent goes through orjson."""
    way = visit.route
    parts = [b'{"t":"%b",%b,"at":%d,"n":%d' % (kind, way.head, visit.at_ms, signed(visit.nonce))]
    if creative:
        parts.append(b',"cr":%d' % creative.id)
    if landing:
        parts.append(b',"lp":%d' % landing.id)
    if visit.is_plain and not way.link.more:
        parts.append(_labels(way.subs, visit.request.query))
    else:
        parts += _brought(visit)
    if visit.consent != "denied":
        parts += _of_the_visitor(visit)
    if visit.consent != "unknown":
        parts.append(b',"consent":"%b"' % visit.consent.encode())
    if diverted:
        parts.append(b',"div":"%b"' % diverted.encode())
    if visit.flags:
        parts.append(b',"flags":' + orjson.dumps(visit.flags))
    parts.append(b"}")
    return b"".join(parts)


def signed(nonce: int) -> int:
    """As it is stored: PostgreSQL's bigint has a sign."""
    return nonce - (1 << 64) if nonce >> 63 else nonce


@lru_cache(maxsize=4096)
def _labels(own: tuple[str, ...], query: bytes) -> bytes:
    """Most visitors of a link bring the same."""
    found = placed(own, wishes(query).ours)
    return b',"subs":' + orjson.dumps(found) if found else b""


def _brought(visit: Visit) -> list[bytes]:
    parameters = visit.parameters
    labels = subs(visit)
    parts = [b',"subs":' + orjson.dumps(labels)] if labels else []
    if source := parameters.get("source"):
        parts.append(b',"src":' + orjson.dumps(labelled(visit, source)))
    if coupon := parameters.get("coupon") or visit.route.link.coupon:
        parts.append(b',"cp":' + orjson.dumps(cut(coupon, MAX_COUPON)))
    if visit.surplus or "click" in parameters:
        parts.append(b',"x":' + orjson.dumps(extras(visit)))
    return parts


def _of_the_visitor(visit: Visit) -> list[bytes]:
    """What could tell the visitor from others: nothing of it is kept without consent."""
    headers = visit.request.headers
    agent, language = headers.get(b"user-agent", b""), headers.get(b"accept-language", b"")
    parts = [visit.stored_address, _browser(agent[: 4 * MAX_TEXT], language[: 4 * MAX_LANGUAGE])]
    if referrer := headers.get(b"referer"):
        parts += (b',"ref":', orjson.dumps(printable(referrer)[:MAX_TEXT]))
    return parts


@lru_cache(maxsize=4096)
def _browser(agent: bytes, language: bytes) -> bytes:
    """Many visitors have the same browser in the same language."""
    stored = b',"ua":' + orjson.dumps(printable(agent)[:MAX_TEXT]) if agent else b""
    return stored + (b',"lang":' + orjson.dumps(printable(language)[:MAX_LANGUAGE]) if language else b"")


def subs(visit: Visit) -> list[str]:
    """The click's own labels before those of the link, without empty ones at the end."""
    own = {name: labelled(visit, value) for name, value in visit.parameters.items() if name in SUBS}
    return placed(visit.route.subs, own)


def placed(labels: Sequence[str], own: Mapping[str, str]) -> list[str]:
    """The five labels, those of `own` in their places."""
    found = [*labels]
    for name, value in own.items():
        if (place := SUBS.get(name)) is not None:
            found += [""] * (place + 1 - len(found))
            found[place] = value
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
    if is_ordinary(text):
        return text
    if (short := cut(text, MAX_SUB)) != text:
        text = short
        visit.flag("truncated")
    if has_macro(text):
        visit.flag("macro_not_replaced")
    return text


NAVIGATE: Final = b"navigate"


def flag_request(visit: Visit) -> None:
    headers = visit.request.headers
    if headers.get(b"sec-fetch-dest") in NOT_A_VISIT or headers.get(b"sec-fetch-mode", NAVIGATE) != NAVIGATE:
        visit.flag("fetch_metadata")
