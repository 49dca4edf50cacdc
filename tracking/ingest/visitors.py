"""Who came before, by the numbers of `tracking.visitor`."""

import hashlib
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from tracking import visitor

DAY_MS: Final = 86_400_000
REMEMBERED: Final = 250_000  # visits of one generation; two are kept
PATIENCE_MS: Final = 2_000  # for what the table knows; without it some visitors count twice as unique


class Visitors:
    """Of one shard, where one visitor's events come in their order."""

    def __init__(self) -> None:
        self._hash = hashlib.blake2b(key=visitor.key(settings.SECRET_KEY), digest_size=8)
        self._recent: dict[int, int] = {}  # visitor on link → time of the unique click
        self._before: dict[int, int] = {}

    def digest(self, ip: str, user_agent: str) -> bytes:
        """The eight bytes of `visitor.number`."""
        made = self._hash.copy()
        made.update(f"{ip}\n{user_agent}".encode())
        return made.digest()

    def is_first(self, who: bytes, link_id: int, at_ms: int) -> bool:
        """Of this visitor on this link within 24 hours. Half-open: the same instant a day later is first again."""
        pair = hash((who, link_id))
        last = self._recent.get(pair)
        if last is None:
            last = self._before.get(pair)
        if last is not None and -DAY_MS < at_ms - last < DAY_MS:
            return False
        if len(self._recent) >= REMEMBERED:
            self._before, self._recent = self._recent, {}
        self._recent[pair] = at_ms
        return True

    def warm(self) -> None:
        """What the shard's last reader knew, from the table. All shards' visitors are read, only ours will come."""
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(PATIENCE_MS)])
                cursor.execute(RECENT, [REMEMBERED])
                for number, link_id, at_ms in cursor:
                    self.is_first(number.to_bytes(8, signed=True), link_id, at_ms)
        except DatabaseError:
            if connection.connection is None or connection.connection.closed:
                raise


RECENT: Final = """
SELECT visitor, link_id, (extract(epoch FROM at) * 1000)::bigint FROM tracking_click
WHERE at >= now() - interval '24 hours' AND at < now() + interval '1 hour' AND is_unique
LIMIT %s
"""
