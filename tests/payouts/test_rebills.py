"""Several conversions of one click, as trackers report a subscription's renewals: each earns, none twice."""

import time
from typing import Any

import orjson
import pytest
from django.db import connection

from payouts.models import Commission
from tests.payouts.market import Market
from tests.tracking import stage
from tracking import snapshot as snapshots
from tracking.edge.naming import in_our_names
from tracking.edge.profiles import PROFILES
from tracking.edge.reports import Reader, Report, Setting
from tracking.keys import click_keys
from tracking.snapshot import KINDS, Snapshot
from tracking.snapshot.foreign import account


def read(market: Market, system: str, **given: str) -> Report:
    """As the edge reads it for this campaign."""
    snapshot = Snapshot()
    with connection.cursor() as cursor:
        for name in ("organization", "campaign", "partnership"):
            cursor.execute(KINDS[name].sql, {"keys": None})
            snapshots.apply(snapshot, name, [[*map(decoded, row)] for row in cursor.fetchall()])
    profile = PROFILES[system]
    values, warnings = in_our_names([*given.items()], profile)
    setting = Setting(
        snapshot,
        click_keys(),
        b"",
        is_trusted=True,
        profile=profile,
        takes_foreign_clicks=True,
        whose=account(snapshot, system),
    )
    return Reader(values, snapshot.campaigns[market.campaign.pk], setting, time.time(), warnings).report()


def decoded(value: Any) -> Any:
    """Django's connections leave JSON as text."""
    if isinstance(value, list):
        return [decoded(one) for one in value]
    return orjson.loads(value) if isinstance(value, str) and value[:1] in {"[", "{"} else value


def happen(market: Market, *reports: Report) -> list[tuple[str, int, str]]:
    """Those whose keys are new, through processing to commissions: order, commission, status."""
    known: set[object] = set()
    for report in reports:
        if report.key not in known:
            known.add(report.key)
            fields = dict(report.fields)
            stage.process(stage.report(market.campaign, fields.pop("order_id"), **fields))
    market.settle()
    found = Commission.objects.order_by("conversion__received_at")
    return [(one.conversion.order_id, one.amount, one.status) for one in found if one.conversion]


@pytest.mark.parametrize(
    ("system", "click", "order", "amount", "more"),
    [
        ("keitaro", "subid", "tid", "revenue", {"status": "rebill"}),
        ("redtrack", "clickid", "rdtk_event_id", "sum", {}),
        ("voluum", "cid", "txid", "payout", {}),
    ],
)
def test_each_renewal_with_a_number_of_its_own_earns_and_a_repeated_call_does_not(
    market: Market, system: str, click: str, order: str, amount: str, more: dict[str, str]
) -> None:
    """8 % of 100.00, 30.00, 30.00."""
    visit = stage.click_id(market.link)

    def call(number: str, worth: str) -> Report:
        return read(market, system, **({click: visit, order: number, amount: worth} | more))

    status = "approved" if system == "keitaro" else "pending"
    found = happen(market, call("t1", "100"), call("t2", "30"), call("t2", "30"), call("t3", "30"))
    assert found == [("t1", 800, status), ("t2", 240, status), ("t3", 240, status)]
    assert {one.publisher for one in Commission.objects.all()} == {market.pia.organization}


@pytest.mark.parametrize(
    ("system", "click", "amount"),
    [("keitaro", "subid", "revenue"), ("voluum", "cid", "payout"), ("redtrack", "clickid", "sum")],
)
def test_without_a_number_a_click_converts_once(market: Market, system: str, click: str, amount: str) -> None:
    visit = stage.click_id(market.link)
    first, again = (read(market, system, **{click: visit, amount: worth}) for worth in ("100", "30"))
    assert first.key == again.key
    assert [amount for _order, amount, _status in happen(market, first, again)] == [800]


def test_redtracks_types_are_goals_and_each_counts_by_itself(market: Market) -> None:
    """A click may register and buy; the registration earns nothing under this plan."""
    visit = stage.click_id(market.link)
    lead = read(market, "redtrack", clickid=visit, type="lead")
    sale = read(market, "redtrack", clickid=visit, type="sale", sum="100")
    renewal = read(market, "redtrack", clickid=visit, type="sale", sum="30", rdtk_event_id="r2")
    assert len({lead.key, sale.key, renewal.key}) == 3
    assert [amount for _order, amount, _status in happen(market, lead, sale, renewal)] == [800, 240]


def test_a_renewal_that_is_rejected_takes_only_its_own_commission(market: Market) -> None:
    visit = stage.click_id(market.link)
    sold = [read(market, "keitaro", subid=visit, tid=number, revenue="100", status="sale") for number in ("t1", "t2")]
    happen(market, *sold)
    word = read(market, "keitaro", tid="t2", status="rejected")
    assert word.kind == "status"
    stage.process(stage.status(market.campaign, "t2", "declined", goal=""))
    market.settle()
    statuses = dict(Commission.objects.values_list("conversion__order_id", "status"))
    assert statuses == {"t1": "approved", "t2": "reversed"}
