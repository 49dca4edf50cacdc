"""A click or an impression as it goes into the stream (JSON; ingest reads it)."""

import os
import time
from typing import Any, Final

import orjson

from tracking.edge import callers
from tracking.edge.clickid import ClickId
from tracking.edge.http import Request
from tracking.edge.parse import MAX_SUB, cut, has_macro
from tracking.edge.state import Edge
from tracking.edge.steps import Route

MAX_TEXT: Final = 512
SUBS: Final = ("sub1", "sub2", "sub3", "sub4", "sub5")
NOT_A_VISIT: Final = frozenset({b"iframe", b"frame", b"image", b"script", b"style", b"object", b"embed", b"empty"})


def identity(way: Route, creative_id: int | None, consent: str) -> ClickId:
    at_ms = time.time_ns() // 1_000_000
    return ClickId(way.partnership.id, way.link.id, creative_id, at_ms, int.from_bytes(os.urandom(8)), consent)


def event(
    edge: Edge,
    request: Request,
    kind: str,
    way: Route,
    click: ClickId,
    *,
    parameters: dict[str, str],
    diverted: str,
    flags: list[str],
) -> bytes:
    """Without consent nothing that could tell the visitor from others."""
    denied = click.consent == "denied"
    found: dict[str, Any] = {
        "t": kind,
        "c": way.campaign.id,
        "p": way.partnership.id,
        "l": way.link.id,
        "cr": click.creative_id,
        "at": click.at_ms,
        "n": click.signed_nonce,
        "subs": subs(way, parameters, flags),
        "src": labelled(parameters.get("source", ""), flags),
        "ip": None if denied else callers.address(request, edge.config.trusted_proxies),
        "ua": None if denied else request.header(b"user-agent")[:MAX_TEXT],
        "ref": "" if denied else request.header(b"referer")[:MAX_TEXT],
        "lang": "" if denied else request.header(b"accept-language")[:64],
        "consent": click.consent,
        "div": diverted,
        "flags": flags,
        "rx": click.at_ms,
    }
    return orjson.dumps(found)


def subs(way: Route, parameters: dict[str, str], flags: list[str]) -> list[str]:
    """The click's own labels before those of the link, without empty ones at the end."""
    found = [*way.link.subs[:5], *[""] * (5 - len(way.link.subs[:5]))]
    for number, name in enumerate(SUBS):
        if value := parameters.get(name):
            found[number] = labelled(value, flags)
    while found and not found[-1]:
        found.pop()
    return found


def labelled(text: str, flags: list[str]) -> str:
    """A publisher's label, bounded; what is odd about it is flagged."""
    if len(text) > MAX_SUB // 4 and (short := cut(text, MAX_SUB)) != text:
        text = short
        _flag(flags, "truncated")
    if not text.isalnum() and has_macro(text):
        _flag(flags, "macro_not_replaced")
    return text


def request_flags(request: Request, repeated: bool) -> list[str]:  # noqa: FBT001
    flags = ["duplicate_parameter"] if repeated else []
    if request.headers.get(b"sec-fetch-dest") in NOT_A_VISIT:
        flags.append("fetch_metadata")
    return flags


def _flag(flags: list[str], code: str) -> None:
    if code not in flags:
        flags.append(code)
