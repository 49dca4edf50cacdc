"""Clicks and conversions of another system, from a CSV or NDJSON file on this machine; see docs/import.md.

    manage.py import_history clicks.csv --system tune --kind clicks
    manage.py import_history conversions.csv --system tune --kind conversions --time-zone Asia/Tehran

Killed or ended with Ctrl-C it goes on where it was when it is started again. Clicks before conversions.
"""

import threading
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django.core.management.base import BaseCommand, CommandError, CommandParser

from advertisers.models import System
from network.actors import Actor
from network.errors import DomainError
from tracking.files import history, jobs
from tracking.models import FileJob, FileKind, FileStatus

EVERY = 2.0  # seconds between lines of progress


class Command(BaseCommand):
    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--system", required=True, choices=System.values)
        parser.add_argument("--kind", required=True, choices=[FileKind.CLICKS.value, FileKind.CONVERSIONS.value])
        parser.add_argument("--time-zone", default="UTC", help="of times in the file that name none")

    def handle(self, *, file: Path, system: str, kind: str, time_zone: str, **_: Any) -> None:
        if not file.is_file():
            raise CommandError(f"There is no file {file}.")
        if time_zone not in available_timezones():
            raise CommandError(f"{time_zone} is no time zone, such as Asia/Tehran.")
        try:
            job = jobs.of_path(
                file.resolve(),
                kind=FileKind(kind),
                system=system,
                time_zone=time_zone,
                by=Actor.system("import_history"),
            )
            self._run(job)
        except jobs.ColumnMissing as error:
            raise CommandError(f"No column is recognised as {error.field}. Name it so in the first line.") from None
        except DomainError as error:
            raise CommandError(str(error)) from None

    def _run(self, job: FileJob) -> None:
        if job.status == FileStatus.DONE:
            self.stdout.write(f"{job.name} was imported before: {self._counts(job)}.")
            return
        if job.row:
            self.stdout.write(f"Going on behind row {job.row:,}.")
        FileJob.objects.filter(pk=job.pk).update(status=FileStatus.RUNNING, claimed_until=None)
        job.status = FileStatus.RUNNING
        done = threading.Event()
        progress = threading.Thread(target=self._tell, args=(job, done), daemon=True)
        progress.start()
        try:
            history.apply(job)
        finally:
            done.set()
            progress.join()
        self.stdout.write(f"{job.name}: {self._counts(job)}.")

    def _tell(self, job: FileJob, done: threading.Event) -> None:
        """`job` is moved by the import as it goes."""
        while not done.wait(EVERY):
            self.stdout.write(f"{job.percent:3} %  {job.row:,} rows  {self._counts(job)}")
            self.stdout.flush()

    @staticmethod
    def _counts(job: FileJob) -> str:
        return ", ".join(f"{number:,} {name}" for name, number in sorted(job.counts.items())) or "nothing yet"
