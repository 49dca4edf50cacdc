"""GET /health/live and /health/ready, for supervisors and load balancers."""

import time

from tracking.edge.http import Response, json
from tracking.edge.state import Edge

STALE = 30.0  # seconds without a look at the database


def live() -> Response:
    return json(200, {"status": "ok"})


def ready(edge: Edge) -> Response:
    """Ready is who can redirect: with a snapshot, however old, and a place for events. The rest is said beside it."""
    age = time.time() - edge.follower.checked_at if edge.snapshot else None
    events, reports = edge.buffer.spool, edge.inbox.spool
    can_redirect = edge.snapshot is not None and (edge.buffer.is_connected or events.size < events.max_bytes)
    return json(
        200 if can_redirect else 503,
        {
            "status": "ok" if can_redirect else "unavailable",
            "snapshot": {
                "source": edge.follower.source,
                "links": len(edge.snapshot.links) if edge.snapshot else 0,
                "is_whole": edge.follower.is_whole,
                "age_seconds": None if age is None else round(age, 1),
                "is_stale": age is None or age > STALE,
            },
            "redis": "connected" if edge.buffer.is_connected else "away",
            "postgresql": "away" if edge.inbox.is_away else "connected",
            "events": {
                "stored": edge.buffer.stored,
                "spooled": edge.buffer.spooled,
                "waiting_bytes": events.size,
                "lost": events.lost,
            },
            "reports": {"stored": edge.inbox.stored, "waiting_bytes": reports.size, "refused_for_space": reports.lost},
            "counters": dict(edge.counters),
        },
    )
