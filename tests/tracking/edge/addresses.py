"""A database of addresses in MaxMind's format, written for a test."""

from pathlib import Path

from mmdb_writer import MMDBWriter
from netaddr import IPSet  # type: ignore[import-untyped]

TEHRAN, SHIRAZ, BERLIN, NOWHERE = "198.51.100.7", "198.51.100.200", "203.0.113.7", "192.0.2.7"


def place(country: str, region: str, city: str, connection: str = "") -> dict[str, object]:
    found: dict[str, object] = {
        "country": {"iso_code": country},
        "subdivisions": [{"iso_code": region}],
        "city": {"names": {"en": city}},
    }
    return found | ({"traits": {"connection_type": connection}} if connection else {})


def write(path: Path, kind: str = "GeoIP2-City") -> Path:
    writer = MMDBWriter(ip_version=4, database_type=kind)
    for network, found in (
        ("198.51.100.0/25", place("IR", "23", "Tehran", "Cellular")),
        ("198.51.100.128/25", place("IR", "07", "Shiraz", "Cable/DSL")),
        ("203.0.113.0/24", place("DE", "BE", "Berlin")),
    ):
        known = found if "City" in kind else {"country": found["country"]}
        writer.insert_network(IPSet([network]), known)
    writer.to_db_file(str(path))
    return path
