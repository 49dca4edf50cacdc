"""GET /tag.js: the advertiser's first-party script, as it stands in the file beside this one."""

from pathlib import Path
from typing import Final

from tracking.edge.http import Response

_SOURCE: Final = (Path(__file__).parent / "tag.js").read_bytes()
_COMMON: Final = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"cross-origin"),
    (b"access-control-allow-origin", b"*"),
]
SCRIPT: Final = Response(
    200,
    [
        (b"content-type", b"text/javascript; charset=utf-8"),
        (b"cache-control", b"public, max-age=3600, stale-while-revalidate=86400"),
        *_COMMON,
    ],
    _SOURCE,
)
_DISALLOW: Final = b"User-agent: *\nDisallow: /\n"
ROBOTS: Final = Response(
    200,
    [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"cache-control", b"public, max-age=86400"),
        *_COMMON,
    ],
    _DISALLOW,
)
NO_ICON: Final = Response(204, [(b"cache-control", b"public, max-age=604800"), *_COMMON])
"""Browsers ask for one beside each page that they are shown."""
