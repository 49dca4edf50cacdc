import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from reporting.demo.simulation import MAX_VISITORS, Simulation


class Command(BaseCommand):
    help = "Sends visitors through the demo network's links, over HTTP: impressions, clicks, leads, installs, sales, refunds."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--visitors", type=int, default=500, help=f"how many people (at most {MAX_VISITORS:,})")
        parser.add_argument("--seconds", type=float, default=60, help="stop after this time in any case")
        parser.add_argument("--seed", type=int, default=1, help="the same seed makes the same people")
        parser.add_argument("--world", type=Path, default=settings.VAR_DIR / "demo.json", help="what `make run` wrote")

    def handle(self, **options: Any) -> None:
        try:
            world = json.loads(options["world"].read_text())
        except FileNotFoundError:
            raise CommandError(f"{options['world']} is not there: `make run` writes it.") from None
        simulation = Simulation(world, options["visitors"], options["seconds"], options["seed"])
        with suppress(KeyboardInterrupt):  # Ctrl-C is a way to say enough
            asyncio.run(simulation.run(lambda: self.report(simulation)))
        self.report(simulation)
        if simulation.errors:
            raise CommandError("Failed: " + ", ".join(f"{what} ×{count}" for what, count in simulation.errors.items()))

    def report(self, simulation: Simulation) -> None:
        counts = ", ".join(f"{count:,} {what}" for what, count in sorted(simulation.done.items()))
        self.stdout.write(counts or "no visitor yet")
