"""The jobs as the worker runs them."""

from typing import Any

import pytest
from django.conf import settings

from network.celery import app
from payouts import tasks
from payouts.models import Commission
from tests.payouts.market import Market


@pytest.mark.parametrize("name", ["settle_conversions", "settle_days", "approve_due"])
def test_it_is_scheduled_on_the_money_queue_and_safe_to_lose(name: str) -> None:
    task: Any = getattr(tasks, name)
    scheduled = [entry for entry in app.conf.beat_schedule.values() if entry["task"] == task.name]

    assert task.name == f"payouts.tasks.{name}"
    assert (task.acks_late, task.reject_on_worker_lost) == (True, True)
    assert [entry["options"]["expires"] >= entry["schedule"] for entry in scheduled] == [True]
    assert settings.CELERY_TASK_ROUTES["payouts.tasks.*"] == {"queue": "money"}


def test_it_takes_more_than_one_batch(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "BATCH", 2)
    for number in range(5):
        market.report(f"order-{number}")

    tasks.settle_conversions()

    assert Commission.objects.count() == 5


def test_it_stops_when_its_time_is_over(market: Market, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "LONGEST", -1.0)
    market.report("1001")

    tasks.settle_conversions()

    assert not Commission.objects.exists()


def test_it_does_not_wait_for_what_another_worker_holds() -> None:
    """A batch of which nothing is new ends the run."""
    asked = []

    def waiting(failed: set[str]) -> list[str]:
        asked.append(failed)
        return ["held by another"]

    assert tasks.work(waiting, lambda _: None) == 1
    assert len(asked) == 2
