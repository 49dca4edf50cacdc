"""Event → row of its table, packed for COPY, and what of it is counted. One `Rows` per shard of the stream.

Most columns come in groups that many events share (link and day, user agent, address …): such a group is packed once and
kept. The order of the columns follows from that.
"""

from collections.abc import Callable, Hashable
from struct import Struct
from typing import Final, NamedTuple

from tracking import enrich
from tracking.ingest import packing
from tracking.ingest.events import KINDS, MAX_SUBS, Entry, Found, Poison, moment, number, reference, text, texts
from tracking.ingest.references import Claim, References, Slot
from tracking.ingest.visitors import Visitors
from tracking.places import Places
from tracking.quality.arrival import Arrival

EVENT_COLUMNS: Final = (
    "at nonce received_at campaign_id partnership_id link_id plan_version day channel creative_id user_agent device"
    " system browser ip country region city language referrer consent verdict reasons visitor"
).split()
CLICK_COLUMNS: Final = [
    *EVENT_COLUMNS,
    *"is_unique connection subs source diverted landing_id smart_link_id coupon is_test extra".split(),
]
IMPRESSION_COLUMNS: Final = [*EVENT_COLUMNS, "kind", "extra"]
MAX_KEPT: Final = 50_000  # groups of each kind
TEST: Final = "test"  # the flag of a click that somebody made to try a link

# What an event counts as.
VALID, UNIQUE, INVALID, DIVERTED, IMPRESSION, INVALID_IMPRESSION, VIEWABLE, OPEN, NOTHING = range(9)
OF_IMPRESSIONS: Final = {"impression": IMPRESSION, "viewable": VIEWABLE, "open": OPEN}

_start = Struct(f">h{'iq' * 3}").pack
_no_text, _null = packing.EMPTY, packing.NULL
_plain_click = _no_text * 2 + _null * 2 + _no_text + packing.FALSE + _null
"""source, diverted, landing_id, smart_link_id, coupon, is_test, extra: none of them"""
_WITH_MORE: Final = frozenset({"src", "div", "lp", "sl", "cp", "x", "cr", "flags"})


class Kept[Key: Hashable, Value](dict[Key, Value]):
    """Makes what is missing, and forgets all when there is too much of it."""

    def __init__(self, make: Callable[[Key], Value]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Key) -> Value:
        if len(self) >= MAX_KEPT:
            self.clear()
        made = self[key] = self._make(key)
        return made


class Agent(NamedTuple):
    """A user agent, its columns made."""

    known: enrich.Agent
    columns: bytes


class Where(NamedTuple):
    """An address, its columns made."""

    country: str
    columns: bytes
    connection: bytes


class Sender(NamedTuple):
    """What the event tells of its visitor. Nothing without consent."""

    ip: str | None
    user_agent: str | None
    consent: str
    columns: bytes  # language, referrer, consent


class More(NamedTuple):
    """What few events have."""

    source: str = ""
    creative_id: int | None = None
    landing_id: int | None = None
    smart_link_id: int | None = None
    diverted: str = ""
    reasons: tuple[str, ...] = ()


NO_MORE: Final = More()


class Fact(NamedTuple):
    """What is counted of a stored event, and its identity."""

    slot: Slot
    outcome: int
    agent: enrich.Agent
    country: str
    subs: tuple[str, ...]
    more: More
    at_ms: int
    nonce: int

    @property
    def key(self) -> tuple[int, int, int]:
        return self.slot.campaign_id, self.at_ms, self.nonce


class Made(NamedTuple):
    """A row, and the line that it was."""

    is_click: bool
    row: bytes
    fact: Fact
    entry: Entry
    line: int


def claim(found: Found) -> Claim:
    """What the event says where it belongs. Raises Poison."""
    kind = found.get("t") if isinstance(found, dict) else None
    if not isinstance(kind, str) or kind not in KINDS:
        raise Poison("not_an_event")
    moment(found, "at")
    return number(found, "c"), number(found, "p"), number(found, "l"), text(found.get("ch"), 12)


class Rows:
    """Remembers visitors and judges, so the events of a shard must come in their order."""

    def __init__(self, arrival: Arrival, places: Places) -> None:
        self.arrival = arrival
        self.visitors = Visitors()
        self._places = places
        self._agents = Kept(_agent)
        self._wheres = Kept(self._where)
        self._referrers = Kept(lambda value: packing.text(text(value, 512)))
        self._languages = Kept(_language)
        self._verdicts = Kept(_verdict)
        self._subs = Kept(packing.texts)
        self._consents = {name: packing.text(name) for name in ("granted", "denied", "unknown")}

    def make(self, found: Found, claimed: Claim, references: References, entry: Entry, line: int) -> Made:
        """Raises Poison."""
        at_ms, nonce = found["at"], number(found, "n")
        kind = KINDS[found["t"]]
        slot = references.way(claimed).at(at_ms)
        sender = self._sender(found)
        agent, where = self._agents[sender.user_agent], self._wheres[sender.ip]
        flags = texts(found["flags"], 20, 40) if "flags" in found else ()
        diverted = text(found["div"], 40) if "div" in found else ""
        judged = self.arrival.judge(
            kind,
            nonce,
            at_ms,
            slot.campaign_id,
            slot.link_id,
            sender.ip,
            sender.user_agent,
            agent.known,
            flags,
            diverted,
            sender.consent,
        )
        more = NO_MORE
        if judged[1] or not _WITH_MORE.isdisjoint(found):
            more = _more(found, diverted, judged)
        visitor = self.visitors.number(sender.ip, sender.user_agent or "") if sender.ip else None
        received = moment(found, "rx") if "rx" in found else at_ms
        is_click = kind == "click"
        start = _start(
            34 if is_click else 26, 8, packing.microseconds(at_ms), 8, nonce, 8, packing.microseconds(received)
        )
        columns = (
            start,
            slot.columns,
            packing.bigint(more.creative_id),
            agent.columns,
            where.columns,
            sender.columns,
            self._verdicts[judged],
            packing.bigint(visitor),
        )
        if not is_click:
            outcome = OF_IMPRESSIONS[kind] if judged[0] != "invalid" else _NOT_COUNTED[kind]
            fact = Fact(slot, outcome, agent.known, where.country, (), more, at_ms, nonce)
            row = (*columns, packing.text(kind), packing.json(found.get("x")))
            return Made(is_click, b"".join(row), fact, entry, line)
        subs = texts(found["subs"], MAX_SUBS, 256) if "subs" in found else ()
        is_test = TEST in flags
        outcome = NOTHING if is_test else _outcome(judged[0], diverted)
        if outcome == VALID and visitor is not None and self.visitors.is_first(visitor, slot.link_id, at_ms):
            outcome = UNIQUE
        fact = Fact(slot, outcome, agent.known, where.country, subs, more, at_ms, nonce)
        unique = packing.TRUE if outcome == UNIQUE else packing.FALSE
        rest = _plain_click if more is NO_MORE and not is_test else _rest(found, more, is_test=is_test)
        row = (*columns, unique, where.connection, self._subs[subs], rest)
        return Made(is_click, b"".join(row), fact, entry, line)

    def _sender(self, found: Found) -> Sender:
        consent = found.get("consent", "unknown")
        if consent == "denied":
            return Sender(None, None, consent, _NOTHING_TOLD)
        if consent not in self._consents:
            consent = "unknown"
        told = (
            self._languages[found.get("lang")],
            self._referrers[found.get("ref")],
            self._consents[consent],
        )
        return Sender(found.get("ip") or None, found.get("ua"), consent, b"".join(told))

    def _where(self, ip: str | None) -> Where:
        try:
            columns = packing.inet(ip)
        except (OSError, TypeError, ValueError):
            raise Poison("invalid_ip") from None
        place = self._places.find(ip)
        told = b"".join(packing.text(value) for value in (place.country, place.region, place.city))
        return Where(place.country, columns + told, packing.text(place.connection))


_NOT_COUNTED: Final = {"impression": INVALID_IMPRESSION, "viewable": NOTHING, "open": INVALID_IMPRESSION}
_NOTHING_TOLD: Final = packing.EMPTY * 2 + packing.text("denied")


def _outcome(verdict: str, diverted: str) -> int:
    if diverted:
        return DIVERTED
    return INVALID if verdict == "invalid" else VALID


def _more(found: Found, diverted: str, judged: tuple[str, tuple[str, ...]]) -> More:
    return More(
        text(found.get("src"), 256),
        reference(found, "cr"),
        reference(found, "lp"),
        reference(found, "sl"),
        diverted,
        judged[1] if judged[0] == "invalid" else (),
    )


def _rest(found: Found, more: More, *, is_test: bool) -> bytes:
    return b"".join(
        (
            packing.text(more.source),
            packing.text(more.diverted),
            packing.bigint(more.landing_id),
            packing.bigint(more.smart_link_id),
            packing.text(text(found.get("cp"), 64)),
            packing.boolean(is_test),
            packing.json(found.get("x")),
        )
    )


def _agent(user_agent: str | None) -> Agent:
    stored = None if user_agent is None else text(user_agent, 512)
    known = enrich.agent(stored or "")
    told = packing.NULL if stored is None else packing.text(stored)
    return Agent(known, told + b"".join(packing.text(value) for value in (known.device, known.system, known.browser)))


def _language(header: str | None) -> bytes:
    """The first, without region: "fa" of "fa-IR,en;q=0.5"."""
    first = text(header, 64).partition(",")[0].partition(";")[0].strip().partition("-")[0]
    return packing.text(first.lower()[:8] if first != "*" else "")


def _verdict(judged: tuple[str, tuple[str, ...]]) -> bytes:
    verdict, reasons = judged
    return packing.text(verdict) + packing.texts(reasons)
