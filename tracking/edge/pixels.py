"""GET /pixel.gif: a report from the buyer's browser, by `tag.js` or by a plain image. Never trusted, always a gif; what
was wrong with it stands in the advertiser's log.
"""

from typing import Final

from tracking.edge import clickid, inputs, intake
from tracking.edge.aliases import CLICK_ID_NAMES
from tracking.edge.http import GIF_ANSWER, Request, Response, empty
from tracking.edge.parse import pairs
from tracking.edge.refusals import Rejection
from tracking.edge.state import Edge
from tracking.snapshot import Campaign

ANY_ORIGIN: Final = (b"access-control-allow-origin", b"*")  # never with credentials
PREFLIGHT: Final = empty(
    204,
    [
        ANY_ORIGIN,
        (b"access-control-allow-methods", b"GET"),
        (b"access-control-max-age", b"86400"),
    ],
)
ANSWER: Final = GIF_ANSWER._replace(headers=[*GIF_ANSWER.headers, ANY_ORIGIN])


async def pixel(edge: Edge, request: Request) -> Response:
    if edge.snapshot is None or request.method != "GET":
        return ANSWER
    given: inputs.Named = []
    wrong: Rejection | None = None
    try:
        given = inputs.named(request.query)
    except Rejection as rejection:
        wrong = rejection
    campaign = _campaign(edge, request, given)
    if campaign is None:
        edge.counters["pixel_of_nobody"] += 1
        return ANSWER
    if not edge.rates.allows(campaign.id):
        edge.counters["too_many_requests"] += 1
        return ANSWER
    channel = "tag" if ("via", "tag") in given else "pixel"
    by = intake.caller(edge, request, channel, request.query.decode("utf-8", "replace"), campaign.postback_token)
    try:
        if wrong:
            raise wrong
        made = intake.entry(edge, campaign, given, by, is_trusted=False)
    except Rejection as rejection:
        intake.refused(edge, rejection, campaign, by)
        return ANSWER
    await edge.inbox.submit([made])
    return ANSWER


def _campaign(edge: Edge, request: Request, given: inputs.Named) -> Campaign | None:
    """The named one, else that of the click."""
    snapshot = intake.snapshot_of(edge)
    named = next((value.decode("latin-1") for name, value in pairs(request.query) if name == b"campaign"), "")
    if named:
        return snapshot.campaigns_by_public_id.get(named)
    for name, value in given:
        if name != "click_id" and not (name in CLICK_ID_NAMES and clickid.looks_like_one(value)):
            continue
        try:
            click = clickid.read(edge.config.keys, value)
        except clickid.BadClickId:
            return None
        partnership = snapshot.partnerships.get(click.partnership_id)
        return snapshot.campaigns.get(partnership.campaign_id) if partnership else None
    return None
