import time
from itertools import count

import psycopg
import pytest
from django.db import connection
from psycopg import sql
from redis import Redis

from publishers.models import TrackingLink
from tests import services
from tests.live import Processes, wait_until
from tests.tracking import stage
from tracking.models import Click

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

EVENTS = 50_000


def copied_per_second() -> float:
    """The stored clicks once more, by one plain COPY in binary into a table without index or partition."""
    table = sql.Identifier(Click._meta.db_table)
    with psycopg.connect(services.postgres.url(services.DATABASE)) as bare:
        bare.execute(sql.SQL("CREATE UNLOGGED TABLE original AS SELECT * FROM {}").format(table))
        bare.execute("CREATE TABLE bare (LIKE original)")
        with bare.cursor() as cursor:
            with cursor.copy("COPY original TO STDOUT (FORMAT binary)") as copy:
                rows = b"".join(bytes(part) for part in copy)
            bare.commit()
            began = time.perf_counter()
            with cursor.copy("COPY bare FROM STDIN (FORMAT binary)") as copy:
                copy.write(rows)
            bare.commit()
            return EVENTS / (time.perf_counter() - began)


def test_ingest_against_a_plain_copy(
    link: TrackingLink, processes: Processes, redis: Redis, capsys: pytest.CaptureFixture[str]
) -> None:
    numbers = count()
    for _ in range(EVENTS // 1000):
        stage.send(redis, *(stage.event(link, n=next(numbers)) for _ in range(1000)))
    processes.start("ingest")
    wait_until(Click.objects.exists, within=60)
    began, first = time.perf_counter(), Click.objects.count()
    wait_until(lambda: _stored() == EVENTS, within=300)
    ingested = (EVENTS - first) / (time.perf_counter() - began)
    copied = copied_per_second()
    with capsys.disabled():
        print(
            f"\nIngest     {ingested:10,.0f} clicks/s: read, checked, enriched, stored once, counted"
            f"\nPlain COPY {copied:10,.0f} rows/s"
            f"\nRatio      {ingested / copied:10.2f}"
        )


def _stored() -> int:
    time.sleep(0.05)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT count(*) FROM {Click._meta.db_table}")  # noqa: S608 - our own table's name
        return int(cursor.fetchone()[0])
