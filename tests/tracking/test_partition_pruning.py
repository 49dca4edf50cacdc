"""Queries about one click or one stretch of time look into the partitions of that time and no others, so that they cost
the same however much is stored."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from redis import Redis

from advertisers.models import Campaign
from payouts import facts
from publishers.models import TrackingLink
from reporting import journeys
from reporting.breakdowns import value_of
from tests.cast import Member
from tests.tracking import stage
from tracking import converted, partitions, postbacks, reconcile
from tracking.files import history_sql
from tracking.ingest.visitors import Visitors
from tracking.models import Conversion
from tracking.quality import warming
from tracking.quality.recompute import clicks, conversions
from tracking.quality.statistics import software, traffic

DAYS = 20
TABLES = re.compile(r"tracking_(?:click|impression|postback)\b")


@pytest.fixture(autouse=True)
def partitioned(db: None) -> None:
    today = timezone.now().date()
    partitions.create(today - timedelta(days=DAYS), today + timedelta(days=2))


@contextmanager
def seen() -> Iterator[list[tuple[str, Any]]]:
    """Statements about raw events, with their values."""
    found: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: Any, context: Any) -> Any:
        if TABLES.search(sql) and sql.lstrip().upper().startswith(("SELECT", "WITH", "UPDATE")):
            found.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield found


def touched(statement: str, values: Any) -> set[str]:
    """The partitions that PostgreSQL really looked into."""
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement, values)
        plan = cursor.fetchone()[0]
    found: set[str] = set()
    waiting = [plan[0]["Plan"]]
    while waiting:
        node = waiting.pop()
        waiting += node.get("Plans", [])
        name = node.get("Relation Name", "")
        if TABLES.match(re.sub(r"_(?:[0-9]{8}|default)$", "", name)) and node.get("Actual Loops"):
            found.add(name)
    return found


def days(*ago: int, table: str = "tracking_click") -> set[str]:
    today = timezone.now().date()
    return {partitions.name(table, date.fromordinal(today.toordinal() - number)) for number in ago}


def any_of(statements: list[tuple[str, Any]]) -> set[str]:
    assert statements
    return set().union(*(touched(*one) for one in statements))


def test_a_conversion_looks_for_its_click_in_one_partition(
    redis: Redis, campaign: Campaign, link: TrackingLink
) -> None:
    at = stage.to_ms(timezone.now() - timedelta(days=3))
    stage.send(redis, stage.event(link, at, n=7))
    stage.ingest(redis)
    with seen() as statements:
        stage.process(stage.report(campaign, "A-1", click_id=stage.click_id(link, at, 7)))
    assert Conversion.objects.get().subs == ["newsletter", "may"]
    assert statements
    exact = [touched(*one) for one in statements if "nonce =" in one[0]]
    assert exact
    assert set().union(*exact) <= days(3)


def test_sub_ids_that_come_late_are_looked_for_in_one_partition(
    redis: Redis, campaign: Campaign, link: TrackingLink
) -> None:
    at = stage.to_ms(timezone.now() - timedelta(days=3))
    stage.process(stage.report(campaign, "A-1", click_id=stage.click_id(link, at, 7)))
    stage.send(redis, stage.event(link, at, n=7))
    stage.ingest(redis)
    assert touched(reconcile.FILL, [timezone.now() - timedelta(hours=1)]) == days(3)


def test_a_new_reader_of_a_shard_looks_at_the_last_day(redis: Redis, link: TrackingLink) -> None:
    stage.send(redis, stage.event(link))
    stage.ingest(redis)
    with seen() as statements:
        Visitors().warm()
        warming.new()
    assert statements
    for statement in statements:
        assert touched(*statement) <= {*days(-2, -1, 0, 1), "tracking_click_default"}


@pytest.fixture
def sale(redis: Redis, campaign: Campaign, link: TrackingLink) -> Conversion:
    """Of a click three days ago."""
    at = stage.to_ms(timezone.now() - timedelta(days=3))
    stage.send(redis, stage.event(link, at, n=7))
    stage.ingest(redis)
    stage.process(stage.report(campaign, "A-1", click_id=stage.click_id(link, at, 7)))
    return Conversion.objects.select_related("attribution").get()


class TestOneClick:
    """Where its time is known."""

    def test_of_converted_visitors(self, sale: Conversion) -> None:
        assert touched(converted.COLLECT, [sale.campaign_id, timezone.now() - timedelta(days=1)]) == days(3)

    def test_of_imported_conversions(self, sale: Conversion) -> None:
        Conversion.objects.update(subs=None)
        assert touched(history_sql.FILL_SUBS, [[sale.pk]]) == days(3)

    def test_in_what_publishers_are_told(self, sale: Conversion) -> None:
        with seen() as statements:
            assert facts._click(sale)
            assert facts.report_of(sale)
        assert any_of(statements) == days(3) | days(0, table="tracking_postback")

    def test_in_reports_by_dimension(self, sale: Conversion) -> None:
        with seen() as statements:
            assert list(Conversion.objects.values_list(value_of("country"))) == [("",)]
        assert any_of(statements) == days(3)

    def test_of_old_software(self, sale: Conversion) -> None:
        now = timezone.now()
        assert touched(software.AGENTS, [now - timedelta(days=7), now]) == days(3)


class TestAStretchOfTime:
    def test_of_undeclared_sites(self, sale: Conversion) -> None:
        now = timezone.now()
        found = touched(traffic.REFERRERS, [[sale.campaign_id], now - timedelta(days=4), now])
        assert found == days(0, 1, 2, 3, 4)

    def test_of_clicks_that_are_judged_again(self, sale: Conversion) -> None:
        now = timezone.now()
        with seen() as statements:
            assert len(clicks.read(sale.campaign_id, now - timedelta(days=4), -(2**63), now, 10)) == 1
        assert any_of(statements) <= days(0, 1, 2, 3, 4)

    def test_of_reports_that_are_judged_again(self, sale: Conversion) -> None:
        with seen() as statements:
            assert [call.pk for call in conversions.calls_of([sale])]
        assert any_of(statements) == days(0, table="tracking_postback")

    def test_of_visits_without_a_sale(self, sale: Conversion) -> None:
        now = timezone.now()
        values = {
            "campaigns": [sale.campaign_id],
            "since": now - timedelta(days=4),
            "until": now,
            "first": now.date() - timedelta(days=4),
            "last": now.date(),
        }
        statement = journeys.LOST.format(column=journeys.COLUMNS["publisher"])
        assert touched(statement, values) <= days(0, 1, 2, 3, 4)

    def test_of_visits_before_a_conversion(self, redis: Redis, campaign: Campaign, link: TrackingLink) -> None:
        Campaign.objects.filter(pk=campaign.pk).update(window_days=7)
        campaign.refresh_from_db()
        at = stage.to_ms(timezone.now() - timedelta(days=3))
        stage.send(redis, stage.event(link, at, n=7))
        stage.ingest(redis)
        with seen() as statements:
            stage.process(stage.report(campaign, "A-1", click_id=stage.click_id(link, at, 7)))
        events = [one for one in statements if "tracking_postback" not in one[0]]
        views = days(*range(11), table="tracking_impression")
        assert any_of(events) <= days(*range(11)) | views


class TestTheLog:
    def test_one_call(self, sale: Conversion, nima: Member, client: Client) -> None:
        client.force_login(nima.user)
        with seen() as statements:
            assert client.get(reverse("tracking:postback-detail", args=[sale.pk])).status_code == 200
        assert any_of(statements) == days(0, table="tracking_postback")

    def test_a_page_of_the_latest(self, campaign: Campaign, nima: Member, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postbacks, "PAGE", 2)
        for number in range(3):
            stage.report(campaign, f"A-{number}")
        with seen() as statements:
            assert len(postbacks.log(nima.organization, postbacks.Filter())[0]) == 2
        late = days(*range(-15, 2), table="tracking_postback") | {"tracking_postback_default"}
        assert any_of(statements) <= late

    def test_the_calls_about_a_conversion(self, sale: Conversion, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postbacks, "PATIENCE", timedelta(days=2))
        with seen() as statements:
            assert len(postbacks.about(sale)) == 1
        assert any_of(statements) <= days(0, 1, 2, table="tracking_postback")
