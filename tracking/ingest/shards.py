"""What a process keeps of each shard that it reads."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import maxminddb
import structlog
from django.conf import settings

from tracking.ingest.positions import Held
from tracking.ingest.rows import Rows
from tracking.places import Places
from tracking.quality import warming
from tracking.quality.arrival import Arrival

log = structlog.get_logger(__name__)


@cache
def places() -> Places:
    try:
        return Places(Path(settings.GEOIP_PATH) if settings.GEOIP_PATH else None)
    except (OSError, maxminddb.InvalidDatabaseError) as error:
        log.warning("geoip.unusable", path=settings.GEOIP_PATH, error=str(error))
        return Places(None)


def rows() -> Rows:
    """Without a memory of who came before."""
    return Rows(Arrival(), places())


@dataclass(slots=True)
class Shard:
    """`read_to` runs ahead of what is stored by the batches on their way."""

    held: Held
    read_to: str
    rows: Rows

    @classmethod
    def of(cls, held: Held) -> "Shard":
        made = cls(held, held.position, Rows(warming.new(), places()))
        made.rows.visitors.warm()
        return made

    @property
    def name(self) -> str:
        return self.held.stream
