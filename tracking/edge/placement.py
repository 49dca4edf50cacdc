"""How a banner stood on its page, as the page says it: `shown=300x250`, `shown=300x250.hidden` in a tab behind others.

What cannot be seen counts for nothing: it is flagged, and ingest judges it invalid.
"""

import re
from typing import Final

from tracking.edge.visit import Visit

SHOWN: Final = re.compile(rb"(?:^|&)shown=(\d{1,5})x(\d{1,5})(\.hidden)?(?:&|$)")


def flag(visit: Visit) -> None:
    """Who says nothing is unknown, never blamed."""
    found = SHOWN.search(visit.request.query)
    if found is None:
        return
    if int(found[1]) <= 1 or int(found[2]) <= 1:
        visit.flag("invalid_placement")
    if found[3]:
        visit.flag("hidden_tab")
