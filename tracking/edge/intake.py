"""What all endpoints for reports share: whose report it is, how it is read, what is kept of a refused one."""

import logging
import re
import time
from typing import Final

from tracking.edge import inputs, profiles
from tracking.edge.entries import Caller, Entry
from tracking.edge.http import Request, Response, json, raw_json
from tracking.edge.naming import in_our_names
from tracking.edge.refusals import RETRY_AFTER, Rejection, bad_token
from tracking.edge.reports import Reader, Setting
from tracking.edge.state import Edge
from tracking.snapshot import Campaign, Snapshot
from tracking.snapshot.campaigns import PROFILE
from tracking.snapshot.foreign import account

log = logging.getLogger("tracking.edge.intake")

MASKED: Final = re.compile(
    r"""((?:^|[?&\s{,"'])(?:token|security_token|verification_token|secure|customer_id|user_id|email|customerid|customeremail|"""
    r"""adv_user_id)["']?\s*[=:]\s*["']?)[^&\s"',}]*""",
    re.IGNORECASE,
)
HINTS: Final = ("secur", "verif", "custom", "user_", "mail")
MAX_RAW: Final = 8 * 1024
STARTING: Final = Rejection(503, "starting", "The service is just starting. Send it again in a few seconds.")
TOO_FAST: Final = Rejection(429, "too_many_requests", "Too many reports of this campaign at once. Slow down, please.")


def snapshot_of(edge: Edge) -> Snapshot:
    if edge.snapshot is None:
        raise STARTING
    return edge.snapshot


def campaign_with(edge: Edge, token: str, count: int = 1) -> Campaign:
    """Whose token it is, if that one may send `count` more reports now; raises Rejection."""
    campaign = snapshot_of(edge).campaigns_by_token.get(token) if token else None
    if campaign is None:
        complain(edge)
        raise bad_token()
    return allowed(edge, campaign, count)


def complain(edge: Edge) -> None:
    edge.counters["bad_token"] += 1
    if edge.complaints.allows(0):
        log.warning("A report without a valid token was refused")


def allowed(edge: Edge, campaign: Campaign, count: int = 1) -> Campaign:
    if not edge.rates.allows(campaign.id, count):
        edge.counters["too_many_requests"] += 1
        raise TOO_FAST
    return campaign


def caller(edge: Edge, request: Request, channel: str, raw: str, token: str) -> Caller:
    address = edge.origins.of(request).address
    return Caller(channel, request.method, masked(raw, token), address, request.header(b"user-agent")[:512])


def masked(raw: str, token: str) -> str:
    """As it came, but without the token, without what names a customer, and without what PostgreSQL cannot store."""
    if len(token) >= 8 and len(raw) <= MAX_RAW and raw.isascii() and "%" not in raw and raw.isprintable():
        text = raw.replace(token, "***")
        if text.count("oken=") <= text.count("token=***") and not any(map(text.lower().__contains__, HINTS)):
            return text
    text = MASKED.sub(r"\1***", raw[:MAX_RAW].replace("\x00", "\N{REPLACEMENT CHARACTER}"))
    text = text.replace(token, "***") if len(token) >= 8 else text
    return text.encode("utf-8", "replace").decode()


def entry(
    edge: Edge,
    campaign: Campaign,
    given: inputs.Named,
    by: Caller,
    *,
    is_trusted: bool = True,
    system: str = "",
) -> Entry:
    """`system`: the one whose path was called. Raises Rejection."""
    own = PROFILE.of(campaign) or ""
    profile = profiles.chosen(own, system, given)
    values, warnings = in_our_names(given, profile)
    snapshot = snapshot_of(edge)
    whose = account(snapshot, profile.system, profile.account_in(given)) if profile else None
    setting = Setting(
        snapshot, edge.config.keys, edge.config.customer_key, is_trusted, profile, bool(own or system), whose
    )
    return Entry.of(Reader(values, campaign, setting, time.time(), warnings).report(), by)


def refused(edge: Edge, rejection: Rejection, campaign: Campaign, by: Caller) -> Entry:
    """What is answered to it; a bounded number of them is kept for the advertiser to see."""
    edge.counters[rejection.code] += 1
    made = Entry.refused(rejection, campaign.id, by, {})
    edge.inbox.note(made)
    return made


def answered(made: Entry) -> Response:
    return raw_json(made.status, made.body, [RETRY_AFTER] if made.status in {429, 503} else [])


def rejected(rejection: Rejection) -> Response:
    more = [RETRY_AFTER] if rejection.status in {429, 503} else []
    return json(rejection.status, rejection.answer(warnings=[]), more)
