"""A file from being handed in to its end: taken in, checked, started, and worked off in the background.

Who works on a job holds a lease; a killed worker's job goes on, from the row it had come to, when the lease ends.
"""

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any, Final

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from advertisers.models import Campaign
from network import audit
from network.actors import Actor
from network.errors import DomainError
from network.models import Organization
from tracking.files import headers, reading
from tracking.files.reading import ReadAt, Shape
from tracking.models import FileChunk, FileJob, FileKind, FileRow, FileStatus

Status = FileStatus
MAX_UPLOAD: Final = 20 * 1024 * 1024
MAX_IMPORT: Final = 2 * 1024 * 1024 * 1024
MAX_ROWS: Final = 200_000
LEASE: Final = timedelta(seconds=120)
HEAD: Final = 1024 * 1024


class TooLarge(DomainError):
    code = "file_too_large"
    message = _("The file is too large. Split it into several.")
    status = 413


class NotReady(DomainError):
    code = "file_not_ready"
    message = _("This file is not waiting to be applied.")
    status = 409


class ColumnMissing(DomainError):
    code = "column_missing"
    message = _("Say which column this is.")


class SameFile(DomainError):
    code = "same_file"
    message = _("This very file was handed in before. Look at what became of it.")
    status = 409


@transaction.atomic
def hand_in(
    file: IO[bytes],
    *,
    name: str,
    kind: FileKind,
    by: Actor,
    campaign: Campaign | None = None,
    system: str = "",
    time_zone: str = "UTC",
) -> FileJob:
    """Take the text in, guess what its columns are, and have it checked."""
    job = FileJob(
        organization=by.organization, campaign=campaign, kind=kind, system=system, name=name[:200], created_by=by.user
    )
    job.time_zone = campaign.time_zone if campaign else time_zone
    job.encoding = reading.encoding_of(file)
    job.save()
    digest, most = hashlib.sha256(), MAX_UPLOAD if kind == FileKind.UPLOAD else MAX_IMPORT
    for piece in reading.pieces(file, job.encoding):
        FileChunk.objects.create(job=job, start=job.size, data=piece)
        digest.update(piece)
        job.size += len(piece)
        if job.size > 2 * most:  # windows-1256 may double its size in UTF-8
            raise TooLarge(field="file")
    job.digest = digest.hexdigest()
    _shape(job)
    job.save()
    audit.record(by, "file.handed_in", job, subject=campaign.advertiser if campaign else None, kind=kind, file=name)
    return job


@transaction.atomic
def of_path(path: Path, *, kind: FileKind, system: str, time_zone: str, by: Actor) -> FileJob:
    """The job of a file on this machine: the one there was, to go on, or a new one."""
    with path.open("rb") as file:
        encoding = reading.encoding_of(file)
        file.seek(0)
        digest = hashlib.sha256(f"{kind} {system} {path.stat().st_size}".encode() + file.read(HEAD)).hexdigest()
    if encoding not in {"utf-8", "utf-8-sig"}:
        raise reading.UnreadableFile(_("Convert the file to UTF-8 first, for example with iconv."))
    known = FileJob.objects.filter(kind=kind, system=system, digest=digest).exclude(status=Status.CANCELLED).first()
    if known:
        known.path = str(path)
        known.save(update_fields=["path"])
        return known
    job = FileJob(kind=kind, system=system, name=path.name, path=str(path), digest=digest, encoding=encoding)
    job.size, job.time_zone = path.stat().st_size, time_zone
    _shape(job)
    _check_mapping(job)
    job.status = Status.RUNNING
    job.save()
    audit.record(by, "file.handed_in", job, kind=kind, file=path.name)
    return job


@transaction.atomic
def map_columns(job: FileJob, mapping: dict[str, int], *, time_zone: str, by: Actor) -> FileJob:
    """Another meaning of the columns: the file is checked again."""
    job = locked(job)
    if job.status not in {Status.READY, Status.CHECKING, Status.FAILED}:
        raise NotReady
    job.mapping = {name: place for name, place in mapping.items() if 0 <= place < len(job.header)}
    job.time_zone = time_zone
    _check_mapping(job)
    _begin(job, Status.CHECKING)
    audit.record(by, "file.mapped", job, subject=_subject(job))
    return job


@transaction.atomic
def start(job: FileJob, *, by: Actor) -> FileJob:
    job = locked(job)
    if job.status != Status.READY:
        raise NotReady
    _check_mapping(job)
    _begin(job, Status.RUNNING)
    audit.record(by, "file.started", job, subject=_subject(job))
    return job


@transaction.atomic
def cancel(job: FileJob, *, by: Actor) -> FileJob:
    """What was taken stays; the rest is left."""
    job = locked(job)
    if job.status in {Status.DONE, Status.CANCELLED}:
        raise NotReady
    end(job, Status.CANCELLED)
    audit.record(by, "file.cancelled", job, subject=_subject(job))
    return job


def _begin(job: FileJob, status: FileStatus) -> None:
    """From the first row. The rows of the check make room for those of the application."""
    FileRow.objects.filter(job=job).delete()
    job.status, job.position, job.row, job.error = status, shape(job).start, 0, ""
    job.counts, job.totals, job.claimed_until = {}, {}, None
    job.save()


def end(job: FileJob, status: FileStatus, error: str = "") -> None:
    job.status, job.error, job.ended_at, job.claimed_until = status, error[:300], timezone.now(), None
    job.save(update_fields=["status", "error", "ended_at", "claimed_until"])
    if status != Status.FAILED:
        job.chunks.all().delete()


def locked(job: FileJob) -> FileJob:
    found = FileJob.objects.select_for_update(no_key=True, of=("self",)).select_related("campaign__advertiser")
    return found.get(pk=job.pk)


def claim(job: FileJob | None = None) -> FileJob | None:
    """One that is to be done and that nobody is at."""
    now = timezone.now()
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    with transaction.atomic():
        waiting = FileJob.objects.filter(free, status__in=[Status.CHECKING, Status.RUNNING])
        waiting = waiting.filter(pk=job.pk) if job else waiting.filter(path="")
        mine = waiting.select_for_update(skip_locked=True, no_key=True).order_by("pk").first()
        if mine:
            mine.claimed_until = now + LEASE
            mine.save(update_fields=["claimed_until"])
    return mine


class Taken(Exception):
    """The job was cancelled, or began anew, or another worker has it."""


@contextmanager
def moving(job: FileJob) -> Iterator[FileJob]:
    """A database transaction in which rows are taken and the position moves; on what the job is by now. Raises Taken."""
    with transaction.atomic():
        now = locked(job)
        if (now.status, now.position) != (job.status, job.position):
            raise Taken
        yield now
        now.claimed_until = timezone.now() + LEASE
        now.save(update_fields=["position", "row", "counts", "totals", "claimed_until"])
    job.position, job.row, job.counts, job.totals = now.position, now.row, now.counts, now.totals


def shape(job: FileJob) -> Shape:
    found = reading.shape_of(reader(job))
    return Shape(found.delimiter, job.header, found.start)


def reader(job: FileJob) -> ReadAt:
    return _from_path(Path(job.path)) if job.path else _from_chunks(job)


def _from_chunks(job: FileJob) -> ReadAt:
    def read(place: int) -> bytes:
        found = FileChunk.objects.filter(job=job, start__lte=place).order_by("-start").first()
        return bytes(found.data)[place - found.start :] if found else b""

    return read


def _from_path(path: Path) -> ReadAt:
    def read(place: int) -> bytes:
        with path.open("rb") as file:
            file.seek(place)
            found = file.read(reading.PIECE)
        return b"" if place == 0 and not found else found

    return read


def _shape(job: FileJob) -> None:
    found = reading.shape_of(reader(job))
    job.delimiter, job.position = found.delimiter, found.start
    job.header = found.header or reading.names_of_objects(reader(job))
    job.mapping = headers.guess(job.kind, job.header)


def _check_mapping(job: FileJob) -> None:
    for name in headers.NEEDED[job.kind]:
        if name not in job.mapping:
            raise ColumnMissing(field=name)


def wait_for_columns(job: FileJob) -> None:
    """Nothing can be read before somebody says what the columns are."""
    FileJob.objects.filter(pk=job.pk, status=Status.CHECKING).update(status=Status.READY, claimed_until=None)


def missing(job: FileJob) -> list[str]:
    return [name for name in headers.NEEDED[job.kind] if name not in job.mapping]


def _subject(job: FileJob) -> Organization | None:
    return job.campaign.advertiser if job.campaign else job.organization


def count(counts: dict[str, Any], outcomes: Iterable[str]) -> None:
    for outcome in outcomes:
        counts[outcome] = counts.get(outcome, 0) + 1
