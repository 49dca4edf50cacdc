"""Accepted reports into conversions with attribution and path, one process, against a plain INSERT of the same rows."""

import time
from datetime import timedelta
from threading import Event as Flag
from typing import Final

import psycopg
import pytest
from django.utils import timezone
from psycopg import sql
from psycopg.types.json import Jsonb
from uuid_utils.compat import uuid7

from advertisers.models import Campaign
from publishers.models import TrackingLink
from tests import services
from tests.tracking.stage import click_id
from tracking.ingest.inbox import LIMIT, Inbox
from tracking.models import Conversion, Postback

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

REPORTS: Final = 5_000


def test_processing_against_a_plain_insert(
    campaign: Campaign, link: TrackingLink, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(campaign, link)
    inbox = Inbox(Flag())
    began, slowest = time.perf_counter(), 0.0
    while Conversion.objects.count() < REPORTS:
        turned = time.perf_counter()
        assert inbox.turn()
        slowest = max(slowest, time.perf_counter() - turned)
    processed = REPORTS / (time.perf_counter() - began)
    inserted = inserted_per_second()
    with capsys.disabled():
        print(
            f"\nProcessing   {processed:10,.0f} reports/s: attributed, path kept, once; longest batch {slowest:.2f} s"
            f"\nPlain INSERT {inserted:10,.0f} rows/s, {LIMIT} in each transaction"
            f"\nRatio        {processed / inserted:10.2f}"
        )
    assert slowest < 1


def fill(campaign: Campaign, link: TrackingLink) -> None:
    now = timezone.now() - timedelta(minutes=5)
    Postback.objects.bulk_create(
        Postback(
            id=uuid7(),
            campaign_id=campaign.pk,
            received_at=now + timedelta(milliseconds=number),
            channel="server",
            method="POST",
            raw="",
            status_code=200,
            answer={"status": "accepted"},
            accepted=True,
            fields={
                "kind": "conversion",
                "goal": "sale",
                "order_id": f"B-{number}",
                "amount": 5_000,
                "currency": campaign.currency,
                "click_id": click_id(link, now),
            },
        )
        for number in range(REPORTS)
    )


def inserted_per_second() -> float:
    """The same conversions once more, without their path, into a table with the same keys and indexes."""
    table = sql.Identifier(Conversion._meta.db_table)
    with psycopg.connect(services.postgres.url(services.DATABASE)) as bare:
        bare.execute(sql.SQL("CREATE TABLE bare_conversion (LIKE {} INCLUDING ALL)").format(table))
        cursor = bare.execute(sql.SQL("SELECT * FROM {}").format(table))
        names = [column.name for column in cursor.description or ()]
        at = names.index("items")
        rows = [(*row[:at], Jsonb(row[at]), *row[at + 1 :]) for row in cursor.fetchall()]
        bare.commit()
        statement = sql.SQL("INSERT INTO bare_conversion VALUES ({})").format(
            sql.SQL(", ").join([sql.Placeholder()] * len(names))
        )
        began = time.perf_counter()
        for start in range(0, len(rows), LIMIT):
            with bare.cursor() as writer:
                writer.executemany(statement, rows[start : start + LIMIT])
            bare.commit()
        return len(rows) / (time.perf_counter() - began)
