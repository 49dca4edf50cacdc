"""Running asynchronous code from synchronous code."""

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def run[T](main: Coroutine[Any, Any, T]) -> T:
    """As `asyncio.run`, in a thread of its own: the caller's may have a loop at work already."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, main).result()
