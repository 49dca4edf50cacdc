"""Clicks and conversions of another system, with their original times, so that a network can move house.

Imported history earns nothing here: its clicks count under plan version 0 and are not settled, its conversions are of the
channel `import`, which payouts never prices. What they were worth over there is kept beside them (`ImportedConversion`).
Each row is taken once, by its id over there; the position in the file moves in the transaction of the rows.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address
from itertools import batched
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _
from uuid_utils.compat import uuid7

from advertisers.models import Goal
from network.currencies import EXPONENTS, InvalidAmountText, TooManyDecimals, parse_minor
from tracking import partitions
from tracking.days import day_of
from tracking.files import cells, history_sql, jobs, reading
from tracking.files.cells import BadTime, Formula
from tracking.files.jobs import Status
from tracking.files.places import Bad, Place, Places
from tracking.ingest import rollups
from tracking.keys import ClickId, read_click_id, sign_click_id
from tracking.models import (
    Attribution,
    Channel,
    Conversion,
    FileJob,
    FileKind,
    FileRow,
    ForeignClick,
    ImportedConversion,
    Verdict,
)

GROUP: Final = 5_000
KEPT_ERRORS: Final = 10_000
EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
MAX_ID: Final = 128
STATUSES: Final = {
    **dict.fromkeys("approved accepted confirmed locked paid 1".split(), "approved"),
    **dict.fromkeys("declined rejected reversed cancelled canceled denied void 3".split(), "declined"),
    **dict.fromkeys("pending hold held open new 2".split(), "pending"),
    "": "approved",
}
DECLINED_ELSEWHERE: Final = "declined_elsewhere"


class Reader:
    """Cells of a row by our names. Raises Bad."""

    def __init__(self, job: FileJob) -> None:
        self.mapping, self.zone = job.mapping, job.time_zone

    def values(self, row: Sequence[str]) -> dict[str, str]:
        if not row:
            raise Bad("invalid_json")
        found = {}
        for name, place in self.mapping.items():
            cell = row[place] if place < len(row) else ""
            try:
                found[name] = cells.moment(cell, self.zone) if name == "timestamp" else cells.text(cell)
            except Formula:
                raise Bad("formula", name) from None
            except BadTime:
                raise Bad("invalid_timestamp", name) from None
            if "\x00" in found[name] or "\ufffd" in found[name]:
                raise Bad("invalid_characters", name)
        if not found.get("external_id"):
            raise Bad("missing_field", "external_id")
        if len(found["external_id"]) > MAX_ID:
            raise Bad("too_long", "external_id")
        return found


def moment(text: str) -> datetime:
    """To the millisecond, as clicks keep it."""
    if not text:
        raise Bad("missing_field", "timestamp")
    try:
        if text.isdecimal():
            at = datetime.fromtimestamp(int(text) / (1000 if len(text) == 13 else 1), UTC)
        else:
            at = datetime.fromisoformat(text.replace("z", "Z").replace(",", ".")).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        raise Bad("invalid_timestamp", "timestamp") from None
    if not EARLIEST <= at <= timezone.now():
        raise Bad("invalid_timestamp", "timestamp")
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def check(job: FileJob) -> None:
    """Only the first rows: a file of millions is read once, when it is applied."""
    history = History(job)
    shape = jobs.shape(job)
    group = []
    for number, row in enumerate(reading.rows(jobs.reader(job), shape, shape.start), start=1):
        group.append((number, row.cells, row.end))
        if number == 1_000:
            break
    with jobs.moving(job) as now:
        _good, bad = history.read(group)
        FileRow.objects.bulk_create(bad)
        jobs.count(now.counts, ["readable"] * (len(group) - len(bad)) + ["rejected"] * len(bad))
        now.row = len(group)
    FileJob.objects.filter(pk=job.pk, status=Status.CHECKING).update(status=Status.READY, claimed_until=None)


def apply(job: FileJob, *, until_row: int | None = None) -> None:
    """All rows from the position on. `until_row`: stop there, for tests."""
    history = History(job)
    shape, number = jobs.shape(job), job.row
    start = max(job.position, shape.start)
    for rows in batched(reading.rows(jobs.reader(job), shape, start), GROUP):
        group = [(number + place, row.cells, row.end) for place, row in enumerate(rows, start=1)]
        history.take(group)
        number = group[-1][0]
        if until_row and number >= until_row:
            return
    jobs.end(job, Status.DONE)


type Numbered = tuple[int, list[str], int]


class History:
    """Takes the rows of one job."""

    def __init__(self, job: FileJob) -> None:
        self.job = job
        self.reader, self.places = Reader(job), Places(job.system, job.organization)
        self.rollup = rollups.Values()
        self.days: set[date] = set()
        self.is_clicks = job.kind == FileKind.CLICKS

    def take(self, group: Sequence[Numbered]) -> None:
        good, bad = self.read(group)
        if self.is_clicks:
            self._make_partitions(good)
        with jobs.moving(self.job) as now:
            learned = None
            if self.is_clicks:
                taken, learned = self._store_clicks(good) if good else (0, None)
            else:
                taken = self._store_conversions(good) if good else 0
            room = max(0, KEPT_ERRORS - now.counts.get("rejected", 0))
            FileRow.objects.bulk_create(bad[:room])
            for name, number in (("taken", taken), ("repeated", len(good) - taken), ("rejected", len(bad))):
                if number:
                    now.counts[name] = now.counts.get(name, 0) + number
            now.row, now.position = group[-1][0], group[-1][2]
        if learned:
            self.rollup.remember(learned)

    def read(self, group: Sequence[Numbered]) -> tuple[list[Any], list[FileRow]]:
        good: list[Any] = []
        bad: list[FileRow] = []
        for number, row, _end in group:
            place = self.job.mapping.get("external_id", -1)
            label = row[place].strip() if 0 <= place < len(row) else ""
            try:
                values = self.reader.values(row)
                good.append(self._click(values) if self.is_clicks else self._conversion(values))
            except Bad as error:
                message = _("The column %(name)s cannot be taken.") % {"name": error.name} if error.name else ""
                bad.append(
                    FileRow(
                        job=self.job,
                        number=number,
                        outcome="rejected",
                        code=error.code,
                        message=message,
                        label=label[:130],
                    )
                )
        return good, bad

    def _click(self, values: dict[str, str]) -> tuple[Any, ...]:
        """A row of the temporary table."""
        at = moment(values.get("timestamp", ""))
        place = self.places.of(self.places.campaign(values.get("campaign", "")), values.get("publisher", ""))
        if place.partnership is None or place.link is None:
            raise Bad("missing_field", "publisher")
        nonce = _nonce(self.job.system, values["external_id"])
        at_ms = (at - _EPOCH) // timedelta(milliseconds=1)
        signed = sign_click_id(ClickId(place.partnership, place.link, None, at_ms, nonce % 2**64, "unknown"))
        return (
            *(place.campaign, at, nonce, place.partnership, place.link, day_of(at, place.zone)),
            *(_short(values, name, limit) for name, limit in _CLICK_TEXTS),
            _address(values.get("ip", "")),
            values.get("user_agent", "")[:512] or None,
            _subs(values),
            values["external_id"],
            signed,
        )

    def _make_partitions(self, good: Iterable[tuple[Any, ...]]) -> None:
        """Before the transaction: other writers wait for milliseconds at most."""
        days = {row[1].date() for row in good} - self.days
        for day in sorted(days):
            partitions.create(day, day)
        self.days |= days

    def _store_clicks(self, good: Sequence[tuple[Any, ...]]) -> tuple[int, Any]:
        with connection.cursor() as cursor:
            cursor.execute(history_sql.PREPARE)
            with connection.wrap_database_errors, cursor.copy(history_sql.COPY) as copy:
                for row in good:
                    copy.write_row(row)
            cursor.execute(history_sql.STORE, {"system": self.job.system})
            cursor.execute(history_sql.COUNT)
            taken = int(cursor.fetchone()[0])
            cursor.execute(history_sql.VALUES)
            sums = {tuple(key): [0, number, number, 0, 0] for *key, number in cursor.fetchall()}
            bounded, learned = self.rollup.bounded(sums)
            if bounded:
                keys = sorted(bounded)
                columns = [*zip(*keys, strict=True), *zip(*(bounded[key] for key in keys), strict=True)]
                cursor.execute(rollups.ADD_PARTS, [list(column) for column in columns])
        return taken, learned

    def _conversion(self, values: dict[str, str]) -> "Given":
        campaign = self.places.campaign(values.get("campaign", ""))
        place = self.places.of(campaign, values.get("publisher", ""))
        currency = (values.get("currency") or campaign.currency).upper()
        if currency not in EXPONENTS:
            raise Bad("invalid_currency", "currency")
        status = STATUSES.get(values.get("status", "").lower())
        if status is None:
            raise Bad("invalid_status", "status")
        order_id = cells.plain(values.get("order_id") or values["external_id"])
        if len(order_id) > MAX_ID:
            raise Bad("too_long", "order_id")
        return Given(
            values=values,
            place=place,
            goal=self.places.goal(campaign, values.get("goal", "")),
            order_id=order_id,
            at=moment(values.get("timestamp", "")),
            amount=_minor(values.get("amount", ""), currency, "amount"),
            commission=_minor(values.get("commission", ""), currency, "commission") or 0,
            currency=currency,
            status=status,
        )

    def _store_conversions(self, good: "Sequence[Given]") -> int:
        """Whose order was reported or imported before is not taken again."""
        clicks = self._clicks_of(good)
        for one in good:
            one.click = clicks.get((one.place.campaign, one.values.get("click_id", "")))
        with connection.cursor() as cursor:
            columns = [list(column) for column in zip(*(one.order_key() for one in good), strict=True)]
            cursor.execute(history_sql.ORDER_KEYS, columns)
            fresh = {row[0] for row in cursor.fetchall()}
        new = [one for one in good if one.id in fresh]
        Conversion.objects.bulk_create([one.conversion() for one in new])
        Attribution.objects.bulk_create([one.attribution() for one in new])
        ImportedConversion.objects.bulk_create(
            ImportedConversion(
                conversion_id=one.id,
                job=self.job,
                system=self.job.system,
                external_id=one.values["external_id"],
                status=one.status,
                commission=one.commission,
            )
            for one in new
        )
        with connection.cursor() as cursor:
            cursor.execute(history_sql.FILL_SUBS, [[one.id for one in new]])
        return len(new)

    def _clicks_of(self, good: "Sequence[Given]") -> dict[tuple[int, str], ClickId]:
        wanted = {(one.place.campaign, one.values["click_id"]) for one in good if one.values.get("click_id")}
        found = ForeignClick.objects.filter(
            system=self.job.system,
            campaign_id__in={campaign for campaign, _id in wanted},
            foreign_id__in={foreign for _campaign, foreign in wanted},
        )
        rows = found.values_list("campaign_id", "foreign_id", "click_id")
        return {(campaign, foreign): read_click_id(signed) for campaign, foreign, signed in rows}


@dataclass(slots=True)
class Given:
    """A conversion of the other system."""

    values: dict[str, str]
    place: Place
    goal: Goal
    order_id: str
    at: datetime
    amount: int | None
    commission: int
    currency: str
    status: str
    click: ClickId | None = None
    id: UUID = field(default_factory=uuid7)

    def order_key(self) -> tuple[Any, ...]:
        fingerprint = hashlib.sha256(f"{self.amount} {self.currency}".encode()).digest()
        return (self.place.campaign, self.goal.code, self.order_id, fingerprint, self.id)

    def conversion(self) -> Conversion:
        declined = self.status == "declined"
        return Conversion(
            id=self.id,
            campaign_id=self.place.campaign,
            goal=self.goal,
            order_id=self.order_id,
            occurred_at=self.at,
            received_at=self.at,
            day=day_of(self.at, self.place.zone),
            amount=self.amount,
            currency=self.currency,
            partnership_id=self.click.partnership_id if self.click else self.place.partnership,
            link_id=self.click.link_id if self.click else self.place.link,
            subs=subs if (subs := _subs(self.values)) else None,
            customer=_customer(self.values.get("customer", "")),
            coupon=self.values.get("coupon", "")[:64],
            channel=Channel.IMPORT,
            is_trusted=True,
            verdict=Verdict.INVALID if declined else Verdict.VALID,
            reason=DECLINED_ELSEWHERE if declined else "",
            needs_settling=False,
        )

    def attribution(self) -> Attribution:
        at = _EPOCH + timedelta(milliseconds=self.click.at_ms) if self.click else None
        return Attribution(
            conversion_id=self.id,
            method="imported",
            clicked_at=at,
            click_nonce=self.click.signed_nonce if self.click else None,
            window_days=0,
            code="imported",
        )


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CUSTOMERS: Final = frozenset({"new", "returning"})
_CLICK_TEXTS: Final = (
    ("referrer", 512),
    ("country", 2),
    ("device", 20),
    ("system", 40),
    ("browser", 40),
    ("source", 256),
)


def _nonce(system: str, external_id: str) -> int:
    """The same in each import of it."""
    return int.from_bytes(hashlib.blake2b(f"{system}\n{external_id}".encode(), digest_size=8).digest(), signed=True)


def _short(values: dict[str, str], name: str, limit: int) -> str:
    text = values.get(name, "")
    if name == "country":
        return text.upper() if len(text) == limit and text.isascii() and text.isalpha() else ""
    return text[:limit]


def _customer(text: str) -> str:
    return text.lower() if text.lower() in _CUSTOMERS else ""


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text)) if text else None
    except ValueError:
        return None


def _subs(values: dict[str, str]) -> list[str]:
    subs = [values.get(f"sub{number}", "")[:256] for number in range(1, 6)]
    while subs and not subs[-1]:
        subs.pop()
    return subs


def _minor(text: str, currency: str, name: str) -> int | None:
    found = cells.amount(text)
    if not found:
        return None
    try:
        return parse_minor(found, currency)
    except TooManyDecimals:
        raise Bad("too_precise", name) from None
    except InvalidAmountText:
        raise Bad("invalid_amount", name) from None
