"""Many new rows of one model at once, by COPY: `bulk_create` builds its statement value by value and costs several times
as much. For rows that nobody looks at again in Python: what the database makes (serial keys) is not told.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from psycopg import sql
from psycopg.types.json import Jsonb


def insert(rows: Iterable[models.Model]) -> None:
    """All of them or, by an exception of Django's, none. Signals are not sent."""
    rows = list(rows)
    if not rows:
        return
    meta = type(rows[0])._meta
    fields = [field for field in meta.concrete_fields if not isinstance(field, models.AutoField)]
    columns = [field.column for field in fields if field.column]
    readers = [_reader(field) for field in fields]
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row([read(row) for read in readers])


def _reader(field: "models.Field[Any, Any]") -> Callable[[models.Model], Any]:
    name = field.attname
    if getattr(field, "auto_now_add", False) or getattr(field, "auto_now", False):
        return lambda row: field.pre_save(row, add=True)
    for kind, made in _MADE:
        if isinstance(field, kind):
            return lambda row: None if (value := getattr(row, name)) is None else made(value)
    return lambda row: getattr(row, name)


_MADE: Final[tuple[tuple[type, Callable[[Any], Any]], ...]] = (
    (models.CharField, str),  # members of choices, too
    (models.JSONField, Jsonb),
    (ArrayField, lambda values: [*map(str, values)]),
)
