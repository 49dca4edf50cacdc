"""5,000 odd requests to all endpoints over the wire; `make soak` sends 100,000."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.live import Process
from tests.tracking.edge import odd
from tests.tracking.edge.odd import IN_ONE, MANY, Odd, Talk
from tests.tracking.edge.scene import Scene

REQUESTS = 5_000


def fuzz(talk: Talk, requests: int) -> None:
    @settings(
        max_examples=requests // IN_ONE,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(MANY)
    def say(many: list[Odd]) -> None:
        for one in many:
            status, headers = talk.say(one)
            assert 200 <= status < 500, one
            assert "x" not in headers, one

    say()


@pytest.mark.timeout(300)
def test_no_request_is_too_odd(tracking: Process, shop: Scene) -> None:
    with odd.talking(tracking, shop) as talk:
        fuzz(talk, REQUESTS)
    assert talk.said >= REQUESTS
