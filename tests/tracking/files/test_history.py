"""The history of another system: taken once, at its own times, and earning nothing."""

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from advertisers.models import Goal
from network.actors import Actor
from payouts.models import Commission, Rejection
from tests import services
from tests.payouts.market import Market
from tests.tracking import stage
from tracking import conversions
from tracking.files import history, jobs
from tracking.models import (
    Click,
    Conversion,
    DailyBreakdown,
    DailyCount,
    FileJob,
    FileKind,
    FileRow,
    ForeignClick,
    ForeignId,
    ImportedConversion,
)

CLICKS = ["id", "date", "offer_id", "affiliate_id", "aff_sub", "aff_sub2", "source", "country"]
CONVERSIONS = ["id", "date", "offer_id", "affiliate_id", "click_id", "order_id", "sale_amount", "payout", "status"]
START = datetime(2025, 3, 1, tzinfo=UTC)
BY = Actor.system("test")


@pytest.fixture
def mapped(market: Market) -> Market:
    ForeignId.objects.create(system="tune", kind="campaign", foreign_id="12", campaign=market.campaign)
    ForeignId.objects.create(system="tune", kind="publisher", foreign_id="1004", publisher=market.pia.organization)
    return market


def write(path: Path, header: list[str], rows: Iterable[Iterable[object]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


def clicks(number: int, first: int = 0) -> Iterable[list[object]]:
    for place in range(first, number):
        at = START + timedelta(seconds=place % 259_200)
        yield [f"t-{place}", at.isoformat(), 12, 1004, f"sub{place % 3}", "", "mail", "ir"]


def imported(path: Path, kind: FileKind = FileKind.CLICKS) -> FileJob:
    job = jobs.of_path(path, kind=kind, system="tune", time_zone="UTC", by=BY)
    history.apply(job)
    return job


def test_it_takes_clicks_at_their_own_times(mapped: Market, tmp_path: Path) -> None:
    job = imported(write(tmp_path / "c.csv", CLICKS, clicks(300)))
    assert (job.status, job.counts) == ("done", {"taken": 300})
    click = Click.objects.order_by("at").first()
    assert click
    assert (click.at, click.plan_version, click.subs, click.source, click.country) == (START, 0, ["sub0"], "mail", "IR")
    assert click.extra == {"imported": "tune"}
    [count] = DailyCount.objects.filter(plan_version=0)
    assert (count.clicks, count.unique_clicks, count.needs_settling) == (300, 300, False)
    sums = dict(DailyBreakdown.objects.filter(dimension="sub1").values_list("value", "clicks"))
    assert sums == {"sub0": 100, "sub1": 100, "sub2": 100}
    mapped.settle()
    assert not Commission.objects.exists()


def test_it_takes_each_id_once(mapped: Market, tmp_path: Path) -> None:
    imported(write(tmp_path / "a.csv", CLICKS, clicks(200)))
    job = imported(write(tmp_path / "b.csv", CLICKS, [*clicks(300, 100), *clicks(300, 290)]))
    assert job.counts == {"taken": 100, "repeated": 110}
    assert Click.objects.count() == ForeignClick.objects.count() == 300
    assert sum(DailyCount.objects.values_list("clicks", flat=True)) == 300


def test_it_keeps_what_it_cannot_take(mapped: Market, tmp_path: Path) -> None:
    bad: list[list[object]] = [
        ["", START.isoformat(), 12, 1004, "", "", "", ""],
        ["b2", "yesterday", 12, 1004, "", "", "", ""],
        ["b3", START.isoformat(), 99, 1004, "", "", "", ""],
        ["b4", START.isoformat(), 12, 7, "", "", "", ""],
        ["b5", "2090-01-01T00:00:00Z", 12, 1004, "", "", "", ""],
    ]
    job = imported(write(tmp_path / "c.csv", CLICKS, [*clicks(3), *bad]))
    assert job.counts == {"taken": 3, "rejected": 5}
    assert list(FileRow.objects.order_by("number").values_list("number", "code", "label")) == [
        (4, "missing_field", ""),
        (5, "invalid_timestamp", "b2"),
        (6, "unknown_campaign", "b3"),
        (7, "unknown_publisher", "b4"),
        (8, "invalid_timestamp", "b5"),
    ]


def test_it_attributes_a_late_conversion_of_an_imported_click(mapped: Market, tmp_path: Path) -> None:
    at = timezone.now() - timedelta(days=2)
    imported(write(tmp_path / "c.csv", CLICKS, [["t-1", at.isoformat(), 12, 1004, "news", "", "", ""]]))
    signed = ForeignClick.objects.get(foreign_id="t-1").click_id
    conversions.process(stage.report(mapped.campaign, "1001", click_id=signed))
    conversion = stage.conversion("1001")
    assert (conversion.partnership, conversion.subs) == (mapped.partnership, ["news"])


def rows_of_conversions(at: datetime) -> list[list[object]]:
    day = at.isoformat()
    return [
        ["k1", day, 12, "", "t-1", "A1", "100.00", "8.00", "approved"],
        ["k2", day, 12, 1004, "", "A2", "50.00", "4.00", "pending"],
        ["k3", day, 12, 1004, "", "A3", "50.00", "4.00", "rejected"],
        ["k4", day, 12, 1004, "", "A1", "1.00", "4.00", "approved"],
    ]


def test_it_takes_conversions_without_making_debts(mapped: Market, tmp_path: Path) -> None:
    imported(write(tmp_path / "c.csv", CLICKS, clicks(2)))
    job = imported(
        write(tmp_path / "k.csv", CONVERSIONS, rows_of_conversions(START + timedelta(days=1))), FileKind.CONVERSIONS
    )
    assert job.counts == {"taken": 3, "repeated": 1}
    first = Conversion.objects.get(order_id="A1")
    assert (first.amount, first.partnership, first.subs, first.channel) == (
        10_000,
        mapped.partnership,
        ["sub1"],
        "import",
    )
    kept = {one.external_id: (one.status, one.commission) for one in ImportedConversion.objects.all()}
    assert kept == {"k1": ("approved", 800), "k2": ("pending", 400), "k3": ("declined", 400)}
    assert Conversion.objects.base().count() == 2
    books = mapped.books()
    mapped.settle()
    Conversion.objects.update(needs_settling=True)  # as a late change of status does
    mapped.settle()
    assert mapped.books() == books
    assert not Commission.objects.exists()
    assert set(Rejection.objects.values_list("code", flat=True)) == {"imported"}


def test_it_does_not_count_an_imported_order_again(mapped: Market, tmp_path: Path) -> None:
    rows = rows_of_conversions(START)[:1]
    rows[0][4] = ""
    imported(write(tmp_path / "k.csv", CONVERSIONS, rows), FileKind.CONVERSIONS)
    assert Goal.objects.filter(campaign=mapped.campaign, code="sale").exists()
    conversions.process(stage.report(mapped.campaign, "A1", amount=10_000, click_id=stage.click_id(mapped.link)))
    assert Conversion.objects.filter(order_id="A1").count() == 1


def test_it_reads_objects(mapped: Market, tmp_path: Path) -> None:
    path = tmp_path / "c.ndjson"
    line = '{"id": "n%d", "date": 1740787200, "offer_id": "12", "affiliate_id": 1004, "aff_sub": "x"}\n'
    path.write_text("".join(line % number for number in range(5)) + "nonsense\n")
    assert imported(path).counts == {"taken": 5, "rejected": 1}


def test_it_says_which_column_is_missing(mapped: Market, tmp_path: Path) -> None:
    path = write(tmp_path / "c.csv", ["id", "date"], [["1", START.isoformat()]])
    with pytest.raises(CommandError, match="campaign"):
        call_command("import_history", str(path), system="tune", kind="clicks")


@pytest.mark.django_db(transaction=True)
def test_it_goes_on_after_a_kill(mapped: Market, tmp_path: Path) -> None:
    total = 100_000
    path = write(tmp_path / "big.csv", CLICKS, clicks(total))
    command = [sys.executable, "manage.py", "import_history", str(path), "--system", "tune", "--kind", "clicks"]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "network.settings"}
    process = subprocess.Popen(command, cwd=services.ROOT, env=environment, stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and (DailyCount.objects.count() == 0 or FileJob.objects.get().row < 20_000):
            time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    interrupted = FileJob.objects.get()
    assert 0 < interrupted.row < total
    subprocess.run(command, cwd=services.ROOT, env=environment, check=True, stdout=subprocess.DEVNULL)
    job = FileJob.objects.get()
    assert (job.status, job.row, job.counts) == ("done", total, {"taken": total})
    assert Click.objects.count() == ForeignClick.objects.count() == total
    assert sum(DailyCount.objects.values_list("clicks", flat=True)) == total
    assert sum(DailyBreakdown.objects.filter(dimension="sub1").values_list("clicks", flat=True)) == total
