"""Where an address is, by a database in MaxMind's format that the operator supplies. Free of Django, for the edge."""

import logging
from functools import lru_cache
from pathlib import Path
from typing import Any, Final, NamedTuple

import maxminddb

log = logging.getLogger("tracking.places")


class Place(NamedTuple):
    """ISO code of the country, code or name of the region, name of the city, kind of connection; "" where unknown."""

    country: str = ""
    region: str = ""
    city: str = ""
    connection: str = ""


NOWHERE: Final = Place()


class Places:
    """`knows_countries`, `knows_cities`: what the database can tell at all. A file that is missing or broken tells nothing."""

    def __init__(self, path: Path | None) -> None:
        self._reader = None
        try:
            self._reader = maxminddb.open_database(path) if path else None
        except (OSError, ValueError, maxminddb.InvalidDatabaseError) as error:
            log.warning("The database of addresses is of no use: %s", type(error).__name__)
        kind = self._reader.metadata().database_type.lower() if self._reader else "nothing"
        self.knows_countries = self._reader is not None and "asn" not in kind
        self.knows_cities = self.knows_countries and "country" not in kind
        self.find = lru_cache(maxsize=16_384)(self._find)

    def _find(self, address: str | None) -> Place:
        if self._reader is None or not address:
            return NOWHERE
        try:
            found = self._reader.get(address)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return NOWHERE
        return _place(found) if isinstance(found, dict) else NOWHERE


def _place(found: dict[str, Any]) -> Place:
    country = _dict(found.get("country")) or _dict(found.get("registered_country"))
    regions = found.get("subdivisions")
    region = _dict(regions[0]) if isinstance(regions, list) and regions else {}
    kind = found.get("connection_type") or _dict(found.get("traits")).get("connection_type")
    return Place(
        _text(country.get("iso_code") or found.get("country_code"))[:2],
        _text(region.get("iso_code") or _name(region))[:10],
        _name(_dict(found.get("city")))[:80],
        _text(kind).lower()[:10],
    )


def _name(found: dict[str, Any]) -> str:
    return _text(_dict(found.get("names")).get("en"))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
