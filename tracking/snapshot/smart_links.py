"""Smart links with their routes and scores."""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

from tracking.snapshot.holding import Snapshot
from tracking.snapshot.kinds import BY_ID, Source
from tracking.snapshot.records import Row


class Choice(NamedTuple):
    code: str  # of the tracking link
    weight: int
    score: int | None  # millionths; None: too few clicks to tell


class SmartLink(NamedTuple):
    id: int
    slug: str
    publisher_id: int | None  # None: one of the network, which serves nobody itself
    source_id: int | None
    catch_all_url: str
    is_retired: bool
    choices: tuple[Choice, ...]
    row: Row


def smart_link(snapshot: Snapshot, slug: str) -> SmartLink | None:
    found: SmartLink | None = _by_slug(snapshot).get(slug)
    return found


def catch_all(snapshot: Snapshot, found: SmartLink) -> str:
    """Its own page, else that of the network's smart link that it follows, else the network's; "": there is none."""
    source = _by_id(snapshot).get(str(found.source_id)) if found.source_id else None
    return found.catch_all_url or (source and source.catch_all_url) or snapshot.fallback_url


class SmartLinks:
    name: Final = "smart_link"
    sources: Final = (Source("publishers_smartlink"), Source("publishers_smartlinkroute", "smart_link_id"))
    sql: Final = f"""
        SELECT s.id, s.slug, s.publisher_id, s.source_id, s.catch_all_url, s.retired_at IS NOT NULL,
               ARRAY(SELECT jsonb_build_array(l.code, r.weight, r.score_micro)
                     FROM publishers_smartlinkroute r JOIN publishers_trackinglink l ON l.id = r.link_id
                     WHERE r.smart_link_id = s.id ORDER BY r.id)
        FROM publishers_smartlink s {BY_ID.format("s.id")}"""  # noqa: S608

    def take(self, snapshot: Snapshot, row: Row) -> None:
        self.forget(snapshot, str(row[0]))
        made = SmartLink._make([*row[:6], tuple(Choice(*choice) for choice in row[6]), row])
        _by_id(snapshot)[str(made.id)] = made
        _by_slug(snapshot)[made.slug] = made

    def forget(self, snapshot: Snapshot, key: str) -> None:
        if old := _by_id(snapshot).pop(key, None):
            _by_slug(snapshot).pop(old.slug, None)

    def rows(self, snapshot: Snapshot) -> Iterable[Row]:
        return [made.row for made in list(_by_id(snapshot).values())]


def _by_id(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.tables.setdefault("smart_link", {})


def _by_slug(snapshot: Snapshot) -> dict[str, Any]:
    return snapshot.tables.setdefault("smart_link slug", {})
