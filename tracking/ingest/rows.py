"""Event → row of its table: the campaign's day, the plan version, what the user agent tells, and the verdict."""

from typing import Final

from tracking import enrich
from tracking.ingest.events import Event
from tracking.ingest.references import References
from tracking.models import Verdict

INVALIDATING: Final = frozenset({"prefetch", "prerender", "link_preview", "robot", "fetch_metadata", "not_navigated"})
"""Flags of the edge that make an event invalid. Its other flags are remarks on the request and stay beside the verdict."""

EVENT_COLUMNS: Final = (
    "campaign_id at nonce partnership_id link_id creative_id plan_version day verdict reasons consent ip user_agent"
    " referrer country device system browser received_at"
).split()
CLICK_COLUMNS: Final = [*EVENT_COLUMNS, "subs", "source", "diverted"]


def row(event: Event, references: References) -> tuple[object, ...]:
    agent = enrich.agent(event.user_agent or "")
    verdict, reasons = judge(event, agent)
    common = (
        event.campaign_id,
        event.at,
        event.nonce,
        event.partnership_id,
        event.link_id,
        event.creative_id,
        references.plan_version(event),
        references.day(event),
        verdict,
        reasons,
        event.consent,
        event.ip,
        event.user_agent,
        event.referrer,
        enrich.country(event.ip),
        agent.device,
        agent.system,
        agent.browser,
        event.received_at,
    )
    return (*common, event.subs, event.source, event.diverted) if event.type == "click" else common


def judge(event: Event, agent: enrich.Agent) -> tuple[str, list[str]]:
    """Valid or invalid, with everything that was noticed. An impression that the edge diverted is one on a page whose
    campaign does not run: it is not counted."""
    reasons = list(event.flags)
    invalid = not INVALIDATING.isdisjoint(reasons)
    if agent.is_robot:
        reasons.append("known_robot")
    elif not event.user_agent and event.consent != "denied":
        reasons.append("no_user_agent")
    elif event.type == "impression" and event.diverted:
        reasons.append(event.diverted)
    else:
        return (Verdict.INVALID if invalid else Verdict.VALID), reasons
    return Verdict.INVALID, reasons
