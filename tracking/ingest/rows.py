"""Event → row of its table, packed for COPY, and what of it is counted. One `Rows` per shard of the stream.

Most columns come in groups that many events share (link and day, user agent, address …): such a group is packed once and
kept. The order of the columns follows from that.
"""

from collections.abc import Callable, Hashable
from struct import Struct
from typing import Final, NamedTuple

from tracking import enrich
from tracking.ingest import packing
from tracking.ingest.events import (
    KINDS,
    LAND,
    LAST_MS,
    MAX_SUBS,
    Entry,
    Found,
    Poison,
    moment,
    number,
    reference,
    text,
    texts,
)
from tracking.ingest.references import Claim, Slot, Way
from tracking.ingest.visitors import Visitors
from tracking.places import Place, Places
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
_null = packing.NULL
_DETAILS: Final = frozenset({"div", "lp", "sl", "cr"})


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


class More(NamedTuple):
    """What few events have."""

    creative_id: int | None = None
    landing_id: int | None = None
    smart_link_id: int | None = None
    diverted: str = ""
    reasons: tuple[str, ...] = ()


NO_MORE: Final = More()


class Made(NamedTuple):
    """A row; what is counted of it; the line that it was."""

    is_click: bool
    row: bytes
    slot: Slot
    outcome: int
    agent: enrich.Agent
    country: str
    source: str
    subs: tuple[str, ...]
    more: More
    at_ms: int
    nonce: int
    entry: Entry
    line: int

    @property
    def key(self) -> tuple[int, int, int]:
        return self.slot.campaign_id, self.at_ms, self.nonce


_new = tuple.__new__  # of a NamedTuple, at a third of its price


class Rows:
    """Remembers visitors and judges, so the events of a shard must come in their order."""

    def __init__(self, arrival: Arrival, places: Places) -> None:
        self.arrival = arrival
        self.visitors = Visitors()
        self._find = places.find
        self._agents = Kept(_agent)
        self._wheres = Kept(self._where)
        self._places = Kept(_place)
        self._referrers = Kept(_referrer)
        self._languages = Kept(_language)
        self._verdicts = Kept(_verdict)
        self._subs = Kept(_subs)
        self._rests = Kept(_rest)
        self._consents = {name: packing.text(name) for name in ("granted", "denied", "unknown")}

    def make(self, found: Found, way: Way, entry: Entry, line: int) -> Made:
        """Raises Poison."""
        get = found.get
        kind = KINDS.get(found["t"], "")
        at_ms, nonce = found["at"], found["n"]
        if not kind or type(at_ms) is not int or type(nonce) is not int or not 0 <= at_ms <= LAST_MS:
            _check(found)
        slot = way.at(at_ms)
        ip, user_agent, consent, told = self._told(found)
        agent, where = self._agents[user_agent], self._wheres[ip]
        flags = texts(found["flags"], 20, 40) if "flags" in found else ()
        diverted = text(found["div"], 40) if "div" in found else ""
        judged = self.arrival.judge(
            kind,
            nonce,
            at_ms,
            slot.campaign_id,
            slot.link_id,
            ip,
            user_agent,
            agent.known,
            flags,
            diverted,
            consent,
        )
        more = NO_MORE
        if judged[1] or not _DETAILS.isdisjoint(found):
            more = _more(found, diverted, judged)
        visitor = self.visitors.digest(ip, user_agent or "") if ip else None
        received = packing.microseconds(moment(found, "rx") if "rx" in found else at_ms)
        source = text(found["src"], 256) if "src" in found else ""
        is_click = kind == "click"
        columns = (
            _start(34 if is_click else 26, 8, packing.microseconds(at_ms), 8, nonce, 8, received),
            slot.columns,
            packing.bigint(more.creative_id) if more.creative_id else _null,
            agent.columns,
            where.columns,
            told,
            self._verdicts[judged],
            _EIGHT + visitor if visitor else _null,
        )
        if not is_click:
            row = b"".join((*columns, packing.text(kind), packing.json(get("x"))))
            outcome = OF_IMPRESSIONS[kind] if judged[0] != "invalid" else _NOT_COUNTED[kind]
            shown = (
                False,
                row,
                slot,
                outcome,
                agent.known,
                where.country,
                source,
                (),
                more,
                at_ms,
                nonce,
                entry,
                line,
            )
            return _new(Made, shown)
        subs, packed = self._subs[tuple(found["subs"]) if "subs" in found else ()]
        is_test = TEST in flags
        outcome = NOTHING if is_test else _outcome(judged[0], diverted)
        if outcome == VALID and visitor is not None and self.visitors.is_first(visitor, slot.link_id, at_ms):
            outcome = UNIQUE
        rest = self._rests[source, diverted, more.landing_id, more.smart_link_id, get("cp"), is_test]
        unique = packing.TRUE if outcome == UNIQUE else packing.FALSE
        extra = packing.json(found["x"]) if "x" in found else _null
        row = b"".join((*columns, unique, where.connection, packed, rest, extra))
        values = (True, row, slot, outcome, agent.known, where.country, source, subs, more, at_ms, nonce, entry, line)
        return _new(Made, values)

    def _told(self, found: Found) -> tuple[str | None, str | None, str, bytes]:
        """Address, user agent, consent; the columns language, referrer, consent. Nothing without consent."""
        get = found.get
        consent = get("consent", "unknown")
        if consent == "denied":
            return None, None, consent, _NOTHING_TOLD
        if consent not in self._consents:
            consent = "unknown"
        told = self._languages[get("lang")] + self._referrers[get("ref")] + self._consents[consent]
        return get("ip") or None, get("ua"), consent, told

    def _where(self, ip: str | None) -> Where:
        try:
            columns = packing.inet(ip)
        except (OSError, TypeError, ValueError):
            raise Poison("invalid_ip") from None
        place = self._find(ip)
        packed, connection = self._places[place]
        return Where(place.country, columns + packed, connection)


_NOT_COUNTED: Final = {"impression": INVALID_IMPRESSION, "viewable": NOTHING, "open": INVALID_IMPRESSION}
_NOTHING_TOLD: Final = packing.EMPTY * 2 + packing.text("denied")
_EIGHT: Final = b"\x00\x00\x00\x08"


def claim(found: Found) -> Claim:
    """What the event says where it belongs. Raises Poison."""
    _check(found)
    return number(found, "c"), number(found, "p"), number(found, "l"), text(found.get("ch"), 12)


def _check(found: object) -> None:
    if not isinstance(found, dict):
        raise Poison("not_an_event")
    kind = found.get("t")
    if not isinstance(kind, str) or (kind not in KINDS and kind != LAND):
        raise Poison("not_an_event")
    moment(found, "at")
    for key in ("c", "p", "l", "n"):
        number(found, key)


def _outcome(verdict: str, diverted: str) -> int:
    if diverted:
        return DIVERTED
    return INVALID if verdict == "invalid" else VALID


def _more(found: Found, diverted: str, judged: tuple[str, tuple[str, ...]]) -> More:
    reasons = judged[1] if judged[0] == "invalid" else ()
    return More(reference(found, "cr"), reference(found, "lp"), reference(found, "sl"), diverted, reasons)


def _rest(values: tuple[str, str, int | None, int | None, object, bool]) -> bytes:
    source, diverted, landing_id, smart_link_id, coupon, is_test = values
    return b"".join(
        (
            packing.text(source),
            packing.text(diverted),
            packing.bigint(landing_id),
            packing.bigint(smart_link_id),
            packing.text(text(coupon, 64)),
            packing.boolean(is_test),
        )
    )


def _agent(user_agent: str | None) -> Agent:
    stored = None if user_agent is None else text(user_agent, 512)
    known = enrich.agent(stored or "")
    told = packing.NULL if stored is None else packing.text(stored)
    return Agent(known, told + b"".join(packing.text(value) for value in (known.device, known.system, known.browser)))


def _place(place: Place) -> tuple[bytes, bytes]:
    told = b"".join(packing.text(value) for value in (place.country, place.region, place.city))
    return told, packing.text(place.connection)


def _subs(values: tuple[object, ...]) -> tuple[tuple[str, ...], bytes]:
    subs = tuple(text(value, 256) for value in values[:MAX_SUBS])
    return subs, packing.texts(subs)


def _referrer(value: object) -> bytes:
    return packing.text(text(value, 512))


def _language(header: str | None) -> bytes:
    """The first, without region: "fa" of "fa-IR,en;q=0.5"."""
    first = text(header, 64).partition(",")[0].partition(";")[0].strip().partition("-")[0]
    return packing.text(first.lower()[:8] if first != "*" else "")


def _verdict(judged: tuple[str, tuple[str, ...]]) -> bytes:
    verdict, reasons = judged
    return packing.text(verdict) + packing.texts(reasons)
