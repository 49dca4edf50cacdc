"""Networks that delay, lose, tear and part, short forms: nothing acknowledged is lost, nothing is counted twice."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx
import pytest
from redis import Redis

from network.embedded.postgres import PORT
from payouts.models import Commission
from tests import services
from tests.faults import oracle
from tests.faults.broken import heal
from tests.faults.simulation import simulated
from tests.faults.test_edge_faults import check_clicks, check_orders, drained, more
from tests.faults.visitors import clicks, conversions, load
from tests.faults.wire import End, Wire, wire
from tests.live import Processes, wait_until
from tests.payouts.market import OpenMarket
from tests.tracking.edge.scene import TOKEN, Scene

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]

LATE = 0.2  # seconds within which a visitor is redirected while something is slow


type Lay = Callable[[str], Wire]


@pytest.fixture
def lay() -> Iterator[Lay]:
    """A new wire to the "database" or to the "buffer"."""
    port = services.valkey.port()
    assert port
    ends: dict[str, End] = {
        "database": f"{services.postgres.socket_dir()}/.s.PGSQL.{PORT}",
        "buffer": ("127.0.0.1", port),
    }
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(wire(ends[name]))
        heal()


def through(wired: Wire, url: str) -> str:
    """The same database or Redis at the other end of the wire."""
    scheme, _, rest = url.partition("://")
    user = "postgres@" if scheme == "postgresql" else ""
    return f"{scheme}://{user}127.0.0.1:{wired.port}/{rest.rpartition('/')[2]}"


def test_f11_visitors_do_not_feel_a_slow_database(processes: Processes, shop: Scene, redis: Redis, lay: Lay) -> None:
    database = lay("database")
    edge = processes.start("edge", DATABASE_URL=through(database, shop.database_url))
    with load(clicks(edge.url), 4) as visits, load(conversions(edge.url, shop, TOKEN, "f11"), 4) as orders:
        more(visits, orders)
        database.delay = 0.5
        visits.delays.clear()
        more(visits, count=300)
        more(orders, count=12)
        slow = visits.p99
        database.delay = 0
        more(orders)
    assert set(visits.statuses) == {302}
    assert set(orders.statuses) <= {200, 202}
    assert slow < LATE
    wait_until(lambda: drained(edge, "reports"), 20)
    check_clicks(visits, redis)
    check_orders(orders, shop, "f11")


def test_f12_when_the_database_has_no_connection_left_reports_wait_in_the_spool(
    processes: Processes, shop: Scene, lay: Lay
) -> None:
    """It refuses everybody, and lives."""
    database = lay("database")
    edge = processes.start("edge", DATABASE_URL=through(database, shop.database_url))
    with load(conversions(edge.url, shop, TOKEN, "f12"), 4) as orders:
        more(orders)
        database.cut()
        more(orders)
        database.mend()
        wait_until(lambda: drained(edge, "reports"), 20)
        more(orders)
    assert set(orders.statuses) == {200, 202}
    check_orders(orders, shop, "f12")


def test_f22_whoever_is_parted_from_whom_everything_is_counted_once(
    open_market: OpenMarket, processes: Processes, redis: Redis, lay: Lay
) -> None:
    """Bytes stop and nobody is told, also in the middle of a commit."""
    databases = {name: lay("database") for name in ("edge", "ingest", "worker")}
    buffers = {name: lay("buffer") for name in ("edge", "ingest")}
    env = {
        name: {"DATABASE_URL": through(databases[name], services.postgres.url(services.DATABASE))} for name in databases
    }
    for name, wired in buffers.items():
        env[name]["REDIS_URL"] = through(wired, services.valkey.url())
    with simulated(open_market, processes, redis, env) as day:
        with day.busy():
            day.until(Commission.objects.exists)
            for parted in (*buffers.values(), *databases.values()):
                parted.freeze()
                time.sleep(1.5)
                parted.thaw()
                day.more(10)
        oracle.check(day.crowd, day.market)


def test_f23_shops_and_visitors_with_bad_lines_are_counted_once(
    open_market: OpenMarket, processes: Processes, redis: Redis
) -> None:
    """One answer in twenty is torn off in the middle, each is late; whoever heard nothing asks again."""
    with simulated(open_market, processes, redis) as day:
        port = httpx.URL(day.running["edge"].url).port
        assert port
        with wire(("127.0.0.1", port)) as line:
            line.delay, line.tear = 0.2, 0.05
            day.crowd.edge = f"http://127.0.0.1:{line.port}"
            with day.busy():
                day.more(60)
        assert line.torn > 0
        oracle.check(day.crowd, day.market)
