"""Short names of publishers, `/@name`, and what stands below them."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from tracking.snapshot.holding import Snapshot
from tracking.snapshot.kinds import BY_ID, Source
from tracking.snapshot.records import Row


class Shown(NamedTuple):
    slug: str
    code: str  # of the link
    label: str


class Vanity(NamedTuple):
    id: int
    name: str
    title: str
    about: str
    links: tuple[Shown, ...]
    row: Row

    def code(self, slug: str) -> str | None:
        return next((shown.code for shown in self.links if shown.slug == slug), None)


def vanity(snapshot: Snapshot, name: str) -> Vanity | None:
    found: Vanity | None = _by_name(snapshot).get(name)
    return found


class VanityNames:
    name: Final = "vanity"
    sources: Final = (Source("publishers_vanityname"), Source("publishers_vanitylink", "vanity_id"))
    sql: Final = f"""
        SELECT v.id, v.name, v.title, v.about,
               ARRAY(SELECT jsonb_build_array(s.slug, l.code, s.label)
                     FROM publishers_vanitylink s JOIN publishers_trackinglink l ON l.id = s.link_id
                     WHERE s.vanity_id = v.id ORDER BY s.position, s.id)
        FROM publishers_vanityname v WHERE v.released_at IS NULL AND ({BY_ID.format("v.id").removeprefix("WHERE ")})"""  # noqa: S608

    def take(self, snapshot: Snapshot, row: Row) -> None:
        self.forget(snapshot, str(row[0]))
        made = Vanity._make([*row[:4], tuple(Shown(*shown) for shown in row[4]), row])
        _names(snapshot)[str(made.id)] = made.name
        _by_name(snapshot)[made.name] = made

    def forget(self, snapshot: Snapshot, key: str) -> None:
        if name := _names(snapshot).pop(key, None):
            _by_name(snapshot).pop(name, None)

    def rows(self, snapshot: Snapshot) -> Iterable[Row]:
        return [made.row for made in list(_by_name(snapshot).values())]


def _names(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.tables.setdefault("vanity id", {})


def _by_name(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.tables.setdefault("vanity", {})
