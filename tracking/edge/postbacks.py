"""GET and POST /postback: one report from the advertiser's server, as a query or a form."""

from tracking.edge import inputs, intake, profiles, unsigned
from tracking.edge.http import Receive, Request, Response
from tracking.edge.refusals import Rejection
from tracking.edge.state import Edge
from tracking.snapshot import Campaign
from tracking.snapshot.foreign import FOREIGN


async def postback(edge: Edge, request: Request, receive: Receive) -> Response:
    try:
        query = await inputs.parameters(request, receive)
        token = inputs.token_of(query)
        campaign, system, is_trusted = _caller(edge, request, query, token)
    except Rejection as rejection:
        return intake.rejected(rejection)
    by = intake.caller(edge, request, "server" if is_trusted else "pixel", query.decode("utf-8", "replace"), token)
    try:
        made = intake.entry(edge, campaign, inputs.named(query), by, is_trusted=is_trusted, system=system)
    except Rejection as rejection:
        return intake.answered(intake.refused(edge, rejection, campaign, by))
    await edge.inbox.submit([made])
    return intake.answered(made)


def _caller(edge: Edge, request: Request, query: bytes, token: str) -> tuple[Campaign, str, bool]:
    """Whose call it is, the system in whose name it comes without a token of ours, and whether it is to be believed."""
    snapshot = intake.snapshot_of(edge)
    if token not in snapshot.campaigns_by_token and FOREIGN.of(snapshot):
        given = inputs.named(query)
        if profile := profiles.chosen("", "", given):
            campaign, is_trusted = unsigned.caller(edge, request, given, profile.system, token)
            return campaign, profile.system, is_trusted
    return intake.campaign_with(edge, token), "", True
