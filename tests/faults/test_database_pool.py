"""What serves pages and does jobs comes back with PostgreSQL, however long that was away."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import OperationalError, connection
from django.db.models import Model

from network.models import NetworkSettings
from tests.faults.broken import heal, kill_postgres
from tests.live import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def ask() -> Model | None:
    """As a request does: with a connection of its own from the pool."""
    try:
        return NetworkSettings.objects.first()
    except OperationalError:
        return None
    finally:
        connection.close()


@contextmanager
def asking() -> Iterator[list[float]]:
    """The times of all answers until the block ends."""
    answers, over = list[float](), threading.Event()

    def run() -> None:
        while not over.is_set():
            if ask():
                answers.append(time.monotonic())
            over.wait(0.2)

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        over.set()
        for thread in threads:
            thread.join()


def test_it_answers_within_seconds_of_the_databases_return() -> None:
    """Pauses that double from attempt to attempt would last as long again as the outage."""
    NetworkSettings.current()
    connection.close()
    with asking() as answers:
        wait_until(lambda: bool(answers), 30)
        kill_postgres()
        time.sleep(16)  # after pauses of 1, 2, 4 and 8 seconds comes one of 16
        heal()
        healed = time.monotonic()
        answers.clear()
        wait_until(lambda: bool(answers), 120)
    assert answers[0] - healed < 8
