"""Reports that come as another system's: with its token, or without one where staff allow that for a campaign.

A token of the other system that was imported counts as the campaign's own. Without one, a campaign that accepts unsigned
reports takes them: as trusted from the networks that staff named, else as a browser's, which nobody approves by itself.

Which campaign: the one that is named by its number over there; where several accounts have that number, that of the
account that is named, else of the click. Without a number it is that of the click, one of ours or an imported one.
"""

import base64
import binascii
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Final, NamedTuple

from tracking.edge import callers, clickid, inputs, intake, profiles
from tracking.edge.aliases import CLICK_ID_NAMES, REPORT
from tracking.edge.http import Request, Response
from tracking.edge.legacy_paths import Reported
from tracking.edge.pixels import ANSWER
from tracking.edge.refusals import Rejection, bad_token
from tracking.edge.state import Edge
from tracking.snapshot import Campaign, Snapshot
from tracking.snapshot.foreign import Account, Ours, account, campaigns

STRANGERS: Final = 0  # among the ids of campaigns that are counted per second
NO_CLICK: Final = Rejection(
    422, "unknown_click", "This click was not imported, and the call does not say which campaign it is for.", "click_id"
)
AMBIGUOUS: Final = Rejection(
    422,
    "ambiguous_campaign",
    "Several accounts have a campaign with this number. Name the account, or send a click id of ours.",
)
AWAY: Final = Rejection(503, "unavailable", "This cannot be looked up right now. Send it again in a few seconds.")


async def report(edge: Edge, request: Request, found: Reported) -> Response:
    try:
        query = b"&".join(filter(None, [found.more, await inputs.parameters(request)]))
        given = inputs.named(query)
        token = found.token or inputs.token_of(query) or request.header(b"x-api-key") or _password(request)
        campaign, is_trusted = await caller(edge, request, given, found.system, token, named=found.account)
    except Rejection as rejection:
        return intake.rejected(rejection)
    channel = "server" if is_trusted else "pixel"
    by = intake.caller(edge, request, channel, query.decode("utf-8", "replace"), token)
    try:
        made = intake.entry(edge, campaign, given, by, is_trusted=is_trusted, system=found.system)
    except Rejection as rejection:
        return intake.answered(intake.refused(edge, rejection, campaign, by))
    await edge.inbox.submit([made])
    return intake.answered(made)


async def image(edge: Edge, request: Request, found: Reported) -> Response:
    """A browser's report: never trusted, always a gif."""
    query = b"&".join(filter(None, [found.more, request.query]))
    try:
        given = inputs.named(query)
        campaign, _ = await caller(edge, request, given, found.system, inputs.token_of(query), named=found.account)
    except Rejection:
        edge.counters["pixel_of_nobody"] += 1
        return ANSWER
    by = intake.caller(edge, request, "pixel", query.decode("utf-8", "replace"), campaign.postback_token)
    try:
        made = intake.entry(edge, campaign, given, by, is_trusted=False, system=found.system)
    except Rejection as rejection:
        intake.refused(edge, rejection, campaign, by)
        return ANSWER
    await edge.inbox.submit([made])
    return ANSWER


async def caller(
    edge: Edge, request: Request, given: inputs.Named, system: str, token: str, *, named: str = ""
) -> tuple[Campaign, bool]:
    """Whose report it is and whether it is to be believed; `named`: the account, if the path says it. Raises Rejection."""
    snapshot = intake.snapshot_of(edge)
    if token and token in snapshot.campaigns_by_token:
        return intake.campaign_with(edge, token), True
    profile = profiles.PROFILES[system]
    whose = account(snapshot, system, named or profile.account_in(given), _host(request))
    said = {profile.ours(name) or REPORT.get(name, name): str(value) for name, value in given}
    offer = said.get("campaign_foreign", "")
    if token and (
        known := whose.meaning(snapshot, "token", token) or whose.meaning(snapshot, "token", f"{offer}:{token}")
    ):
        return intake.allowed(edge, snapshot.campaigns[known.campaign_id]), True
    imported = whose.meanings(snapshot, "campaign", offer) if offer else _all(snapshot, whose)
    address = edge.origins.of(request).address or ""
    open_ones = {one.campaign_id: one for one in imported if one.accepts_unsigned and _lets_in(one, address)}
    numbers = {one.campaign_id for one in imported}
    if open_ones and (not offer or len(numbers) > 1):
        click = Click(system, said.get("click_id", ""), is_ambiguous=bool(offer))
        number = await _of_click(edge, snapshot, numbers, given, click)
        found = open_ones.get(number or 0)
    else:
        found = next(iter(open_ones.values()), None)
    campaign = snapshot.campaigns.get(found.campaign_id) if found else None
    if found is None or campaign is None:
        intake.complain(edge)
        raise bad_token()
    return intake.allowed(edge, campaign), bool(found.allowed_ips)


class Click(NamedTuple):
    """What a report says of its click. `is_ambiguous`: its campaign is named by a number that several have."""

    system: str
    foreign_id: str
    is_ambiguous: bool


async def _of_click(edge: Edge, snapshot: Snapshot, numbers: set[int], given: inputs.Named, click: Click) -> int | None:
    """Of these campaigns that of the click. None: the report names no click. Raises Rejection."""
    if clicks := [str(value) for name, value in given if _is_ours(name, value)]:
        number = _campaign_of(edge, snapshot, clicks[0])
        return number if number in numbers else None
    if not click.foreign_id:
        if click.is_ambiguous:
            raise AMBIGUOUS
        return None
    if not edge.rates.allows(STRANGERS):
        raise intake.TOO_FAST
    found = await edge.inbox.campaign_of(click.system, click.foreign_id, list(numbers))
    if found is None:
        raise AWAY if edge.inbox.is_away else NO_CLICK
    return found


def _all(snapshot: Snapshot, whose: Account) -> list[Ours]:
    known = campaigns(snapshot, whose.system)
    return [ours for name in whose.names for ours in known.get(name, ())]


def _lets_in(one: Ours, address: str) -> bool:
    return not one.allowed_ips or is_within(address, one.allowed_ips)


def _is_ours(name: str, value: object) -> bool:
    return (name == "click_id" or name in CLICK_ID_NAMES) and isinstance(value, str) and clickid.looks_like_one(value)


def _campaign_of(edge: Edge, snapshot: Snapshot, click_id: str) -> int:
    """Of a click id of ours; 0: it is none."""
    try:
        click = clickid.read(edge.config.keys, click_id)
    except clickid.BadClickId:
        return 0
    partnership = snapshot.partnerships.get(click.partnership_id)
    return partnership.campaign_id if partnership else 0


def _host(request: Request) -> str:
    return callers.host_name(request.headers.get(b"host", b""))


def _password(request: Request) -> str:
    """Of basic authentication, with which impact's API is called."""
    scheme, _, encoded = request.header(b"authorization").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return base64.b64decode(encoded, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""


@lru_cache(maxsize=4096)
def is_within(address: str, networks: tuple[str, ...]) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in ip_network(network, strict=False) for network in networks)
