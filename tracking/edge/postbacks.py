"""GET and POST /postback: one report from the advertiser's server, as a query or a form."""

from typing import Final

from tracking.edge import inputs, intake, profiles, unsigned
from tracking.edge.http import Request, Response
from tracking.edge.refusals import Rejection
from tracking.edge.state import Edge
from tracking.snapshot import Campaign, Snapshot
from tracking.snapshot.foreign import FOREIGN, accounts


async def postback(edge: Edge, request: Request) -> Response:
    try:
        query = await inputs.parameters(request)
        token = inputs.token_of(query)
        campaign, system, is_trusted = await _caller(edge, request, query, token)
    except Rejection as rejection:
        return intake.rejected(rejection)
    by = intake.caller(edge, request, "server" if is_trusted else "pixel", query.decode("utf-8", "replace"), token)
    try:
        made = intake.entry(edge, campaign, inputs.named(query), by, is_trusted=is_trusted, system=system)
    except Rejection as rejection:
        return intake.answered(intake.refused(edge, rejection, campaign, by))
    await edge.inbox.submit([made])
    return intake.answered(made)


async def _caller(edge: Edge, request: Request, query: bytes, token: str) -> tuple[Campaign, str, bool]:
    """Whose call it is, the system in whose name it comes without a token of ours, and whether it is to be believed."""
    snapshot = intake.snapshot_of(edge)
    if token not in snapshot.campaigns_by_token and FOREIGN.of(snapshot):
        given = inputs.named(query)
        profile = profiles.chosen("", "", given)
        if system := profile.system if profile else _of_this_path(snapshot, given):
            campaign, is_trusted = await unsigned.caller(edge, request, given, system, token)
            return campaign, system, is_trusted
    return intake.campaign_with(edge, token), "", True


HERE: Final = {"cid": ("voluum",), "clickid": ("affise", "redtrack")}
"""Systems whose postbacks have this path too, by the name of the click id in them."""


def _of_this_path(snapshot: Snapshot, given: inputs.Named) -> str:
    """The one of them that was imported. "": none, or it could be either."""
    names = {name for name, _ in given}
    found = [system for name in HERE.keys() & names for system in HERE[name] if system in accounts(snapshot)]
    return found[0] if len(found) == 1 else ""
