"""What is forgotten: by itself after some days, and when somebody asks for it."""

import os
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from redis import Redis

from advertisers.models import Campaign
from network.models import AuditEntry, NetworkSettings
from publishers.models import TrackingLink
from tests.cast import Member
from tests.tracking import stage
from tracking import erasures, partitions, retention
from tracking.erasures import NotErasable
from tracking.models import (
    Click,
    Conversion,
    CustomerOwner,
    DailyCount,
    DeadLetter,
    ErasureRequest,
    Impression,
    Postback,
)
from tracking.tasks import erase, forget_old_data


def ago(days: int) -> datetime:
    return stage.to_ms(timezone.now() - timedelta(days=days))


@pytest.fixture
def parts(db: None) -> None:
    today = timezone.now().astimezone(UTC).date()
    for days in (0, 10, 31, 40, 100, 401):
        partitions.create(today - timedelta(days=days), today - timedelta(days=days))


def settle() -> None:
    DailyCount.objects.update(needs_settling=False)


@pytest.mark.usefixtures("parts")
class TestAddresses:
    def test_they_are_shortened_after_thirty_days(self, redis: Redis, link: TrackingLink) -> None:
        for days, ip in ((10, "198.51.100.7"), (31, "198.51.100.8"), (40, "2001:db8:1:2::3"), (60, "203.0.113.9")):
            stage.send(redis, stage.event(link, ago(days), ip=ip), stage.event(link, ago(days), ip=ip, t="impression"))
        stage.ingest(redis)
        settle()
        assert forget_old_data()["addresses"] == 6
        whole = {"2001:db8:1::", "198.51.100.0", "203.0.113.0", "198.51.100.7"}
        assert set(Click.objects.values_list("ip", flat=True)) == whole
        assert set(Impression.objects.values_list("ip", flat=True)) == whole
        assert forget_old_data()["addresses"] == 0

    def test_reports_lose_them_too(self, campaign: Campaign) -> None:
        old, fresh = (
            stage.report(campaign, order, received_at=ago(days)) for order, days in (("A-1", 40), ("A-2", 10))
        )
        raw = "order_id=A-1&ip=198.51.100.7&amount=5"
        Postback.objects.update(ip="198.51.100.7", raw=raw, fields={"ip": "198.51.100.7", "order_id": "A-1"})
        forget_old_data()
        found = Postback.objects.get(pk=old.pk)
        assert (found.ip, found.raw) == ("198.51.100.0", "order_id=A-1&ip=***&amount=5")
        assert found.fields == {"order_id": "A-1"}
        assert Postback.objects.get(pk=fresh.pk).raw == raw

    def test_dead_letters_lose_them_too(self, link: TrackingLink) -> None:
        event = stage.event(link, ago(40), l=404)
        letter = DeadLetter.objects.create(stream="events:0", entry="1-1", reason="x", event=orjson.dumps(event))
        broken = DeadLetter.objects.create(stream="events:0", entry="1-2", reason="x", event=b"{ 198.51.100.7")
        DeadLetter.objects.update(buried_at=ago(40))
        assert forget_old_data()["letters"] == 2
        kept = orjson.loads(bytes(DeadLetter.objects.get(pk=letter.pk).event))
        assert kept.keys().isdisjoint({"ip", "ua", "ref"})
        assert kept["l"] == 404
        assert bytes(DeadLetter.objects.get(pk=broken.pk).event) == b""


@pytest.mark.usefixtures("parts")
class TestRetention:
    def test_partitions_go_when_their_time_is_over(self, redis: Redis, link: TrackingLink) -> None:
        for days in (10, 100, 401, 500):
            stage.send(redis, stage.event(link, ago(days)), stage.event(link, ago(days), t="impression"))
        stage.ingest(redis)
        settle()
        clicks = DailyCount.objects.count()
        found = forget_old_data()
        assert (Click.objects.count(), Impression.objects.count(), DailyCount.objects.count()) == (2, 1, clicks)
        assert found["partitions"] == 5  # clicks, stays and reports of one day, impressions of two
        assert not partitions.exists(partitions.name("tracking_click", ago(401).date()))

    def test_what_is_not_settled_stays(self, redis: Redis, link: TrackingLink) -> None:
        stage.send(redis, stage.event(link, ago(401)))
        stage.ingest(redis)
        forget_old_data()
        assert Click.objects.count() == 1

    def test_what_is_not_processed_stays(self, campaign: Campaign) -> None:
        waiting = stage.report(campaign, "A-1", received_at=ago(401))
        forget_old_data()
        assert Postback.objects.get().pk == waiting.pk
        Postback.objects.update(processed_at=timezone.now())
        forget_old_data()
        assert not Postback.objects.exists()

    def test_the_network_sets_the_days(self, redis: Redis, link: TrackingLink) -> None:
        NetworkSettings.current()
        NetworkSettings.objects.update(click_days=9)
        stage.send(redis, stage.event(link, ago(10)))
        stage.ingest(redis)
        settle()
        forget_old_data()
        assert not Click.objects.exists()

    def test_spool_files_that_nobody_drained_go(self) -> None:
        settings.SPOOL_DIR.mkdir(parents=True, exist_ok=True)
        old, fresh = (settings.SPOOL_DIR / f"events-{number}-1-0.jsonl" for number in (1, 2))
        for path, days in ((old, 500), (fresh, 2)):
            path.write_bytes(b"{}\n")
            os.utime(path, (ago(days).timestamp(),) * 2)
        assert retention.forget_files(ago(400).date()) == 1
        assert (old.exists(), fresh.exists()) == (False, True)
        fresh.unlink()


class TestErasure:
    AT = ago(3)

    @pytest.fixture(autouse=True)
    def traces(self, redis: Redis, link: TrackingLink, campaign: Campaign) -> None:
        """Somebody's click, impression and sale, and those of somebody else."""
        person = {"ip": "198.51.100.7", "x": {"recipient": "r-17"}}
        stage.send(
            redis, stage.event(link, self.AT, n=7, **person), stage.event(link, self.AT, n=8, t="open", **person)
        )
        stage.send(redis, stage.event(link, self.AT, n=9, ip="203.0.113.9"))
        stage.ingest(redis)
        stage.process(
            stage.report(campaign, "A-1", click_id=stage.click_id(link, self.AT, 7), ip="192.0.2.1", customer_id="c1"),
            stage.report(campaign, "A-2", click_id=stage.click_id(link, self.AT, 9)),
        )
        Conversion.objects.update(customer_key="key")

    def erased(self, kind: str, value: str, nima: Member) -> ErasureRequest:
        made = erasures.request(kind, value, by=nima.actor)
        assert erase() == 1
        made.refresh_from_db()
        return made

    def assert_forgotten(self) -> None:
        before = DailyCount.objects.get()
        click = Click.objects.get(nonce=7)
        assert (click.ip, click.user_agent, click.visitor, click.extra, click.city) == (None, None, None, None, "")
        assert (click.subs, click.is_unique, click.verdict) == (["newsletter", "may"], True, "valid")
        assert (before.clicks, before.unique_clicks, before.opens) == (2, 2, 1)
        assert Click.objects.get(nonce=9).ip == "203.0.113.9"
        sale = Conversion.objects.get(order_id="A-1")
        assert (sale.customer_key, sale.amount) == ("", 5_000)
        report = Postback.objects.get(conversion_id=sale.pk)
        assert (report.raw, report.fields.get("ip"), report.fields.get("customer_id")) == ("", None, None)
        assert report.fields["amount"] == 5_000
        other = Conversion.objects.get(order_id="A-2")
        assert other.customer_key == "key"
        assert Postback.objects.get(conversion_id=other.pk).raw

    def test_by_click_id(self, nima: Member, link: TrackingLink) -> None:
        found = self.erased("click", stage.click_id(link, self.AT, 7), nima)
        self.assert_forgotten()
        assert (found.clicks, found.impressions, found.reports, found.conversions) == (1, 0, 1, 1)

    def test_devices_and_owned_customers_too(self, nima: Member, link: TrackingLink) -> None:
        sale, other = Conversion.objects.get(order_id="A-1"), Conversion.objects.get(order_id="A-2")
        Conversion.objects.filter(pk=other.pk).update(customer_key="other")
        for one, key in ((sale, "key"), (other, "other")):
            CustomerOwner.objects.create(
                campaign_id=one.campaign_id, customer_key=key, partnership=link.partnership, since=self.AT,
                conversion_id=one.pk,
            )  # fmt: skip
        report = Postback.objects.get(conversion_id=sale.pk)
        report.fields |= {"kept": {"idfa": "device-1"}, "touches": ["v1.x"], "user_agent": "Phone"}
        report.save()
        self.erased("click", stage.click_id(link, self.AT, 7), nima)
        report.refresh_from_db()
        assert report.fields.keys().isdisjoint({"kept", "touches", "user_agent"})
        assert list(CustomerOwner.objects.values_list("customer_key", flat=True)) == ["other"]

    def test_by_order_id(self, nima: Member) -> None:
        found = self.erased("order", "A-1", nima)
        self.assert_forgotten()
        assert (found.clicks, found.reports, found.conversions) == (1, 1, 1)

    def test_by_address(self, nima: Member) -> None:
        found = self.erased("address", "198.51.100.7", nima)
        self.assert_forgotten()
        assert (found.clicks, found.impressions, found.conversions) == (1, 1, 1)
        assert Impression.objects.get().ip is None

    def test_by_recipient(self, nima: Member) -> None:
        found = self.erased("recipient", "r-17", nima)
        self.assert_forgotten()
        assert (found.clicks, found.impressions) == (1, 1)

    def test_in_every_partition_portion_by_portion(
        self, nima: Member, redis: Redis, link: TrackingLink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(retention, "PAGES", 1)
        today = timezone.now().astimezone(UTC).date()
        partitions.create(today - timedelta(days=9), today - timedelta(days=5))
        clicks = [stage.event(link, ago(days), ip="198.51.100.99") for days in (5, 6, 7, 8, 20) for _ in range(40)]
        stage.send(redis, *clicks)
        stage.ingest(redis)
        made = erasures.request("address", "198.51.100.99", by=nima.actor)
        transactions = []
        portion = erasures._portion

        def counted(pk: int, portions: Any) -> bool:
            transactions.append(pk)
            return portion(pk, portions)

        monkeypatch.setattr(erasures, "_portion", counted)
        erase()
        made.refresh_from_db()
        assert made.clicks == 200
        assert not Click.objects.filter(ip="198.51.100.99").exists()
        assert Click.objects.filter(ip="203.0.113.9").exists()
        assert len(transactions) > 10

    def test_a_broken_run_goes_on(self, nima: Member, monkeypatch: pytest.MonkeyPatch) -> None:
        made = erasures.request("address", "198.51.100.7", by=nima.actor)
        steps = iter([erasures._portion] * 2)

        def break_soon(pk: int, portions: Any) -> bool:
            return next(steps)(pk, portions)

        with monkeypatch.context() as patch:
            patch.setattr(erasures, "_portion", break_soon)
            with pytest.raises(StopIteration):
                erasures.work(made.pk)
        made.refresh_from_db()
        assert (made.finished_at, made.value) == (None, "198.51.100.7")
        assert erase() == 1
        self.assert_forgotten()

    @pytest.mark.parametrize("kind", ["click", "order", "address"])
    def test_reports_that_wait_are_blanked_and_earn_the_same(
        self, kind: str, nima: Member, redis: Redis, link: TrackingLink, campaign: Campaign
    ) -> None:
        stage.send(redis, stage.event(link, self.AT, n=77, ip="198.51.100.8"))
        stage.ingest(redis)
        clicked = stage.click_id(link, self.AT, 77)
        waiting = stage.report(
            campaign,
            "A-9",
            click_id=clicked,
            ip="198.51.100.8",
            customer_id="c9",
            items=[{"sku": "tea", "price": 5_000}],
        )
        self.erased(kind, {"click": clicked, "order": "A-9", "address": "198.51.100.8"}[kind], nima)
        found = Postback.objects.get(pk=waiting.pk)
        assert (found.raw, found.ip, found.processed_at) == ("", None, None)
        assert found.fields.keys().isdisjoint({"ip", "customer_id"})
        assert found.fields["items"]
        stage.process(found)
        sale = Conversion.objects.get(order_id="A-9")
        assert (sale.partnership_id, sale.amount, sale.customer_key) == (link.partnership_id, 5_000, "")

    def test_dead_letters_are_blanked(self, nima: Member, link: TrackingLink) -> None:
        event = orjson.dumps(stage.event(link, self.AT, ip="198.51.100.7", l=404))
        DeadLetter.objects.create(stream="events:0", entry="1-1", reason="unknown_link", event=event)
        assert self.erased("address", "198.51.100.7", nima).letters == 1
        assert b"198.51.100.7" not in bytes(DeadLetter.objects.get().event)

    def test_the_request_forgets_whom_it_was_about(self, nima: Member) -> None:
        found = self.erased("address", "198.51.100.7", nima)
        assert (found.value, found.hint, found.requested_by) == ("", "198.…", nima.user)
        assert found.finished_at
        actions = AuditEntry.objects.filter(object_id=found.public_id).order_by("pk")
        assert list(actions.values_list("action", flat=True)) == ["erasure.requested", "erasure.finished"]
        assert "198.51.100.7" not in str(list(actions.values_list("detail", "label")))
        assert erase() == 0

    @pytest.mark.parametrize(
        ("kind", "value"), [("click", "v1.nonsense"), ("address", "somewhere"), ("order", " "), ("recipient", "")]
    )
    def test_it_refuses_what_is_none(self, nima: Member, kind: str, value: str) -> None:
        with pytest.raises(NotErasable):
            erasures.request(kind, value, by=nima.actor)
        assert not ErasureRequest.objects.exists()


def test_the_page_sets_days_and_takes_requests(client: Client, nima: Member, campaign: Campaign) -> None:
    client.force_login(nima.user)
    assert client.get("/privacy/").status_code == 200
    days = {"ip_days": 7, "click_days": 365, "impression_days": 30, "postback_days": 365}
    assert client.post("/privacy/", days).status_code == 302
    row = NetworkSettings.current()
    assert (row.ip_days, row.click_days, row.impression_days, row.postback_days) == (7, 365, 30, 365)

    answer = client.post("/privacy/", days | {"click_days": campaign.window_days})
    assert answer.status_code == 422
    assert NetworkSettings.current().click_days == 365

    sent = client.post("/privacy/erase/", {"erasure-kind": "address", "erasure-value": "not one"})
    assert sent.status_code == 422
    sent = client.post("/privacy/erase/", {"erasure-kind": "address", "erasure-value": "198.51.100.7"})
    assert sent.status_code == 302
    assert "198.…" in client.get("/privacy/").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tracking_erasurerequest")
        assert cursor.fetchone() == (1,)
