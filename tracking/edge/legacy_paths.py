"""Addresses of other systems: which is a link, which an image that is looked at, which a report, and what the path says.

The table in docs/compatibility.md has them all.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from tracking.edge import baskets
from tracking.edge.parse import decoded, lenient, visitor_parameters


class Link(NamedTuple):
    """How a system's link names what it is about; "" what it does not name. `key`: one name for all of it."""

    system: str
    campaign: str = ""
    publisher: str = ""
    creative: str = ""
    key: str = ""


class Clicked(NamedTuple):
    """A request for a link. `said`: what the path says in our names, in place of the query; None: the query says it.

    `is_certain`: the path is nobody else's. Else it is only a link if something was imported for it.
    """

    links: tuple[Link, ...]
    named: Mapping[str, str]
    said: Mapping[str, str] | None = None
    is_certain: bool = True


class Reported(NamedTuple):
    """A request that reports. `is_image`: a browser calls it; `more`: parameters that the path holds."""

    system: str
    is_image: bool = False
    token: str = ""
    account: str = ""
    more: bytes = b""


_TUNE: Final = Link("tune", "offer_id", "aff_id", "file_id")
_PAP: Final = Link("pap", "", "a_aid", "a_bid")
_RAKUTEN: Final = Link("rakuten", "offer", "id", "offerid")
LINKS: Final[dict[bytes, tuple[Link, ...]]] = {
    b"/aff_c": (_TUNE,),
    b"/clk": (Link("everflow", "oid", "affid", "creative_id"),),
    b"/click": (
        Link("affise", "offer_id", "pid"),
        Link("scaleo", "o", "a", "creative_id"),
        Link("binom", key="key"),
    ),
    b"/": (Link("cake", "", "a", "c"), _PAP, Link("tapfiliate", key="ref")),
    b"/scripts/click.php": (_PAP,),
    b"/cread.php": (Link("awin", "awinmid", "awinaffid"),),
    b"/awclick.php": (Link("awin", "mid", "id"),),
    b"/pclick.php": (Link("awin", "m", "a"),),
    b"/deeplink": (Link("rakuten", "mid", "id"),),
    b"/link": (_RAKUTEN,),
    b"/fs-bin/click": (_RAKUTEN,),
    b"/click.php": (Link("binom", key="key"),),
}
IMAGES: Final[dict[bytes, tuple[Link, ...]]] = {
    b"/aff_i": (_TUNE,),
    b"/cshow.php": (Link("awin", "v", "r"),),
    b"/fs-bin/show": (Link("rakuten", "offer", "id", "bids"),),
}
"""Shown beside a link, to count that it was seen."""
_IN_PATH: Final[tuple[tuple[Link, re.Pattern[bytes]], ...]] = (
    (
        Link("impact", "campaign", "publisher", "creative"),
        re.compile(rb"/c/(?P<publisher>\d{1,20})/(?P<creative>\d{1,20})/(?P<campaign>\d{1,20})"),
    ),
    (Link("cj", "", "publisher", "creative"), re.compile(rb"/click-(?P<publisher>\d{1,20})-(?P<creative>\d{1,20})")),
)
_SEEN_IN_PATH: Final = re.compile(rb"/i/(?P<publisher>\d{1,20})/(?P<creative>\d{1,20})/(?P<campaign>\d{1,20})")
_ENCODED: Final = re.compile(rb"/(?P<publisher>[0-9A-Z]{3,16})/(?P<campaign>[0-9A-Z]{3,16})/?")
_KEYED: Final = re.compile(rb"/(?P<key>[0-9A-Za-z_-]{4,40})/?")
_BY_KEY: Final = tuple(Link(system, key="key") for system in ("voluum", "keitaro", "redtrack", "binom"))
PARTNERIZE: Final = b"/click/camref:"
_PARTNERIZE_SAYS: Final = {"pubref": "sub1", "ar": "sub2", "creativeref": "creative"}

REPORTS: Final[dict[bytes, Reported]] = {
    b"/aff_lsr": Reported("tune"),
    b"/aff_goal": Reported("tune"),
    b"/aff_l": Reported("tune", is_image=True),
    b"/": Reported("everflow"),
    b"/click.php": Reported("binom"),
    b"/click": Reported("binom"),
    b"/p.ashx": Reported("cake"),
    b"/sread.php": Reported("awin"),
    b"/sread.img": Reported("awin", is_image=True),
    b"/u": Reported("cj", is_image=True),
    b"/ep": Reported("rakuten"),
    b"/track/conv": Reported("scaleo"),
    b"/track/conv-change": Reported("scaleo"),
    b"/track/conv-addchange": Reported("scaleo"),
    b"/1.7/pb/con/c/": Reported("tapfiliate"),
    b"/scripts/sale.php": Reported("pap", is_image=True),
}
_ONLY_WITH: Final = {b"/": b"nid=", b"/click.php": b"cnv_id=", b"/click": b"cnv_id="}
"""Paths of links, too: a report is what has this parameter."""
_KEITARO: Final = re.compile(rb"/([0-9A-Za-z]{8,64})/postback")
_IMPACT: Final = re.compile(rb"/Advertisers/([0-9A-Za-z]{1,64})/Conversions(?:\.json)?")
_PARTNERIZE_REPORT: Final = b"/conversion/"


def clicked(path: bytes, query: bytes) -> Clicked | None:
    """None: no system has links like this."""
    if path.startswith(PARTNERIZE):
        return _camref(path, query)
    if links := LINKS.get(path):
        named, _ = visitor_parameters(query)
        _split_offer(named)
        fitting = tuple(link for link in links if _is_named(link, named)) if path == b"/" else links
        return Clicked(fitting, named) if fitting else None
    for link, pattern in _IN_PATH:
        if found := pattern.fullmatch(path):
            return Clicked((link,), _groups(found))
    if found := _ENCODED.fullmatch(path):
        return Clicked((Link("everflow", "campaign", "publisher"),), _groups(found), is_certain=False)
    if found := _KEYED.fullmatch(path):
        return Clicked(_BY_KEY, _groups(found), is_certain=False)
    return None


def seen(path: bytes, query: bytes) -> Clicked | None:
    """None: no system has images like this for what was seen."""
    if links := IMAGES.get(path):
        named, _ = visitor_parameters(query)
        _split_offer(named)
        return Clicked(links, named)
    found = _SEEN_IN_PATH.fullmatch(path)
    return Clicked((_IN_PATH[0][0],), _groups(found)) if found else None


def reported(path: bytes, query: bytes) -> Reported | None:
    """None: this reports nothing in any system's words."""
    if found := _KEITARO.fullmatch(path):
        return Reported("keitaro", token=found[1].decode())
    if found := _IMPACT.fullmatch(path):
        return Reported("impact", account=found[1].decode())
    if path.startswith(_PARTNERIZE_REPORT):
        return Reported("partnerize", is_image=b"tracking_mode:pixel" in path, more=baskets.partnerize(path))
    known = REPORTS.get(path)
    return _as_called(path, query, known) if known and _ONLY_WITH.get(path, b"") in query else None


def _as_called(path: bytes, query: bytes, known: Reported) -> Reported:
    """By a browser or by a server, where both use the path."""
    between = b"&" + query + b"&"
    if path == b"/aff_goal":
        return known._replace(is_image=b"&a=l&" in between)
    if path == b"/ep":
        return known._replace(is_image=b"&img=1&" in between, more=baskets.rakuten(query))
    return known._replace(is_image=b"&METHOD=S2S&" not in between) if path == b"/u" else known


def _groups(found: re.Match[bytes]) -> dict[str, str]:
    return {name: value.decode() for name, value in found.groupdict().items()}


def _is_named(link: Link, named: Mapping[str, str]) -> bool:
    return all(name in named for name in (link.publisher, link.creative, link.key) if name)


def _split_offer(named: dict[str, str]) -> None:
    """Rakuten's offer and link in one, "7097.10000034"."""
    whole = named.get("offerid") or named.get("bids")
    if whole:
        named["offer"] = whole.partition(".")[0]


def _camref(path: bytes, query: bytes) -> Clicked:
    """The destination ends the path, and has its own query behind it where nobody encoded it."""
    said: dict[str, str] = {}
    before, mark, destination = path.partition(b"/destination:")
    if mark:
        address = decoded(destination) + (b"?" + query if query else b"")
        said["url"] = address.decode("utf-8", "replace")
    key = ""
    for name, value in _colons(before):
        if name == "camref":
            key = key or value
        elif place := _PARTNERIZE_SAYS.get(name):
            said.setdefault(place, value)
    return Clicked((Link("partnerize", key="camref"),), {"camref": key}, said)


def _colons(path: bytes) -> Iterator[tuple[str, str]]:
    for segment in path.split(b"/"):
        name, colon, value = segment.partition(b":")
        if colon and value:
            yield lenient(name), lenient(value)
