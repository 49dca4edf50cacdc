"""What is known of a click or an impression when it is ingested: verdict and reasons, in microseconds, without a query.

One `Arrival` per shard of the stream, where all events of one visitor come in their order. It remembers the last counted
click of each visitor on each link, and the clicks of each address on each campaign; by the events' own times, so that a
backlog is judged like a live stream. Judging one event again gives the same verdict.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from tracking.enrich import Agent
from tracking.quality import agents
from tracking.quality.addresses import Ranges, is_public, network_of

VALID: Final = "valid"
INVALID: Final = "invalid"
GOOD: Final = (VALID, ())
FLAGS_OF_INVALID: Final = frozenset(
    {"prefetch", "prerender", "method", "fetch_metadata", "invalid_placement", "hidden_tab"}
)
"""Flags of the edge that make an event invalid (R3, R4, R5, R38). Others are remarks and stay beside the verdict."""
SEEN_BY_FETCHING: Final = "fetch_metadata"  # a picture is fetched as a picture: tells something of clicks only
MINUTE: Final = 60_000
DAY: Final = 86_400_000
MEMORY: Final = 30_000  # ms that a counted click is remembered, at least
REMEMBERED: Final = 65_536  # events of one generation; two are kept
MAX_VISITORS: Final = 131_072
MAX_COUNTED: Final = 131_072  # looked at every minute
MAX_PLACES: Final = 131_072
MAX_DAYS: Final = 3
MINUTE_AT: Final = 40  # a day's count: minute | clicks in it, 20 bits | clicks of the day, 20 bits
IN_MINUTE_AT: Final = 20
CLICKS: Final = 2**20 - 1

type Verdict = tuple[str, tuple[str, ...]]
type Place = tuple[str | bytes | None, bool]


class Limits(NamedTuple):
    """R6: a second click within `duplicate_ms`. R7: more clicks of an address on a campaign than these. 0: never."""

    duplicate_ms: int = 10_000
    per_minute: int = 30
    per_day: int = 300


class Arrival:
    def __init__(
        self,
        data_centres: Ranges | None = None,
        *,
        limits: Limits | None = None,
        of_campaigns: Mapping[int, Limits] | None = None,
    ) -> None:
        self.data_centres = data_centres or Ranges()
        self.limits = limits or Limits()
        self.of_campaigns: Mapping[int, Limits] = of_campaigns or {}
        self.refresh_at = 0.0  # of a monotonic clock: when somebody shall look after it next
        self._quiet = self._lasting = self._renew_at = 0
        self.limit(self.limits, self.of_campaigns)
        self._agents: dict[str, str] = {}
        self._places: dict[str, Place] = {}
        self._judged: dict[int, Verdict] = {}  # what the memory of clicks would not tell again
        self._judged_before: dict[int, Verdict] = {}
        self._clicked: dict[int, tuple[int, int]] = {}  # visitor on link → nonce, at of the click that was counted
        self._clicked_before: dict[int, tuple[int, int]] = {}
        self._days: dict[int, dict[int, int]] = {}  # address on campaign → clicks of the day and of its last minute
        self._minute = -1  # of the last click
        self._day: dict[int, int] = {}
        self._first = 0

    def limit(self, limits: Limits, of_campaigns: Mapping[int, Limits]) -> None:
        """Other thresholds from now on."""
        self.limits, self.of_campaigns = limits, of_campaigns
        numbers = [most for one in (limits, *of_campaigns.values()) for most in (one.per_minute, one.per_day) if most]
        self._lasting = max(MEMORY, *(one.duplicate_ms for one in (limits, *of_campaigns.values())))
        self._quiet = min(numbers, default=2**62)  # nobody with fewer clicks a day can be over any limit

    def refresh(self) -> None:
        """Look whether the file of data centres changed."""
        if self.data_centres.refresh():
            self._places.clear()

    def judge(  # noqa: C901, PLR0911, PLR0912, PLR0917  called for every event: a call within would cost more
        self,
        kind: str,
        nonce: int,
        at_ms: int,
        campaign_id: int,
        link_id: int,
        ip: str | None,
        user_agent: str | None,
        agent: Agent,
        flags: Sequence[str] = (),
        diverted: str = "",
        consent: str = "unknown",
    ) -> Verdict:
        """Verdict and reasons. `ip` and `user_agent` None: not to be known (consent denied)."""
        reason = self._agents.get(user_agent)  # type: ignore[arg-type]  # None is never a key
        if reason is None:
            reason = "" if user_agent is None and consent == "denied" else self._agent(user_agent or "", agent)
        if kind != "click":
            return self._impression(kind, ip, user_agent, reason, flags, diverted)
        if ip is None:
            return self._verdict(flags, reason) if flags or reason else GOOD
        visitor = hash((ip, user_agent, link_id))
        last = self._clicked.get(visitor) or self._clicked_before.get(visitor)
        if last is not None and last[0] == nonce:
            return self._verdict(flags) if flags else GOOD
        known = self._judged.get(nonce) or self._judged_before.get(nonce)
        if known is not None:
            return self._verdict(flags) if known is GOOD and flags else known
        place, in_centre = self._places.get(ip) or self._place(ip)
        burst = False
        if place is not None:
            if at_ms // MINUTE != self._minute:
                self._turn_to(at_ms // MINUTE)
            key, day = hash((campaign_id, place)), self._day
            counted = day.get(key)
            if counted is None:
                day[key] = self._first
            else:
                burst = self._is_burst(day, key, counted, campaign_id)
        if flags or reason or burst or in_centre:
            centre = "data_centre" if in_centre else ""
            verdict = self._verdict(flags, reason, centre, "address_burst" if burst else "")
            if verdict[0] is INVALID:
                return self._keep(nonce, verdict)
        else:
            verdict = GOOD
        if last is not None:
            window = self.of_campaigns.get(campaign_id, self.limits).duplicate_ms
            if -window < at_ms - last[1] < window:
                return self._keep(nonce, (INVALID, (*verdict[1], "duplicate_click")))
            if at_ms < last[1]:  # out of a spool, older than what is remembered
                return self._keep(nonce, verdict)
            self._keep(last[0], GOOD)
        elif at_ms >= self._renew_at or len(self._clicked) >= MAX_VISITORS:
            self._clicked_before, self._clicked, self._renew_at = self._clicked, {}, at_ms + self._lasting
        self._clicked[visitor] = (nonce, at_ms)
        return verdict

    def _keep(self, nonce: int, verdict: Verdict) -> Verdict:
        if len(self._judged) >= REMEMBERED:
            self._judged_before, self._judged = self._judged, {}
        self._judged[nonce] = verdict
        return verdict

    def _impression(  # noqa: PLR0917
        self,
        kind: str,
        ip: str | None,
        user_agent: str | None,
        reason: str,
        flags: Sequence[str],
        diverted: str,
    ) -> Verdict:
        if kind == "open" and agents.opens_mail(user_agent or ""):
            return self._verdict(flags, "") if flags else GOOD
        centre = ip is not None and ip in self.data_centres
        if not (flags or reason or centre or diverted):
            return GOOD
        remarks = [flag for flag in flags if flag != SEEN_BY_FETCHING]
        return self._verdict(remarks, reason, "data_centre" if centre else "", diverted)

    @staticmethod
    def _verdict(flags: Sequence[str], *reasons: str) -> Verdict:
        found = tuple(reason for reason in reasons if reason)
        is_invalid = bool(found) or not FLAGS_OF_INVALID.isdisjoint(flags)
        return (INVALID if is_invalid else VALID), (*flags, *found)

    def _agent(self, user_agent: str, agent: Agent) -> str:
        known = self._agents.get(user_agent)
        if known is None:
            if len(self._agents) >= 50_000:
                self._agents.clear()
            known = self._agents[user_agent] = agents.reason(user_agent, agent)
        return known

    def _place(self, ip: str) -> "Place":
        """What an address counts as, and whether it is a data centre's. None: an address that is not public is that of a
        proxy which nobody declared, or of this machine; many visitors share it, so that their number tells nothing."""
        if len(self._places) >= MAX_PLACES:
            self._places.clear()
        found = self._places[ip] = (network_of(ip) if is_public(ip) else None, ip in self.data_centres)
        return found

    def _is_burst(self, day: dict[int, int], key: int, counted: int, campaign_id: int) -> bool:
        """Counted by calendar minutes and days (UTC): one number holds the last minute, its clicks and those of the day.
        A click of an earlier minute, out of a spool, counts for the day alone."""
        in_day = (counted & CLICKS) + 1
        minute = counted >> MINUTE_AT
        if minute == self._minute:
            in_minute = (counted >> IN_MINUTE_AT & CLICKS) + 1
        else:
            in_minute = 1 if minute < self._minute else 0
            minute = max(minute, self._minute)
        in_minute_now = in_minute or counted >> IN_MINUTE_AT & CLICKS
        day[key] = minute << MINUTE_AT | min(in_minute_now, CLICKS) << IN_MINUTE_AT | min(in_day, CLICKS)
        if in_day <= self._quiet:
            return False
        limits = self.of_campaigns.get(campaign_id, self.limits)
        return (0 < limits.per_minute < in_minute) or (0 < limits.per_day < in_day)

    def _turn_to(self, minute: int) -> None:
        self._minute, self._first = minute, minute << MINUTE_AT | 1 << IN_MINUTE_AT | 1
        number = minute * MINUTE // DAY
        self._day = _bucket(self._days, number, MAX_DAYS)
        if len(self._day) > MAX_COUNTED:
            self._day = self._days[number] = _without_quiet_ones(self._day)

    # what was before this process, from the rows

    def remember_click(self, nonce: int, at_ms: int, link_id: int, ip: str, user_agent: str | None) -> None:
        """A counted click of the last moments; the newest of a visitor last."""
        self._clicked[hash((ip, user_agent, link_id))] = (nonce, at_ms)

    def remember_address(self, minute: int, campaign_id: int, ip: str, *, in_minute: int, in_day: int) -> None:
        """Clicks of an address on a campaign: those of `minute` (since 1970), and of its day."""
        place, _ = self._places.get(ip) or self._place(ip)
        if place is not None:
            day = _bucket(self._days, minute * MINUTE // DAY, MAX_DAYS)
            counts = min(in_minute, CLICKS) << IN_MINUTE_AT | min(in_day, CLICKS)
            day[hash((campaign_id, place))] = minute << MINUTE_AT | counts


def _bucket(buckets: dict[int, dict[int, int]], number: int, most: int) -> dict[int, int]:
    found = buckets.get(number)
    if found is None:
        while len(buckets) >= most:
            del buckets[min(buckets)]
        found = buckets[number] = {}
    return found


def _without_quiet_ones(counts: dict[int, int]) -> dict[int, int]:
    """At least half of them go, the quietest first. Who is forgotten is counted anew: never too much, at worst too little."""
    middle = sorted(count & CLICKS for count in counts.values())[len(counts) // 2]
    return {key: count for key, count in counts.items() if count & CLICKS > middle}
