"""The addresses of the channels, beside clicks and impressions: asked only for paths that are nothing else."""

import re
from collections.abc import Callable
from typing import Final

from tracking.edge import banners, opens, smartlinks, unsubscribes, vanity, views
from tracking.edge.http import Answer, Request, method_not_allowed
from tracking.edge.state import Edge

type Reply = Callable[[Edge, Request, bytes], Answer]

_CODE: Final = rb"([0-9A-Za-z_-]{1,64})"
READ: Final[tuple[tuple[re.Pattern[bytes], Reply], ...]] = (
    (re.compile(rb"/o/" + _CODE + rb"\.gif"), opens.opened),
    (re.compile(rb"/v/" + _CODE + rb"\.gif"), views.viewed),
    (re.compile(rb"/b/" + _CODE), banners.frame),
    (re.compile(rb"/b/" + _CODE + rb"\.js"), banners.script),
    (re.compile(rb"/go/" + _CODE), smartlinks.go),
)
VANITY: Final = re.compile(rb"/(?:@|%40)([0-9A-Za-z_.]{3,30})(?:/([0-9A-Za-z-]{1,40}))?/?")
UNSUBSCRIBE: Final = re.compile(rb"/u/" + _CODE)


def answer(edge: Edge, request: Request) -> Answer | None:
    """None: this is no address of a channel."""
    if found := UNSUBSCRIBE.fullmatch(request.path):
        if request.method in {"GET", "HEAD", "POST"}:
            return unsubscribes.unsubscribe(edge, request, found[1])
        return method_not_allowed("GET, HEAD, POST")
    reply = _reply(request.path)
    if reply is None:
        return None
    return reply(edge, request) if request.method in {"GET", "HEAD"} else method_not_allowed("GET, HEAD")


def _reply(path: bytes) -> Callable[[Edge, Request], Answer] | None:
    if found := VANITY.fullmatch(path):
        name, slug = found[1], found[2]
        return lambda edge, request: vanity.shown(edge, request, name, slug)
    for pattern, answers in READ:
        if found := pattern.fullmatch(path):
            code = found[1]
            return lambda edge, request: answers(edge, request, code)
    return None
