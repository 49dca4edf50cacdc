import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from reporting.demo import aftermath, file, history, parties, world


class Command(BaseCommand):
    help = "Builds the demo network with thirty days of history, once, and writes var/demo.json."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--file", type=Path, default=settings.VAR_DIR / "demo.json")

    def handle(self, **options: Any) -> None:
        if not settings.LOCAL:
            raise CommandError("The demo network has a well-known password: it is only for this machine.")
        if not file.exists():
            self.build()
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
        progress(f"{len(built.members)} organizations, {len(parties.CAMPAIGNS)} campaigns")
        history.write(built, progress)
        aftermath.accrue(progress)
        aftermath.play(built)
        progress("ready")
