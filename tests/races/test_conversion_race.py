"""Sixteen processes at the same inbox and the same stream: each report takes effect once, each event counts once."""

import random
from collections import Counter
from threading import Barrier
from typing import Any

import orjson
import pytest
from django.db import OperationalError
from django.utils import timezone

from advertisers.models import Campaign
from publishers.models import Partnership, TrackingLink
from tests.cast import Member
from tests.races.hands import at_once
from tests.tracking import stage
from tests.tracking.conftest import campaign, link, partnership
from tracking import conversions, orders
from tracking.ingest import batches, store
from tracking.models import Click, Conversion, DailyCount, Postback, Refund
from tracking.models.conversions import PostbackQuerySet
from tracking.outcomes import Outcome
from tracking.reports import Report
from tracking.workset import Workset

HANDS = 16
__all__ = ["Member", "Partnership", "campaign", "link", "partnership"]

pytestmark = pytest.mark.django_db(transaction=True)


class TestOneReport:
    """The guard is the lock on the postback: whoever comes second leaves it alone."""

    def reports(self, campaign: Campaign, link: TrackingLink) -> list[Postback]:
        return [stage.report(campaign, f"A-{number}", click_id=stage.click_id(link)) for number in range(25)]

    def run(self, reports: list[Postback]) -> Counter[Outcome | str | None]:
        def one_hand() -> list[Outcome | None]:
            return [conversions.process(postback) for postback in reports]

        outcomes: Counter[Outcome | str | None] = Counter()
        for result in at_once(*[one_hand] * HANDS):
            outcomes.update([type(result).__name__] if isinstance(result, Exception) else result)
        return outcomes

    def test_it_takes_effect_once(self, campaign: Campaign, link: TrackingLink) -> None:
        outcomes = self.run(self.reports(campaign, link))
        assert outcomes == {Outcome.CONVERTED: 25, None: 25 * (HANDS - 1)}
        assert Conversion.objects.count() == 25
        assert set(Postback.objects.values_list("outcome", flat=True)) == {"converted"}

    def test_control_without_the_lock_it_takes_effect_often(
        self, campaign: Campaign, link: TrackingLink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(PostbackQuerySet, "select_for_update", lambda self, **_: self)
        outcomes = self.run(self.reports(campaign, link))
        assert sum(count for outcome, count in outcomes.items() if outcome is not None) > 25


class TestOneOrder:
    """The guard is the order's lock: sale and refund that are processed at the same time see each other."""

    def run(self, campaign: Campaign, link: TrackingLink, number: int) -> bool:
        """Whether the refund found its sale."""
        sale = stage.report(campaign, f"A-{number}", click_id=stage.click_id(link))
        refund = stage.refund(campaign, f"A-{number}", 100)
        at_once(lambda: conversions.process(sale), lambda: conversions.process(refund))
        return Refund.objects.get(order_id=f"A-{number}").conversion_id == sale.id

    def test_it_brings_sale_and_refund_together(self, campaign: Campaign, link: TrackingLink) -> None:
        assert all(self.run(campaign, link, number) for number in range(20))

    def test_control_without_the_lock_they_miss_each_other(
        self, campaign: Campaign, link: TrackingLink, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        both_looked = Barrier(2, timeout=10)

        def load(reports: list[Report], load: Any = Workset.load) -> Workset:
            workset: Workset = load(reports)
            both_looked.wait()  # neither is committed yet
            return workset

        monkeypatch.setattr(orders, "lock_all", lambda *_: None)
        monkeypatch.setattr(Workset, "load", load)
        assert not self.run(campaign, link, 1)


class TestManyBatches:
    """The guards are the events' keys, and one order of locks for all."""

    def entries(self, link: TrackingLink) -> list[bytes]:
        now = timezone.now()
        events = [stage.event(link, now) for _ in range(150)]
        events += [stage.event(link, now, t="impression") for _ in range(150)]
        return [orjson.dumps(event) for event in events]

    def run(self, entries: list[bytes], hands: int = HANDS) -> list[store.Result | Exception]:
        def one_hand() -> store.Result:
            return batches.take(random.sample(entries, len(entries)))

        return at_once(*[one_hand] * hands)

    def test_it_counts_each_event_once_and_nobody_deadlocks(self, link: TrackingLink) -> None:
        results = self.run(self.entries(link))
        total = sum((result for result in results if isinstance(result, store.Result)), store.Result())
        assert total == store.Result(stored=300, repeated=300 * (HANDS - 1))
        count = DailyCount.objects.get()
        assert (count.clicks, count.impressions, Click.objects.count()) == (150, 150, 150)

    def test_control_in_random_order_they_deadlock(self, link: TrackingLink, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(store.Store, "_copy", store.Store._merge)
        for name, table in {"CLICKS": store.CLICKS, "IMPRESSIONS": store.IMPRESSIONS}.items():
            ordered = f"FROM incoming_{name.lower()[:-1]} ORDER BY at, nonce < 0, nonce, campaign_id"
            shuffled = f"FROM (SELECT * {ordered.partition(' ORDER')[0]} ORDER BY random())"
            slowly = "LATERAL pg_sleep(0.001 + 0 * (nonce % 2))"
            assert ordered in table.insert
            insert = table.insert.replace(ordered, f"{shuffled}, {slowly}")
            monkeypatch.setattr(store, name, table._replace(insert=insert))
        for _attempt in range(10):  # how soon two meet in the wrong order is chance
            errors = [result for result in self.run(self.entries(link), 3) if isinstance(result, OperationalError)]
            if errors:
                break
        assert errors
        assert "deadlock" in str(errors[0])
