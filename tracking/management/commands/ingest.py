"""The `ingest` process: events from the stream, and postbacks from the inbox, into what the product counts and pays."""

import signal
from argparse import ArgumentParser
from threading import Event, Thread
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import connection
from redis.exceptions import RedisError

from tracking.ingest import status
from tracking.ingest.inbox import Inbox
from tracking.ingest.positions import LEASE, Positions
from tracking.ingest.stream import Stream
from tracking.ingest.worker import LIMIT, Worker

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Store the events that the edge recorded, and process what was reported to it. Any number side by side."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--status", action="store_true", help="say what waits in each shard and who reads it, and end"
        )
        parser.add_argument("--batch", type=int, default=LIMIT, help="events of a batch under load")
        parser.add_argument("--lease", type=float, default=LEASE, help="seconds until a silent one's shards are taken")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["status"]:
            self.status()
            return
        # Few long-lived connections need no pool; its own waiting would come on top of ours after an outage.
        connection.settings_dict["OPTIONS"].pop("pool", None)
        stop = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        inbox = Thread(target=Inbox(stop).run, name="inbox")
        inbox.start()
        worker = Worker(Stream.open(), stop, Positions(lease=options["lease"]), options["batch"])
        log.info("ingest.started", holder=worker.positions.holder)
        try:
            worker.run()
        finally:
            stop.set()
            inbox.join()
        log.info("ingest.stopped", holder=worker.positions.holder)

    def status(self) -> None:
        try:
            for shard in status.shards():
                self.stdout.write(str(shard))
        except RedisError as error:
            self.stderr.write(f"Redis does not answer: {error}")
