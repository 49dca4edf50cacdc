"""Kill -9 of each process in the middle of a busy day, short form: no acknowledged event is lost, nothing is paid twice.

Everybody retries what was not answered. Then clicks, conversions, refunds, commissions and balances must be exactly what
the journals of the shoppers say (`tests/faults/oracle.py`).
"""

from collections.abc import Iterator

import pytest
from redis import Redis

from payouts.models import Commission
from tests.faults import oracle
from tests.faults.broken import heal, kill_postgres, kill_redis
from tests.faults.simulation import Simulation, at_work, forget_connections, simulated
from tests.live import Processes
from tests.payouts.market import OpenMarket
from tests.tracking.stage import waiting
from tracking.models import Conversion

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(600)]


@pytest.fixture
def simulation(open_market: OpenMarket, processes: Processes, redis: Redis) -> Iterator[Simulation]:
    with simulated(open_market, processes, redis) as started:
        yield started


def test_it_survives_a_killed_edge(simulation: Simulation) -> None:
    with simulation.busy():
        simulation.kill_and_restart("edge")
        simulation.more(30)
        simulation.kill_and_restart("edge")
    oracle.check(simulation.crowd, simulation.market)


def test_it_survives_a_killed_ingest(simulation: Simulation) -> None:
    with simulation.busy():
        simulation.until(lambda: Conversion.objects.exists() and at_work(simulation.redis))
        simulation.kill_and_restart("ingest", meanwhile=30)
    oracle.check(simulation.crowd, simulation.market)


def test_it_survives_a_killed_worker(simulation: Simulation) -> None:
    with simulation.busy():
        simulation.until(lambda: Commission.objects.filter(goal__code="sale").exists() and not simulation.is_settled())
        simulation.kill_and_restart("worker", meanwhile=30)
    oracle.check(simulation.crowd, simulation.market)


def test_it_survives_a_killed_database(simulation: Simulation) -> None:
    with simulation.busy():
        simulation.until(Commission.objects.exists)
        forget_connections()
        kill_postgres()
        simulation.more(30)  # from the last snapshot, and into the spool
        heal()
    oracle.check(simulation.crowd, simulation.market)


def test_it_survives_a_killed_buffer(simulation: Simulation) -> None:
    with simulation.busy():
        simulation.until(lambda: Conversion.objects.exists() and waiting(simulation.redis) > 0)
        kill_redis()
        simulation.more(30)
        heal()
    oracle.check(simulation.crowd, simulation.market)
