"""Whom a campaign takes: its rules as steps, made once per campaign and publisher, in the order in which reasons count.

What cannot be known is not held against the visitor where nobody's could be known (no database of addresses, or one
without such detail): the visitor passes, flagged `unfiltered`. Else the unknown is not among those that are listed.
"""

from bisect import bisect
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import accumulate
from random import randrange
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from tracking import visitor
from tracking.edge.route import Chooser, Landing, Route, Step
from tracking.snapshot import Snapshot, traffic
from tracking.snapshot.converted import CONVERTED
from tracking.snapshot.traffic import Block, Page, Rules, Traffic

if TYPE_CHECKING:
    from tracking.edge.visit import Visit

SYSTEMS: Final = {
    "macOS": ["Mac OS X", "macOS"],
    "ChromeOS": ["Chrome OS"],
    "Linux": ["Linux", "Ubuntu", "Debian", "Fedora", "Red Hat", "SUSE", "Arch Linux", "Linux Mint", "CentOS", "Gentoo"],
}
BROWSERS: Final = {
    "Chrome": ["Chrome", "Chrome Mobile", "Chrome Mobile iOS", "Chrome Mobile WebView", "Chromium"],
    "Safari": ["Safari", "Mobile Safari", "Mobile Safari UI/WKWebView"],
    "Firefox": ["Firefox", "Firefox Mobile", "Firefox iOS", "Firefox Focus"],
    "Edge": ["Edge", "Edge Mobile"],
    "Opera": ["Opera", "Opera Mobile", "Opera Mini", "Opera Touch", "Opera GX"],
    "Yandex": ["Yandex Browser", "Yandex"],
    "Telegram": ["Telegram", "Telegram Desktop", "Telegram-Android"],
}
"""What people call it → how ua-parser calls its kinds. Names that are not here are the same in both."""
UNFILTERED: Final = "unfiltered"
MINUTES: Final = 24 * 60


def funded(_: Snapshot, way: Route) -> str:
    found = traffic.of(way.campaign)
    return "out_of_funds" if found and not found.is_funded else ""


def welcome(_: Snapshot, way: Route) -> str:
    """Everything of this publisher is blocked."""
    found = traffic.of(way.campaign)
    blocks = found.blocks if found else ()
    return "traffic_blocked" if any(b.field == "all" and b.partnership_id == way.partnership.id for b in blocks) else ""


def compiled(_: Snapshot, way: Route) -> Iterable[Step]:
    found = traffic.of(way.campaign)
    if not found:
        return ()
    steps: tuple[Step, ...] | None = found.made.get(way.partnership.id)
    if steps is None:
        steps = found.made[way.partnership.id] = tuple(_steps(found, way.partnership.id))
    return steps


def _steps(found: Traffic, partnership_id: int) -> Iterator[Step]:
    yield from _blocks([b for b in found.blocks if b.field != "all" and b.partnership_id in {None, partnership_id}])
    whole, own = found.targeting.get(None), found.targeting.get(partnership_id)
    rules = {**(whole.rules if whole else {}), **(own.rules if own else {})}
    yield from _schedule(whole, own)
    for dimension, step in DIMENSIONS.items():
        mode, values = rules.get(dimension, ("any", []))
        if mode != "any":
            yield step(values, is_allowed=mode == "only")
    mode, windows = rules.get("hour", ("any", []))
    if mode != "any":
        yield _hour(windows, ZoneInfo(found.time_zone), is_allowed=mode == "only")
    if whole and whole.new_visitors_only:
        yield _not_converted
    yield from _full([cap for cap in found.full if cap.partnership_id in {None, partnership_id}])


def _blocks(blocks: list[Block]) -> Iterator[Step]:
    named: dict[str, set[str]] = {}
    for block in blocks:
        named.setdefault(block.field, set()).add(block.value)
    if not named:
        return

    def step(visit: "Visit") -> str:
        for field, values in named.items():
            if label(visit, field) in values:
                return "traffic_blocked"
        return ""

    yield step


def label(visit: "Visit", field: str) -> str:
    """The publisher's label as it is recorded: the click's own, else the link's."""
    if value := visit.parameters.get(field):
        return value
    subs = visit.route.link.subs
    place = int(field[3:]) - 1 if field.startswith("sub") else len(subs)
    return subs[place] if place < len(subs) else ""


def _schedule(whole: Rules | None, own: Rules | None) -> Iterator[Step]:
    starts = ((own and own.starts_at) or (whole and whole.starts_at) or 0) * 1000
    ends = ((own and own.ends_at) or (whole and whole.ends_at) or 0) * 1000
    if starts or ends:
        yield lambda visit: "" if starts <= visit.at_ms and (not ends or visit.at_ms < ends) else "not_scheduled"


def _full(caps: list[Any]) -> Iterator[Step]:
    spans = [(cap.starts_at * 1000, cap.ends_at * 1000) for cap in caps]
    if spans:
        yield lambda visit: "cap_reached" if any(start <= visit.at_ms < end for start, end in spans) else ""


def _country(values: list[str], *, is_allowed: bool) -> Step:
    named = frozenset(values)

    def step(visit: "Visit") -> str:
        if not visit.edge.places.knows_countries:
            visit.flag(UNFILTERED)
            return ""
        return "" if (visit.place.country in named) is is_allowed else "country"

    return step


def _region(values: list[str], *, is_allowed: bool) -> Step:
    named = frozenset(values)

    def step(visit: "Visit") -> str:
        if not visit.edge.places.knows_cities:
            visit.flag(UNFILTERED)
            return ""
        place = visit.place
        return "" if (f"{place.country}-{place.region}" in named) is is_allowed else "region"

    return step


def _city(values: list[str], *, is_allowed: bool) -> Step:
    named = frozenset(value.casefold() for value in values)

    def step(visit: "Visit") -> str:
        if not visit.edge.places.knows_cities:
            visit.flag(UNFILTERED)
            return ""
        return "" if (visit.place.city.casefold() in named) is is_allowed else "city"

    return step


def _connection(values: list[str], *, is_allowed: bool) -> Step:
    """Few databases know connections, so an unknown one passes."""
    named = frozenset(values)

    def step(visit: "Visit") -> str:
        if not visit.connection:
            visit.flag(UNFILTERED)
            return ""
        return "" if (visit.connection in named) is is_allowed else "connection"

    return step


def _device(values: list[str], *, is_allowed: bool) -> Step:
    named = frozenset(values)
    return lambda visit: "" if (visit.agent.device in named) is is_allowed else "device"


def _system(values: list[str], *, is_allowed: bool) -> Step:
    named = frozenset(name for value in values for name in SYSTEMS.get(value, [value]))
    return lambda visit: "" if (visit.agent.system in named) is is_allowed else "system"


def _browser(values: list[str], *, is_allowed: bool) -> Step:
    named = frozenset(name for value in values for name in BROWSERS.get(value, [value]))
    return lambda visit: "" if (visit.agent.browser in named) is is_allowed else "browser"


def _language(values: list[str], *, is_allowed: bool) -> Step:
    named = frozenset(values)
    return lambda visit: "" if (visit.language in named) is is_allowed else "language"


DIMENSIONS: Final[dict[str, Callable[..., Step]]] = {
    "country": _country,
    "region": _region,
    "city": _city,
    "device": _device,
    "system": _system,
    "browser": _browser,
    "language": _language,
    "connection": _connection,
}


def _hour(windows: list[list[int]], zone: ZoneInfo, *, is_allowed: bool) -> Step:
    @lru_cache(maxsize=4)
    def reason(minute: int) -> str:
        """Of a minute since 1970: all its visitors have it in common."""
        local = datetime.fromtimestamp(minute * 60, UTC).astimezone(zone)
        day, minute = local.weekday(), local.hour * 60 + local.minute
        return "" if any(within(window, day, minute) for window in windows) is is_allowed else "hour"

    return lambda visit: reason(visit.at_ms // 60_000)


def within(window: list[int], day: int, minute: int) -> bool:
    """A window over midnight belongs to the day on which it begins; one with equal ends is the whole day."""
    days, start, end = window
    if start == end:
        return bool(days >> day & 1)
    if start < end:
        return bool(days >> day & 1) and start <= minute < end
    return bool((days >> day & 1 and minute >= start) or (days >> (day - 1) % 7 & 1 and minute < end))


def _not_converted(visit: "Visit") -> str:
    if visit.consent == "denied" or not visit.address or not visit.edge.snapshot:
        return ""
    known = CONVERTED.of(visit.edge.snapshot).get(visit.route.campaign.id)
    return "already_converted" if known and number(visit) in known else ""


def number(visit: "Visit") -> int:
    return visitor.number(visit.edge.config.visitor_key, str(visit.address), visit.user_agent)


def chooser(way: Route) -> Chooser | None:
    """Of the campaign's landing pages; None without any."""
    found = traffic.of(way.campaign)
    if not found or not found.pages:
        return None
    chosen: Chooser | None = found.made.get(0)  # no partnership has this number
    if chosen is None:
        chosen = found.made[0] = _chooser(found.pages, way.campaign.id)
    return chosen


def _chooser(pages: tuple[Page, ...], campaign_id: int) -> Chooser:
    landings = [Landing(page.id, page.url) for page in pages]
    bounds = list(accumulate(page.weight for page in pages))

    def choose(visit: "Visit") -> Landing:
        return landings[bisect(bounds, turn(visit, campaign_id, bounds[-1]))]

    return choose


def turn(visit: "Visit", salt: int, total: int) -> int:
    """A number below `total`, the same for the same visitor. Without consent nobody is recognised: by chance."""
    if visit.consent == "denied" or not visit.address:
        return randrange(total)  # noqa: S311  shares of traffic, no secret
    known = f"{salt}\n{visit.address}\n{visit.user_agent}".encode()
    return int.from_bytes(blake2b(known, digest_size=8).digest()) % total
