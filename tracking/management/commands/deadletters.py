"""Events that ingest could not store: what they are, why, and sending them again."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from tracking.ingest import letters


class Command(BaseCommand):
    help = "Show the events that could not be stored, by reason, and the latest of them; or send them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--reason", default="", help="only those with this reason")
        parser.add_argument("--limit", type=int, default=20, help="how many to show")
        parser.add_argument("--send", action="store_true", help="put them back into the stream")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["send"]:
            self.stdout.write(f"{letters.send_again(options['reason'])} events sent again")
            return
        for reason, number in letters.reasons():
            self.stdout.write(f"{number:8} {reason}")
        for letter in letters.latest(options["reason"], options["limit"]):
            event = bytes(letter.event)[:400].decode(errors="replace")
            self.stdout.write(
                f"{letter.buried_at:%Y-%m-%d %H:%M:%S} {letter.stream} {letter.entry} {letter.reason} {event}"
            )
