"""A file of conversions: looked at first, then reported row by row on the way of all reports."""

import csv
import io

import pytest
from django.test import Client
from django.urls import reverse

from tests.cast import Member
from tests.payouts.market import Market
from tests.tracking import stage
from tracking import conversions
from tracking.files import jobs, runner, uploads
from tracking.files.jobs import NotReady, TooLarge
from tracking.models import Conversion, FileChunk, FileJob, FileKind, FileRow, Postback, Refund

pytestmark = pytest.mark.django_db(transaction=True)  # reports are read and committed over connections of their own


def hand_in(market: Market, text: str, encoding: str = "utf-8") -> FileJob:
    job = jobs.hand_in(
        io.BytesIO(text.encode(encoding)),
        name="orders.csv",
        kind=FileKind.UPLOAD,
        campaign=market.campaign,
        by=market.ada.actor,
    )
    runner.run_one()
    return FileJob.objects.get(pk=job.pk)


def applied(job: FileJob, market: Market) -> FileJob:
    jobs.start(job, by=market.ada.actor)
    runner.run_one()
    return FileJob.objects.get(pk=job.pk)


def process() -> None:
    for postback in Postback.objects.filter(accepted=True, processed_at=None).order_by("received_at"):
        conversions.process(postback)


def outcomes(job: FileJob) -> list[tuple[int, str, str]]:
    return list(FileRow.objects.filter(job=job).order_by("number").values_list("number", "outcome", "code"))


def orders(market: Market) -> str:
    click = stage.click_id(market.link)
    return (
        "Order number;Click id;Amount;Status\r\n"
        f"A1;{click};۱٬۲۳۴٫۵۰;\r\n"
        f"A2;{click};10.00;approved\n"
        f"A3;;10;\n"
        f"A4;{click};=1+1;\n"
        f"A5;{click};ten;\n"
    )


def test_it_checks_before_it_applies(market: Market) -> None:
    job = hand_in(market, orders(market))
    assert (job.status, job.counts, job.totals) == ("ready", {"conversion": 2, "rejected": 3}, {"USD": 124_450})
    assert outcomes(job) == [
        (3, "rejected", "missing_field"),
        (4, "rejected", "formula"),
        (5, "rejected", "invalid_amount"),
    ]
    assert not Postback.objects.exists()
    [first, *_] = uploads.preview(job)
    assert first.values["amount"] == "1234.50"


def test_it_reports_each_row(market: Market) -> None:
    job = applied(hand_in(market, orders(market)), market)
    assert (job.status, job.counts) == ("done", {"accepted": 2, "rejected": 3})
    process()
    first = Conversion.objects.get(order_id="A1")
    assert (first.amount, first.channel, first.partnership, first.is_trusted) == (
        123_450,
        "upload",
        market.partnership,
        True,
    )
    assert Conversion.objects.get(order_id="A2").reported_status == "approved"
    assert not FileChunk.objects.exists()


def test_it_reports_an_order_once(market: Market) -> None:
    text = orders(market)
    applied(hand_in(market, text), market)
    again = applied(hand_in(market, text), market)
    assert again.counts == {"duplicate": 1, "accepted": 1, "rejected": 3}  # that A2 is approved is said once more
    process()
    assert Conversion.objects.count() == 2


def test_it_takes_refunds_and_decisions(market: Market) -> None:
    market.sell("A1", 10_000)
    market.sell("A2", 10_000)
    text = "order_id,amount,refund_id,status,reason\nA1,25.00,r1,,broken\nA2,,,declined,returned\n"
    job = applied(hand_in(market, text), market)
    assert job.counts == {"accepted": 2}
    process()
    assert [(one.amount, one.reason) for one in Refund.objects.all()] == [(2_500, "broken")]
    assert Conversion.objects.get(order_id="A2").reported_status == "declined"


def test_it_goes_on_behind_a_group_that_was_committed(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process dies between the commit of the reports and that of the position."""
    monkeypatch.setattr(uploads, "GROUP", 2)
    job = hand_in(market, orders(market))
    jobs.start(job, by=market.ada.actor)
    real = uploads._own
    monkeypatch.setattr(uploads, "_own", lambda *_: (_ for _ in ()).throw(uploads.AwayForNow))
    runner.run_one()
    monkeypatch.setattr(uploads, "_own", real)
    FileJob.objects.update(claimed_until=None)
    runner.run_one()
    job.refresh_from_db()
    assert (job.status, job.counts) == ("done", {"accepted": 2, "rejected": 3})
    process()
    assert Conversion.objects.count() == 2


def test_it_bounds_the_rows(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "MAX_ROWS", 4)
    job = hand_in(market, orders(market))
    assert (job.status, job.error) == ("failed", "A file has at most 200,000 rows. Split it into several.")
    monkeypatch.setattr(jobs, "MAX_UPLOAD", 10)
    with pytest.raises(TooLarge):
        hand_in(market, orders(market))


def test_it_applies_nothing_twice(market: Market) -> None:
    job = applied(hand_in(market, orders(market)), market)
    with pytest.raises(NotReady):
        jobs.start(job, by=market.ada.actor)


def client_of(member: Member) -> Client:
    client = Client()
    client.force_login(member.user)
    return client


def test_it_leads_through_the_pages(market: Market) -> None:
    client = client_of(market.ada)
    file = io.BytesIO(orders(market).replace("Order number", "Nummer").encode("utf-16"))
    file.name = "orders.csv"
    answer = client.post(reverse("tracking:file-upload"), {"file": file, "campaign": market.campaign.public_id})
    page = answer["Location"]
    runner.run_one()
    assert "Apply the file" not in client.get(page).text
    columns = {"order_id": "0", "click_id": "1", "amount": "2", "status": "3", "time_zone": "UTC"}
    client.post(f"{page}columns/", columns)
    assert "hx-get" in client.get(page).text
    runner.run_one()
    shown = client.get(page).text
    assert "1234.50" in shown
    assert "Apply the file" in shown
    client.post(f"{page}start/")
    runner.run_one()
    assert client.get(f"{page}progress/")["HX-Refresh"] == "true"
    answer = client.get(f"{page}results/")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig"))))  # type: ignore[attr-defined]
    assert [(row["id"], row["outcome"]) for row in rows][:3] == [
        ("A1", "accepted"),
        ("A2", "accepted"),
        ("A3", "rejected"),
    ]
