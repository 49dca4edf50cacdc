"""What a snapshot is made of: each kind says which rows it reads, which tables they come from, and how it keeps them.

A new kind is a `Table` in a module of its own, named in `tracking.snapshot.KINDS`; its source tables get their triggers
by `tracking.snapshot.triggers` in a migration.
"""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from tracking.snapshot.records import Row

if TYPE_CHECKING:
    from tracking.snapshot.holding import Snapshot

BY_ID: Final = "WHERE %(keys)s::text[] IS NULL OR {} = ANY(%(keys)s::text[]::bigint[])"
BY_TEXT: Final = "WHERE %(keys)s::text[] IS NULL OR {} = ANY(%(keys)s::text[])"
"""Rows of a kind: all for keys NULL, else those with these keys. A percent sign of your own is written `%%`."""


class Source(NamedTuple):
    """A table of which each change is told: the column that holds the key of the kind."""

    table: str
    column: str = "id"


class Kind(Protocol):
    """`forget` drops what a key names; `take` brings a row in, in place of what was known under its key."""

    @property
    def name(self) -> str: ...
    @property
    def sql(self) -> str: ...
    @property
    def sources(self) -> tuple[Source, ...]: ...
    def take(self, snapshot: "Snapshot", row: Row) -> None: ...
    def forget(self, snapshot: "Snapshot", key: str) -> None: ...
    def rows(self, snapshot: "Snapshot") -> Iterable[Row]:
        """Again what was taken, fit for JSON. Safe beside a loop that applies changes."""
        ...


class Table[V]:
    """A kind that is looked up by the text of its first column: `TABLE.of(snapshot).get(key)`.

    `made` makes a value of a row; it is kept until the row changes.
    """

    def __init__(self, name: str, sql: str, sources: Iterable[Source], made: Callable[[Row], V]) -> None:
        self.name, self.sql, self.sources, self._made = name, sql, tuple(sources), made

    def of(self, snapshot: "Snapshot") -> dict[str, V]:
        found: dict[str, V] = snapshot.tables.setdefault(self.name, {})
        return found

    def take(self, snapshot: "Snapshot", row: Row) -> None:
        self.of(snapshot)[str(row[0])] = self._made(row)
        self._kept(snapshot)[str(row[0])] = row

    def forget(self, snapshot: "Snapshot", key: str) -> None:
        self.of(snapshot).pop(key, None)
        self._kept(snapshot).pop(key, None)

    def rows(self, snapshot: "Snapshot") -> Iterable[Row]:
        return list(self._kept(snapshot).values())

    def _kept(self, snapshot: "Snapshot") -> dict[str, Row]:
        return snapshot.kept.setdefault(self.name, {})
