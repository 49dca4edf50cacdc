"""The `ingest` process: events from the stream, and postbacks from the inbox, into what the product counts and pays."""

import signal
from argparse import ArgumentParser
from threading import Event, Thread
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import connection

from tracking.ingest.inbox import Inbox
from tracking.ingest.stream import CLAIM_AFTER_MS, Stream
from tracking.ingest.worker import Worker

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Store the events that the edge recorded, and process what was reported to it. Any number side by side."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--claim-after",
            type=float,
            default=CLAIM_AFTER_MS / 1000,
            help="seconds until a silent one's work is taken",
        )
        parser.add_argument("--revive", action="store_true", help="put the dead letters back into the stream, and end")

    def handle(self, *args: Any, **options: Any) -> None:
        # Two long-lived connections need no pool; its own waiting would come on top of ours after an outage.
        connection.settings_dict["OPTIONS"].pop("pool", None)
        stream = Stream.open(round(options["claim_after"] * 1000))
        if options["revive"]:
            self.stdout.write(f"{stream.revive()} events revived")
            return
        self.run(stream)

    def run(self, stream: Stream) -> None:
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        inbox = Thread(target=Inbox(stop).run, name="inbox")
        inbox.start()
        log.info("ingest.started", consumer=stream.consumer, stream=stream.name)
        try:
            Worker(stream, stop).run()
        finally:
            stop.set()
            inbox.join()
        log.info("ingest.stopped", consumer=stream.consumer)
