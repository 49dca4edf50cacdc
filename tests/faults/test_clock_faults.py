"""Machines whose clocks are wrong: no money is refused for it, nothing happens before its cause."""

from pathlib import Path

import pytest
from redis import Redis

from tests.faults import oracle
from tests.faults.shoppers import visitor
from tests.faults.simulation import simulated
from tests.live import Processes
from tests.payouts.market import OpenMarket
from tracking.models import Conversion

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

WRONG_CLOCK = """
import os, time
_time, _time_ns = time.time, time.time_ns
def _wrong():
    with open(os.environ["CLOCK"]) as file:
        return int(file.read())
time.time = lambda: _time() + _wrong()
time.time_ns = lambda: _time_ns() + _wrong() * 10**9
"""
"""As `sitecustomize`: the process's clock is wrong by the seconds in the file CLOCK, from one moment to the next."""


def test_f18_no_money_is_refused_for_a_wrong_clock(
    open_market: OpenMarket, processes: Processes, redis: Redis, tmp_path: Path
) -> None:
    """The edge's clock is ten minutes fast; in the middle of the day it falls back by an hour."""
    (tmp_path / "sitecustomize.py").write_text(WRONG_CLOCK)
    clock = tmp_path / "clock"
    clock.write_text("600")
    env = {"edge": {"PYTHONPATH": str(tmp_path), "CLOCK": str(clock)}}
    with simulated(open_market, processes, redis, env) as day:
        with visitor() as client:
            for _ in range(40):
                day.crowd.go_as_far_as("click", client, day.crowd.next())
        set_to(clock, -3000)
        with day.busy():
            day.crowd.finish()
        oracle.check(day.crowd, day.market)
    assert set(Conversion.objects.values_list("verdict", flat=True)) == {"valid"}


def set_to(clock: Path, seconds: int) -> None:
    """In one step, so that nobody reads half a number."""
    fresh = clock.with_name("fresh")
    fresh.write_text(str(seconds))
    fresh.replace(clock)
