import pytest
from django.db import connection

from tracking.snapshot import KINDS


@pytest.mark.django_db
def test_each_table_that_the_snapshot_reads_tells_of_its_changes() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, encode(t.tgargs, 'escape') FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
            " WHERE t.tgname LIKE 'snapshot_%%' AND t.tgname NOT LIKE '%%truncate'"
        )
        told = {(table, *arguments.split("\\000")[:2]) for table, arguments in cursor.fetchall()}
    needed = {(source.table, kind.name, source.column) for kind in KINDS.values() for source in kind.sources}
    assert needed - told == set()


@pytest.mark.django_db
def test_each_kind_is_read_by_statements_that_work() -> None:
    with connection.cursor() as cursor:
        for kind in KINDS.values():
            for keys in (None, [], ["1"]):
                cursor.execute(kind.sql, {"keys": keys})
