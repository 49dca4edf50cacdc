"""Statements that are put to PostgreSQL as they stand."""

from collections.abc import Sequence
from typing import Any

from django.db import connection


def select(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, list(values))
        found: list[tuple[Any, ...]] = cursor.fetchall()
        return found


def about(statement: str, asked: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Of a statement that takes a column of values per parameter; nothing where nothing is asked."""
    return select(statement, [list(column) for column in zip(*asked, strict=True)]) if asked else []
