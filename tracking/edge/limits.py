"""How much of something is let through: by credential a second; by campaign, link or caller a minute."""

import time
from collections.abc import Hashable


class PerSecond:
    """A bucket of tokens per name: `rate` a second, ten seconds' worth at once."""

    def __init__(self, rate: int) -> None:
        self.rate, self.burst = rate, rate * 10
        self._buckets: dict[int, tuple[float, float]] = {}

    def allows(self, name: int, count: int = 1) -> bool:
        now = time.monotonic()
        left, at = self._buckets.get(name, (float(self.burst), now))
        left = min(self.burst, left + (now - at) * self.rate)
        if left < count:
            self._buckets[name] = (left, now)
            return False
        self._buckets[name] = (left - count, now)
        return True


class PerMinute:
    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._minute = 0
        self._counts: dict[Hashable, int] = {}

    def allows(self, name: Hashable) -> bool:
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute = minute
            self._counts.clear()
        count = self._counts[name] = self._counts.get(name, 0) + 1
        return count <= self.limit
