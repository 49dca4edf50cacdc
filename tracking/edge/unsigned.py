"""Reports that come as another system's: with its token, or without one where staff allow that for a campaign.

A token of the other system that was imported counts as the campaign's own. Without one, a campaign that accepts unsigned
reports takes them: as trusted from the networks that staff named, else as a browser's, which nobody approves by itself.
"""

from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any

from tracking.edge import clickid, inputs, intake, profiles
from tracking.edge.aliases import CLICK_ID_NAMES, REPORT
from tracking.edge.http import Receive, Request, Response
from tracking.edge.pixels import ANSWER
from tracking.edge.refusals import Rejection, bad_token
from tracking.edge.state import Edge
from tracking.snapshot import Campaign, Snapshot
from tracking.snapshot.foreign import FOREIGN, Ours, meaning

UNSIGNED = " unsigned"  # in `Snapshot.derived`, beside codes of links, which have no blank


async def report(edge: Edge, request: Request, receive: Receive, system: str, *, token: str = "") -> Response:
    try:
        query = await inputs.parameters(request, receive)
        given = inputs.named(query)
        token = token or inputs.token_of(query) or request.header(b"x-api-key")
        campaign, is_trusted = caller(edge, request, given, system, token)
    except Rejection as rejection:
        return intake.rejected(rejection)
    channel = "server" if is_trusted else "pixel"
    by = intake.caller(edge, request, channel, query.decode("utf-8", "replace"), token)
    try:
        made = intake.entry(edge, campaign, given, by, is_trusted=is_trusted, system=system)
    except Rejection as rejection:
        return intake.answered(intake.refused(edge, rejection, campaign, by))
    await edge.inbox.submit([made])
    return intake.answered(made)


async def image(edge: Edge, request: Request, system: str) -> Response:
    """A browser's report: never trusted, always a gif."""
    try:
        given = inputs.named(request.query)
        campaign, _ = caller(edge, request, given, system, inputs.token_of(request.query))
    except Rejection:
        edge.counters["pixel_of_nobody"] += 1
        return ANSWER
    by = intake.caller(edge, request, "pixel", request.query.decode("utf-8", "replace"), campaign.postback_token)
    try:
        made = intake.entry(edge, campaign, given, by, is_trusted=False, system=system)
    except Rejection as rejection:
        intake.refused(edge, rejection, campaign, by)
        return ANSWER
    await edge.inbox.submit([made])
    return ANSWER


def caller(edge: Edge, request: Request, given: inputs.Named, system: str, token: str) -> tuple[Campaign, bool]:
    """Whose report it is and whether it is to be believed; raises Rejection."""
    snapshot = intake.snapshot_of(edge)
    if token and token in snapshot.campaigns_by_token:
        return intake.campaign_with(edge, token), True
    profile = profiles.PROFILES.get(system)
    names = {profile.ours(name) or REPORT.get(name): value for name, value in given} if profile else {}
    offer = str(names.get("campaign_foreign") or "")
    if token and (
        named := meaning(snapshot, system, "token", token) or meaning(snapshot, system, "token", f"{offer}:{token}")
    ):
        return intake.allowed(edge, snapshot.campaigns[named.campaign_id]), True
    found = meaning(snapshot, system, "campaign", offer) if offer else _of_click(edge, snapshot, given, system)
    campaign = snapshot.campaigns.get(found.campaign_id) if found else None
    if found is None or campaign is None or not found.accepts_unsigned:
        intake.complain(edge)
        raise bad_token()
    if not found.allowed_ips:
        return intake.allowed(edge, campaign), False
    address = edge.origins.of(request).address
    if not is_within(address or "", found.allowed_ips):
        intake.complain(edge)
        raise bad_token()
    return intake.allowed(edge, campaign), True


def _of_click(edge: Edge, snapshot: Snapshot, given: inputs.Named, system: str) -> Ours | None:
    """The campaign of a click id of ours, as that system knows it."""
    for name, value in given:
        if not (name == "click_id" or name in CLICK_ID_NAMES) or not clickid.looks_like_one(value):
            continue
        try:
            click = clickid.read(edge.config.keys, value)
        except clickid.BadClickId:
            continue
        partnership = snapshot.partnerships.get(click.partnership_id)
        return _by_campaign(snapshot).get((system, partnership.campaign_id)) if partnership else None
    return None


def _by_campaign(snapshot: Snapshot) -> dict[tuple[str, int], Ours]:
    found: Any = snapshot.derived.get(UNSIGNED)
    if found is None:
        found = snapshot.derived[UNSIGNED] = {
            (name.split(" ", 1)[0], ours.campaign_id): ours
            for name, ours in FOREIGN.of(snapshot).items()
            if name.split(" ", 2)[1] == "campaign"
        }
    return found  # type: ignore[no-any-return]


@lru_cache(maxsize=4096)
def is_within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(network, strict=False) for network in networks)
