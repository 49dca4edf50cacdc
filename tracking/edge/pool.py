"""Random numbers for nonces. One call into the kernel serves many visitors."""

import os
from collections.abc import Iterator
from struct import iter_unpack
from typing import Final

_AT_ONCE: Final = 512


def _numbers() -> Iterator[int]:
    while True:
        for (number,) in iter_unpack("=Q", os.urandom(8 * _AT_ONCE)):
            yield number


randomness: Final = _numbers().__next__
"""An unsigned number of 64 bits, never the same for two processes: each fills its own pool after it was started."""
