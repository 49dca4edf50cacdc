import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from reporting.demo import aftermath, file, history, offers, parties, reach, world


class Command(BaseCommand):
    help = "Builds the demo network with thirty days of history, once, and writes var/demo.json."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, default=settings.VAR_DIR / "demo.json")

    def handle(self, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError("The demo network has a well-known password: it is only for this machine.")
        unfinished: Path = options["file"].with_suffix(".unfinished")
        if unfinished.exists() and unfinished.read_text() == settings.DATABASE_URL:
            self.stdout.write("demo network: the last build was interrupted; starting over")
            start_over()
        if not file.exists():
            unfinished.write_text(settings.DATABASE_URL)
            self.build()
        unfinished.unlink(missing_ok=True)
        try:
            described = file.write(options["file"])
        except file.NotTheDemo as problem:
            raise CommandError(str(problem)) from None
        self.stdout.write(f"{len(described['links'])} live links of {len(described['campaigns'])} campaigns")

    def build(self) -> None:
        began = time.monotonic()

        def progress(text: str) -> None:
            self.stdout.write(f"demo network: {text} ({time.monotonic() - began:.0f} s)")

        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit TO off")  # a crash only means to start over
        built = world.build()
        offers.add(built)
        reach.add(built)
        progress(f"{len(built.members)} organizations, {len(parties.CAMPAIGNS)} campaigns")
        history.write(built, progress)
        aftermath.accrue(progress)
        aftermath.play(built)
        progress("ready")


def start_over() -> None:
    """An empty, migrated database in place of half a network. Its tables refuse to be emptied one by one."""
    with connection.cursor() as cursor:
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
    call_command("migrate", verbosity=0)
