"""POST /land: `tag.js` tells that a click's visitor arrived on the advertiser's page (`id`, the click id), and, when she
leaves it, how many milliseconds she saw the site (`ms`). Always 204, whatever was told.

It becomes an event of the stream (`t` land) with the click's own time and nonce; nothing of the visitor is in it.
"""

import time
from typing import Final

from tracking.edge import clickid
from tracking.edge.buffer import visitor_number
from tracking.edge.http import After, Answer, Request, Response, empty, read_body
from tracking.edge.parse import decoded, pairs
from tracking.edge.state import Edge

MAX_BODY: Final = 1024
FRESH_MS: Final = 3_600_000  # who comes to the page by an old address is no visitor of that click
SKEW_MS: Final = 60_000
LONGEST_MS: Final = 86_400_000
MOST_TOLD: Final = 8  # of one click, to one edge
REMEMBERED: Final = 65_536  # clicks of one generation; two are kept
ANSWER: Final = empty(204, [(b"access-control-allow-origin", b"*")])


class Told:
    """How often something was told of each click."""

    def __init__(self) -> None:
        self._now: dict[int, int] = {}
        self._before: dict[int, int] = {}

    def takes(self, nonce: int) -> bool:
        number = self._now.get(nonce) or self._before.get(nonce, 0)
        if len(self._now) >= REMEMBERED:
            self._before, self._now = self._now, {}
        self._now[nonce] = number + 1
        return number < MOST_TOLD


_told: Final = Told()


async def landed(edge: Edge, request: Request) -> Response:
    answer = _taken(edge, await read_body(request, MAX_BODY))
    return await answer if isinstance(answer, After) else ANSWER


def _taken(edge: Edge, body: bytes) -> Answer:
    given = {name: decoded(value) for name, value in pairs(body)}
    try:
        click = clickid.read(edge.config.keys, given.get(b"id", b"").decode("ascii", "replace"))
    except clickid.BadClickId:
        edge.counters["land_of_nobody"] += 1
        return ANSWER
    now = time.time_ns() // 1_000_000
    partnership = edge.snapshot.partnerships.get(click.partnership_id) if edge.snapshot else None
    is_fresh = -SKEW_MS < now - click.at_ms < FRESH_MS
    if partnership is None or not is_fresh or click.consent == "denied" or not _told.takes(click.nonce):
        edge.counters["land_not_taken"] += 1
        return ANSWER
    head = (partnership.campaign_id, click.partnership_id, click.link_id, click.at_ms, click.signed_nonce, now)
    event = b'{"t":"land","c":%d,"p":%d,"l":%d,"at":%d,"n":%d,"rx":%d%b}' % (*head, _length(given.get(b"ms")))
    return After(ANSWER, edge.buffer.add(event, visitor_number(None, click.nonce)))


def _length(text: bytes | None) -> bytes:
    """What is no number of milliseconds tells that she arrived, and no more."""
    if not text or len(text) > 8 or not text.isdigit():
        return b""
    return b',"ms":%d' % min(int(text), LONGEST_MS)
