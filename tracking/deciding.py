"""Which touch earns a conversion: pure functions on what was found about it. The rules and their table: docs/attribution.md."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final

from advertisers.models import AttributionModel, Campaign
from publishers.models import Partnership, PartnershipStatus
from tracking.models import TouchKind, Verdict

ATTRIBUTED: Final = "attributed"
SKEW: Final = timedelta(minutes=15)  # clocks of advertisers and of our machines differ by less
STAND_DOWN: Final = timedelta(minutes=30)
CAME_TO_AN_END: Final = frozenset({PartnershipStatus.PAUSED, PartnershipStatus.DECLINED, PartnershipStatus.ENDED})
STOPPED: Final = frozenset({PartnershipStatus.PAUSED, PartnershipStatus.ENDED})
RANKS: Final = {kind: rank for rank, kind in enumerate(TouchKind.values)}
HARMLESS: Final = frozenset({"duplicate_click"})  # a second click of the same person is no reason to doubt the order


@dataclass(frozen=True, slots=True)
class Row:
    """The stored click or view, as far as a decision needs it."""

    subs: list[str]
    verdict: str
    reasons: tuple[str, ...] = ()
    visitor: int | None = None
    facts: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def is_doubtful(self) -> bool:
        return self.verdict == Verdict.INVALID and not (self.reasons and HARMLESS.issuperset(self.reasons))


@dataclass(frozen=True, slots=True)
class Touch:
    """A click as its id names it, a view, or one of the other ways to earn (without a nonce, at the conversion's time).

    `is_given`: handed over with the report; else found by the visitor. `row` None: not stored, or not yet.
    """

    partnership: Partnership
    clicked_at: datetime
    nonce: int | None
    link_id: int | None = None
    creative_id: int | None = None
    kind: str = TouchKind.CLICK
    channel: str = field(default="", compare=False)
    row: Row | None = field(default=None, compare=False)
    is_given: bool = field(default=True, compare=False)

    @property
    def order(self) -> tuple[datetime, int, int]:
        """The total order of touches: time, then click before view, then nonce."""
        return self.clicked_at, RANKS[self.kind], self.nonce or 0


@dataclass(frozen=True, slots=True)
class Code:
    """A discount code that belongs to one publisher. Half-open: valid from `since`, included, until `until`, excluded."""

    partnership: Partnership
    is_exclusive: bool = False
    since: datetime | None = None
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        return (
            (self.since is None or self.since <= at)
            and (self.until is None or at < self.until)
            and runs(self.partnership, at)
        )


@dataclass(frozen=True, slots=True)
class Owner:
    partnership: Partnership
    since: datetime


@dataclass(slots=True)
class Found:
    """All that is known about one report. `click` is the one handed over, or the code why there is none. `is_now`: its time
    is that of its receipt, told by a clock of ours and not by the advertiser's."""

    click: Touch | str = "no_click"
    others: list[Touch] = field(default_factory=list)
    views: list[Touch] = field(default_factory=list)
    coupon: Code | None = None
    named: Partnership | None = None
    owner: Owner | None = None
    software: Collection[int] = frozenset()
    flags: list[str] = field(default_factory=list)
    is_now: bool = False


@dataclass(frozen=True, slots=True)
class Station:
    """A touch on the path; `code` says why it could not earn, empty where it could."""

    touch: Touch
    code: str = ""


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
    path: tuple[Station, ...] = ()

    @property
    def reason(self) -> str:
        return "" if self.verdict == Verdict.VALID else self.code

    @property
    def is_view_through(self) -> bool:
        return self.verdict != Verdict.INVALID and self.touch is not None and self.touch.kind == TouchKind.IMPRESSION


def decide(campaign: Campaign, found: Found, occurred_at: datetime) -> Decision:
    """Named publisher, click, coupon, owner of the customer, view: the first that there is, but for the model's word on
    coupons. Campaigns know nothing of each other."""
    flags = list(found.flags)
    if found.is_now and isinstance(found.click, Touch) and occurred_at < found.click.clicked_at:
        occurred_at = found.click.clicked_at  # who hands over a click has seen it: our clocks disagree
        flags.append("clock_skew")
    clicks = _clicks(campaign, found, occurred_at)
    winner = _named(found, clicks, occurred_at, campaign)
    click = _best(campaign, clicks)
    code = found.coupon if found.coupon and found.coupon.holds(occurred_at) else None
    if winner is None and code and (click is None or beats_clicks(campaign, code)):
        winner = _of_publisher(campaign, clicks, code.partnership, TouchKind.COUPON, occurred_at)
        if click and winner.partnership.pk != click.partnership.pk:
            flags.append("coupon_over_click")
    if winner is None and click:
        winner = click
        if code and code.partnership.pk != click.partnership.pk:
            flags.append("coupon_of_another")
    if winner is None and found.owner and _is_owned(campaign, found.owner, occurred_at):
        winner = Touch(found.owner.partnership, occurred_at, None, kind=TouchKind.CUSTOMER)
    views = [Station(view, _view_code(campaign, view, occurred_at)) for view in found.views]
    if winner is None:
        winner = max((each.touch for each in views if not each.code), key=lambda touch: touch.order, default=None)
    path = [*clicks, *views]
    if code and (winner is None or winner.kind != TouchKind.COUPON):
        path.append(Station(Touch(code.partnership, occurred_at, None, kind=TouchKind.COUPON)))
    if winner and all(each.touch is not winner for each in path):
        path.append(Station(winner))
    ordered = tuple(sorted(path, key=lambda each: each.touch.order))
    return _result(found, winner, occurred_at, flags, ordered)


def was_active(partnership: Partnership, at: datetime) -> bool:
    """A click made while the partnership ran counts, whatever became of the partnership since.

    The edge signs click ids for running partnerships only; so after a new application the old clicks still count. What
    an edge signed after the end, because it had not heard of it, counts for as long as clocks may differ.
    """
    ended_at = partnership.decided_at if partnership.status in CAME_TO_AN_END else None
    return ended_at is None or at < ended_at + SKEW


def runs(partnership: Partnership, at: datetime) -> bool:
    """Without a click that proves it: active now, or stopped after that."""
    if partnership.status in STOPPED:
        return partnership.decided_at is not None and at < partnership.decided_at + SKEW
    return partnership.status == PartnershipStatus.ACTIVE


def _clicks(campaign: Campaign, found: Found, occurred_at: datetime) -> list[Station]:
    touches = [found.click] if isinstance(found.click, Touch) else []
    known = {(touch.clicked_at, touch.nonce) for touch in touches}
    for touch in found.others:
        if (touch.clicked_at, touch.nonce) not in known:
            known.add((touch.clicked_at, touch.nonce))
            touches.append(touch)
    touches.sort(key=lambda touch: touch.order)
    return _stood_down([Station(touch, _click_code(campaign, touch, occurred_at)) for touch in touches], found.software)


def _click_code(campaign: Campaign, touch: Touch, occurred_at: datetime) -> str:
    """The window is half-open: the click's instant is inside, the same instant `window_days` later is not."""
    age = occurred_at - touch.clicked_at
    if age < -SKEW:
        return "before_click"
    if age >= timedelta(days=campaign.window_days):
        return "outside_window"
    if not was_active(touch.partnership, touch.clicked_at):
        return "partnership_inactive"
    return "invalid_click" if touch.row and touch.row.is_doubtful else ""


def _stood_down(clicks: list[Station], software: Collection[int]) -> list[Station]:
    """An extension's click within half an hour after another publisher's, which could earn, takes nothing from it."""
    judged: list[Station] = []
    for each in clicks:
        touch, publisher = each.touch, each.touch.partnership.publisher_id
        if not each.code and publisher in software:
            before = (
                other
                for other in judged
                if not other.code
                and other.touch.partnership.publisher_id != publisher
                and touch.clicked_at < other.touch.clicked_at + STAND_DOWN
            )
            if any(before):
                judged.append(Station(touch, "stood_down"))
                continue
        judged.append(each)
    return judged


def _best(campaign: Campaign, clicks: Iterable[Station]) -> Touch | None:
    """Sound before doubtful. The last of those handed over, else of those found by the visitor; the first of all where the
    campaign counts first clicks."""
    clicks = list(clicks)
    for wanted in ("", "invalid_click"):
        pool = [each.touch for each in clicks if each.code == wanted]
        if pool and campaign.attribution_model == AttributionModel.FIRST_CLICK:
            return pool[0]
        if given := [touch for touch in pool if touch.is_given]:
            return given[-1]
        if pool and not any(each.touch.is_given and each.code == "invalid_click" for each in clicks):
            return pool[-1]
    return None


def _named(found: Found, clicks: list[Station], occurred_at: datetime, campaign: Campaign) -> Touch | None:
    if found.named is None or not runs(found.named, occurred_at):
        return None
    return _of_publisher(campaign, clicks, found.named, TouchKind.PUBLISHER, occurred_at)


def _of_publisher(
    campaign: Campaign, clicks: list[Station], partnership: Partnership, kind: TouchKind, occurred_at: datetime
) -> Touch:
    """Its own click where it has one: that knows link and sub ids, and prices the conversion."""
    own = [each for each in clicks if each.touch.partnership.pk == partnership.pk and not each.code]
    return _best(campaign, own) or Touch(partnership, occurred_at, None, kind=kind)


def beats_clicks(campaign: Campaign, code: Code) -> bool:
    if campaign.attribution_model == AttributionModel.CLICK_FIRST:
        return False
    return campaign.attribution_model == AttributionModel.COUPON_FIRST or code.is_exclusive


def _is_owned(campaign: Campaign, owner: Owner, occurred_at: datetime) -> bool:
    age = occurred_at - owner.since
    return timedelta() <= age < timedelta(days=campaign.ownership_days) and runs(owner.partnership, occurred_at)


def _view_code(campaign: Campaign, view: Touch, occurred_at: datetime) -> str:
    age = occurred_at - view.clicked_at
    if age < timedelta():
        return "before_click"
    if age >= timedelta(hours=campaign.view_window_hours):
        return "outside_window"
    if not was_active(view.partnership, view.clicked_at):
        return "partnership_inactive"
    return "invalid_view" if view.row and view.row.is_doubtful else ""


def _result(
    found: Found, winner: Touch | None, occurred_at: datetime, flags: list[str], path: tuple[Station, ...]
) -> Decision:
    if winner is None:
        if isinstance(found.click, str):
            return Decision(found.click, occurred_at, flags=flags, path=path)
        code = next(each.code for each in path if each.touch is found.click)
        return Decision(code, occurred_at, found.click, flags=flags, path=path)
    if winner.kind == TouchKind.CLICK and occurred_at < winner.clicked_at:
        flags.append("clock_skew")
    decision = Decision(
        ATTRIBUTED, max(occurred_at, winner.clicked_at), winner, Verdict.VALID, _subs(winner), flags, path
    )
    if winner.kind == TouchKind.CLICK and winner.row and winner.row.is_doubtful:
        return replace(decision, code="invalid_click", verdict=Verdict.SUSPECT)
    return decision


def _subs(winner: Touch) -> list[str] | None:
    """None only for a click whose row may still come."""
    if winner.row:
        return winner.row.subs
    return None if winner.kind == TouchKind.CLICK else []
