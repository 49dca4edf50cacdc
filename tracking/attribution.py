"""Which click earns a conversion: the last one, which the advertiser hands back as the signed click id. See docs/attribution.md.

The decision needs the click id alone. The click's row adds sub ids and the click's own verdict when it is there.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from advertisers.models import Campaign, Creative
from publishers.models import Partnership, PartnershipStatus, TrackingLink
from tracking.keys import BadClickId, ClickId, read_click_id
from tracking.models import Click, Verdict

ATTRIBUTED: Final = "attributed"
SKEW: Final = timedelta(minutes=5)  # clocks of advertisers and of our machines differ by less
CAME_TO_AN_END: Final = frozenset({PartnershipStatus.PAUSED, PartnershipStatus.DECLINED, PartnershipStatus.ENDED})


@dataclass(frozen=True, slots=True)
class Touch:
    """What the click id says, as far as it still exists."""

    partnership: Partnership
    clicked_at: datetime
    nonce: int
    link_id: int | None
    creative_id: int | None


@dataclass(frozen=True, slots=True)
class Decision:
    """`code` is "attributed", or why nobody earns. `occurred_at` is the conversion's time, moved to the click's where only
    clocks put it before. `subs` None: the click's row is missing."""

    code: str
    occurred_at: datetime
    touch: Touch | None = None
    verdict: Verdict = Verdict.INVALID
    subs: list[str] | None = None
    flags: list[str] = field(default_factory=list)

    @property
    def reason(self) -> str:
        return "" if self.verdict == Verdict.VALID else self.code


def decide(campaign: Campaign, click_id: str, occurred_at: datetime) -> Decision:
    if not click_id:
        return Decision("no_click", occurred_at)
    try:
        click = read_click_id(click_id)
    except BadClickId:
        return Decision("bad_click_id", occurred_at)
    touch = _touch(campaign, click)
    if touch is None:
        return Decision("unknown_click", occurred_at)
    if touch.partnership.campaign_id != campaign.pk:
        return Decision("campaign_mismatch", occurred_at)
    return _judge(campaign, touch, occurred_at)


def _touch(campaign: Campaign, click: ClickId) -> Touch | None:
    links = TrackingLink.objects.select_related("partnership")
    link = links.filter(pk=click.link_id, partnership=click.partnership_id).first()
    partnership = link.partnership if link else Partnership.objects.filter(pk=click.partnership_id).first()
    if partnership is None:
        return None
    creative = Creative.objects.filter(pk=click.creative_id or 0, campaign=campaign)
    return Touch(
        partnership,
        datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=click.at_ms),
        click.signed_nonce,
        link.pk if link else None,
        creative.values_list("pk", flat=True).first() if click.creative_id else None,
    )


def _judge(campaign: Campaign, touch: Touch, occurred_at: datetime) -> Decision:
    """The window is half-open: the click's instant is inside, the same instant `window_days` later is not."""
    age = occurred_at - touch.clicked_at
    if age < -SKEW:
        return Decision("before_click", occurred_at, touch)
    if age >= timedelta(days=campaign.window_days):
        return Decision("outside_window", occurred_at, touch)
    if not was_active(touch.partnership, touch.clicked_at):
        return Decision("partnership_inactive", occurred_at, touch)
    flags = ["clock_skew"] if age < timedelta() else []
    decision = Decision(ATTRIBUTED, max(occurred_at, touch.clicked_at), touch, Verdict.VALID, flags=flags)
    return _with_row(campaign, touch, decision)


def was_active(partnership: Partnership, at: datetime) -> bool:
    """A click made while the partnership ran counts, whatever became of the partnership since.

    The edge signs click ids for running partnerships only; so after a new application the old clicks still count. What
    an edge signed after the end, because it had not heard of it, counts for as long as clocks may differ.
    """
    ended_at = partnership.decided_at if partnership.status in CAME_TO_AN_END else None
    return ended_at is None or at < ended_at + SKEW


def _with_row(campaign: Campaign, touch: Touch, decision: Decision) -> Decision:
    rows = Click.objects.filter(campaign_id=campaign.pk, at=touch.clicked_at, nonce=touch.nonce)
    row = rows.values_list("subs", "verdict").first()
    if row is None:
        return decision
    subs, verdict = row
    if verdict == Verdict.INVALID:
        return replace(decision, code="invalid_click", verdict=Verdict.SUSPECT, subs=subs)
    return replace(decision, subs=subs)
