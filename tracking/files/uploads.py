"""A file of conversions, refunds and changes of status: each row is a report like one from the advertiser's server, read
by the same reader and committed to the same inbox (`tracking.edge`), so that it means the same and is counted once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from network import loops
from tracking import snapshot as snapshots
from tracking.edge import config
from tracking.edge.entries import SPOOLED, Caller, Entry
from tracking.edge.inbox import Inbox
from tracking.edge.parse import has_controls
from tracking.edge.refusals import Rejection, invalid_characters
from tracking.edge.reports import Reader, Report, Setting
from tracking.edge.spool import Spool
from tracking.files import cells, jobs, reading
from tracking.files.cells import BadTime, Formula
from tracking.files.jobs import MAX_ROWS, Status
from tracking.models import FileJob, FileRow, Postback
from tracking.snapshot import KINDS, Snapshot

GROUP: Final = 500
KEPT_ERRORS: Final = 1_000  # of a check; the file of results has all of them
LOADED: Final = ("organization", "campaign", "partnership", "foreign")
WORDS: Final = {
    "approved": "تأییدشده تأیید تایید تاییدشده paid completed complete locked",
    "declined": "ردشده لغوشده لغو مردود void canceled",
    "pending": "درانتظار pending open new",
    "held": "نگهداشته معلق hold on_hold",
}
_STATUSES: Final = {word: ours for ours, words in WORDS.items() for word in words.split()}
_CUSTOMERS: Final = {
    "جدید": "new",
    "تازه": "new",
    "قدیمی": "returning",
    "بازگشته": "returning",
    "yes": "new",
    "no": "returning",
}


class AwayForNow(Exception):
    """The inbox could not be written; the group is tried again."""


@dataclass(frozen=True, slots=True)
class Read:
    """What a row says. `report` or `rejection`."""

    number: int
    label: str
    values: dict[str, str]
    report: Report | None
    rejection: Rejection | None


class Uploads:
    """Reads the rows of one job."""

    def __init__(self, job: FileJob) -> None:
        self.job = job
        self.config = config.read()
        snapshot = _snapshot(job)
        self.campaign = snapshot.campaigns[job.campaign_id or 0]
        self.setting = Setting(snapshot, self.config.keys, self.config.customer_key, is_trusted=True)

    def read(self, row: Sequence[str], number: int) -> Read:
        label = _cell(row, self.job.mapping.get("order_id"))[:130]
        values: dict[str, str] = {}
        try:
            values = self._values(row)
            report = Reader(values, self.campaign, self.setting, timezone.now().timestamp(), []).report()
        except Rejection as rejection:
            return Read(number, label, values, None, rejection)
        return Read(number, label, values, report, None)

    def _values(self, row: Sequence[str]) -> dict[str, str]:
        found = {}
        for name, place in self.job.mapping.items():
            if value := self._value(name, _cell(row, place)):
                found[name] = value
        if found.get("refund_id"):
            found["goal"] = "refund"
        return found

    def _value(self, name: str, cell: str) -> str:
        try:
            value = READERS[name](cell, self.job.time_zone) if name in READERS else cells.text(cell)
        except Formula:
            raise Rejection(422, "formula", "The cell holds a formula. Save its value instead.", name) from None
        except BadTime:
            raise Rejection(422, "invalid_timestamp", "The time cannot be read.", name) from None
        if has_controls(value):
            raise invalid_characters(name)
        return value


def _plain_word(cell: str, known: Mapping[str, str]) -> str:
    text = cells.text(cell)
    return known.get(text.replace("\N{ZERO WIDTH NON-JOINER}", "").replace(" ", "").lower(), text)


READERS: Final[dict[str, Any]] = {
    "amount": lambda cell, _zone: cells.amount(cell),
    "timestamp": cells.moment,
    "status": lambda cell, _zone: _plain_word(cell, _STATUSES),
    "customer": lambda cell, _zone: _plain_word(cell, _CUSTOMERS),
    "order_id": lambda cell, _zone: cells.plain(cell),
    "refund_id": lambda cell, _zone: cells.plain(cell),
    "currency": lambda cell, _zone: cells.text(cell).upper(),
}


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place] if place is not None and place < len(row) else ""


def _snapshot(job: FileJob) -> Snapshot:
    """As much of the edge's snapshot as reading reports to this campaign needs."""
    found = Snapshot()
    with psycopg.connect(settings.DATABASE_URL, autocommit=True) as connection:
        for name in LOADED:
            keys = [str(job.campaign_id)] if name == "campaign" else None
            snapshots.apply(found, name, connection.execute(KINDS[name].sql, {"keys": keys}).fetchall())
    return found


def preview(job: FileJob, number: int = 20) -> list[Read]:
    uploads, shape = Uploads(job), jobs.shape(job)
    rows = islice(reading.rows(jobs.reader(job), shape, shape.start), number)
    return [uploads.read(row.cells, place) for place, row in enumerate(rows, start=1)]


def check(job: FileJob) -> None:
    """Read all rows, apply none: what would be refused, and what the others come to."""
    uploads = Uploads(job)
    for group in _groups(job):
        reads = [uploads.read(cells, number) for number, cells, _end in group]
        with jobs.moving(job) as now:
            refused = [read for read in reads if read.rejection]
            room = max(0, KEPT_ERRORS - now.counts.get("rejected", 0))
            FileRow.objects.bulk_create(_refused(job, read) for read in refused[:room])
            jobs.count(now.counts, (read.report.kind if read.report else "rejected" for read in reads))
            for read in reads:
                if read.report and read.report.kind == "conversion" and (amount := read.report.fields["amount"]):
                    currency = read.report.fields["currency"]
                    now.totals[currency] = now.totals.get(currency, 0) + amount
            now.position, now.row = group[-1][2], group[-1][0]
            if now.row > MAX_ROWS:
                raise jobs.TooLarge(_("A file has at most 200,000 rows. Split it into several."))
    job.status = Status.READY
    job.claimed_until = None
    job.save(update_fields=["status", "claimed_until"])


def apply(job: FileJob) -> None:
    """All rows, in groups; a group that was committed before a break is recognised by its order numbers."""
    uploads = Uploads(job)
    Path(settings.SPOOL_DIR).mkdir(parents=True, exist_ok=True)
    for group in _groups(job):
        reads = [uploads.read(cells, number) for number, cells, _end in group]
        entries = {read.number: _entry(job, read) for read in reads if read.report}
        if entries:
            loops.run(_submit(uploads, list(entries.values())))
        own = _own(job, entries)
        rows = [
            _applied(job, read, entries[read.number], own) if read.number in entries else _refused(job, read)
            for read in reads
        ]
        with jobs.moving(job) as now:
            FileRow.objects.bulk_create(rows)
            jobs.count(now.counts, (row.outcome for row in rows))
            now.position, now.row = group[-1][2], group[-1][0]
    jobs.end(job, Status.DONE)


type Numbered = tuple[int, list[str], int]


def _groups(job: FileJob) -> Any:
    shape, number = jobs.shape(job), job.row
    group: list[Numbered] = []
    for row in reading.rows(jobs.reader(job), shape, job.position):
        number += 1
        group.append((number, row.cells, row.end))
        if len(group) == GROUP:
            yield group
            group = []
    if group:
        yield group


async def _submit(uploads: Uploads, entries: list[Entry]) -> None:
    spool = Spool(Path(settings.SPOOL_DIR), "reports", uploads.config.spool_max_bytes)
    inbox = Inbox(settings.DATABASE_URL, spool, GROUP)
    inbox.start()
    try:
        await inbox.submit(entries)
    finally:
        await inbox.stop()
    if any(entry.reason == SPOOLED or entry.status == 503 for entry in entries):
        raise AwayForNow


def _entry(job: FileJob, read: Read) -> Entry:
    assert read.report  # noqa: S101  the caller looked
    return Entry.of(read.report, Caller("upload", "POST", _raw(job, read), None, ""))


def _raw(job: FileJob, read: Read) -> str:
    values = " ".join(f"{name}={value}" for name, value in read.values.items())
    return f"{_mark(job, read.number)} {values}"[:4000]


def _mark(job: FileJob, number: int) -> str:
    return f"file {job.public_id} row {number}:"


def _own(job: FileJob, entries: Mapping[int, Entry]) -> set[str]:
    """Ids of reports that this very file made before a break: its rows are no duplicates of themselves."""
    originals = [entry.original for entry in entries.values() if entry.original]
    if not originals:
        return set()
    found = Postback.objects.by_ids([UUID(one) for one in originals])
    found = found.filter(campaign_id=job.campaign_id or 0, channel="upload")
    marks = {str(pk): raw.partition(":")[0] for pk, raw in found.values_list("id", "raw")}
    numbers = {entry.original: number for number, entry in entries.items() if entry.original}
    return {pk for pk, mark in marks.items() if f"{mark}:" == _mark(job, numbers[pk])}


def _applied(job: FileJob, read: Read, entry: Entry, own: set[str]) -> FileRow:
    outcome = "accepted" if entry.original in own else entry.verdict
    code = "" if entry.original in own else entry.reason or ",".join(entry.warnings)
    message = entry.rejection.message if entry.rejection else ""
    return FileRow(
        job=job,
        number=read.number,
        outcome=outcome,
        code=code[:60],
        message=message[:300],
        label=read.label,
        report_id=entry.original or str(entry.id),
    )


def _refused(job: FileJob, read: Read) -> FileRow:
    assert read.rejection  # noqa: S101  the caller looked
    rejection = read.rejection
    message = f"{rejection.field}: {rejection.message}" if rejection.field else rejection.message
    return FileRow(
        job=job,
        number=read.number,
        outcome="rejected",
        code=rejection.code[:60],
        message=message[:300],
        label=read.label,
    )
