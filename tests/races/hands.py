from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection


def at_once[T](*works: Callable[[], T]) -> list[T | Exception]:
    """Each in a thread of its own, all started together; what they returned or raised."""
    barrier = Barrier(len(works))

    def run(work: Callable[[], T]) -> T | Exception:
        try:
            connection.ensure_connection()
            barrier.wait()
            return work()
        except Exception as error:  # noqa: BLE001  the test looks at it
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(run, works))
