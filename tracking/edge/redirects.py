"""Where a visitor goes: the landing page with the click id in it."""

from functools import lru_cache
from typing import Final
from urllib.parse import quote

from publishers.deep_links import ForeignHost, Malformed, checked
from tracking.edge.clickid import LENGTH
from tracking.edge.parse import decoded
from tracking.snapshot import Campaign, Creative, Link

MAX_LOCATION: Final = 8 * 1024
_KEPT: Final = "!#$%&'()*+,/:;=?@[]~{}"


@lru_cache(maxsize=65_536)
def around_click_id(url: str, parameter: str) -> tuple[bytes, bytes]:
    """The two parts of the address between which the click id goes: after the query that is there, before the fragment.

    A parameter that already has our name is replaced.
    """
    rest, hash_sign, fragment = ascii_url(url).partition("#")
    base, _, query = rest.partition("?")
    kept = [part for part in query.split("&") if part and _name(part) != parameter]
    before = f"{base}?{'&'.join([*kept, f'{quote(parameter, safe="")}='])}"
    return before.encode(), (hash_sign + fragment).encode()


def with_click_id(url: str, parameter: str, click_id: bytes) -> bytes:
    before, after = around_click_id(url, parameter)
    return before + click_id + after


@lru_cache(maxsize=16_384)
def ascii_url(url: str) -> str:
    """Fit for a Location header: the host in its ASCII form, all else percent-encoded where it must be."""
    if url.isascii() and url.isprintable() and " " not in url:
        return url
    scheme, sep, rest = url.partition("://")
    cuts = [place for mark in "/?#" if (place := rest.find(mark)) >= 0]
    end = min(cuts, default=len(rest))
    try:
        host = rest[:end].encode("idna").decode()
    except UnicodeError:
        host = quote(rest[:end], safe=_KEPT)
    return scheme + sep + host + quote(rest[end:], safe=_KEPT)


def deep_link(address: str, campaign: Campaign) -> str | None:
    """The address in normal form if this campaign's links may lead there, else None.

    https only, unless the landing page itself is without it.
    """
    plain = campaign.landing_url.startswith("http://")
    return _checked(address, campaign.allowed_hosts, plain, len(campaign.click_parameter))


def standing(link: Link, campaign: Campaign, creative: Creative | None) -> str:
    """Where the link itself leads, else its creative; "": to a page of the campaign."""
    found = deep_link(link.destination, campaign) if link.destination else None
    return found or (creative.landing_url if creative else "")


@lru_cache(maxsize=65_536)
def _checked(address: str, hosts: frozenset[str], plain: bool, name_length: int) -> str | None:  # noqa: FBT001
    try:
        found = checked(address, hosts)
    except (Malformed, ForeignHost):
        return None
    if not plain and not found.startswith("https://"):
        return None
    return found if len(found) + name_length + LENGTH + 2 <= MAX_LOCATION else None


def _name(part: str) -> str:
    return decoded(part.partition("=")[0].encode()).decode("utf-8", "replace")
