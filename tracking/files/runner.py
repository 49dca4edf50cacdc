"""The background work on files: one job at a time per worker, a break costs nothing but time."""

import structlog
from django.db import DatabaseError, InterfaceError

from network.errors import DomainError
from tracking.files import history, jobs, uploads
from tracking.files.jobs import Taken
from tracking.files.uploads import AwayForNow
from tracking.models import FileJob, FileKind, FileStatus

log = structlog.get_logger(__name__)


def run_one(job: FileJob | None = None) -> bool:
    """Take the next job, or this one, as far as it goes; False when there is none to take."""
    mine = jobs.claim(job)
    if mine is None:
        return False
    try:
        work(mine)
    except (Taken, AwayForNow, DatabaseError, InterfaceError) as error:
        log.warning("files.waiting", job=mine.public_id, error=f"{type(error).__name__}: {error}")
    except DomainError as error:
        jobs.end(mine, FileStatus.FAILED, str(error))
    except Exception as error:
        log.exception("files.failed", job=mine.public_id)
        jobs.end(mine, FileStatus.FAILED, type(error).__name__)
    return True


def work(job: FileJob) -> None:
    if job.status == FileStatus.CHECKING and jobs.missing(job):
        jobs.wait_for_columns(job)
    elif job.kind == FileKind.UPLOAD:
        (uploads.check if job.status == FileStatus.CHECKING else uploads.apply)(job)
    else:
        (history.check if job.status == FileStatus.CHECKING else history.apply)(job)
