"""One takes most of what there is; the others shall hardly feel it."""

from contextlib import ExitStack

import pytest

from tests.faults.test_edge_faults import check_orders, more
from tests.faults.visitors import Journal, clicks, conversions, load
from tests.live import Processes
from tests.tracking.edge.scene import OTHER_TOKEN, TOKEN, Scene

pytestmark = [pytest.mark.timeout(300)]

CLIENTS = 10
TIMES = 2.0  # what the others' 99% may grow by
NOTICED = 0.02  # seconds: below this nobody calls it slow
ROUNDS = 3


def test_f34_a_publisher_with_nine_tenths_of_the_traffic_slows_nobody(processes: Processes, shop: Scene) -> None:
    edge = processes.start("edge", DATABASE_URL=shop.database_url)
    even, hot = list[float](), list[float]()
    for _ in range(ROUNDS):  # in turn, so that both meet the same machine
        even.append(others_p99(edge.url, CLIENTS // 2))
        hot.append(others_p99(edge.url, CLIENTS // 10))
    assert min(hot) < TIMES * max(NOTICED, *even)


def test_f34_an_advertiser_with_a_flood_of_conversions_slows_nobody(processes: Processes, shop: Scene) -> None:
    """As many as this machine takes, of one campaign, in the same groups as another's."""
    edge = processes.start("edge", DATABASE_URL=shop.database_url)
    even, hot, journals = list[float](), list[float](), list[Journal]()
    for number in range(ROUNDS):
        for others, found in ((CLIENTS // 2, even), (CLIENTS // 10, hot)):
            prefix = f"f34-{number}-{others}"
            with ExitStack() as stack:
                visit = conversions(edge.url, shop, TOKEN, prefix)
                journals.append(stack.enter_context(load(visit, CLIENTS - others, pause=0)))
                visit = conversions(edge.url, shop, OTHER_TOKEN, f"{prefix}-other", "other_link")
                theirs = stack.enter_context(load(visit, others, pause=0))
                more(theirs, count=100)
            found.append(theirs.p99)
            journals.append(theirs)
            check_orders(theirs, shop, f"{prefix}-other")
    assert {status for journal in journals for status in journal.statuses} == {200}
    assert {number for journal in journals for number in journal.unknown} == set()
    assert min(hot) < TIMES * max(NOTICED, *even)


def others_p99(url: str, others: int) -> float:
    """Seconds within which 99 of 100 of their visitors are redirected while so many of the clients are theirs."""
    with (
        load(clicks(url), CLIENTS - others, pause=0) as big,
        load(clicks(url, "otherLink1"), others, pause=0) as theirs,
    ):
        more(theirs, count=200)
    assert set(big.statuses) == set(theirs.statuses) == {302}
    return theirs.p99
