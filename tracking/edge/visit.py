"""One visitor on one route. What a step may ask is worked out when the first one asks."""

import time
from datetime import UTC, datetime
from functools import cache, cached_property
from typing import TYPE_CHECKING

from tracking.edge import callers
from tracking.edge.buffer import visitor_number
from tracking.edge.pool import randomness
from tracking.edge.route import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracking.edge.http import Request
    from tracking.edge.state import Edge
    from tracking.enrich import Agent
    from tracking.places import Place


class Visit:
    def __init__(
        self, edge: "Edge", request: "Request", route: Route, parameters: dict[str, str], surplus: dict[str, str]
    ) -> None:
        self.edge, self.request, self.route = edge, request, route
        self.parameters = parameters  # under our names
        self.surplus = surplus  # what else was sent, under the names in use
        self.address = callers.address(request, edge.config.trusted_proxies)
        self.consent = callers.consent(request, parameters.get("consent", ""))
        self.at_ms = time.time_ns() // 1_000_000
        self.nonce = randomness()
        self.flags: list[str] = []

    @cached_property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.at_ms / 1000, UTC)

    @cached_property
    def user_agent(self) -> str:
        return self.request.header(b"user-agent")[:512]

    @cached_property
    def agent(self) -> "Agent":
        """Device, system and browser. The first look at a user agent costs half a millisecond."""
        return _recogniser()(self.user_agent)

    @property
    def place(self) -> "Place":
        return self.edge.places.find(self.address)

    @property
    def connection(self) -> str:
        return self.place.connection

    @cached_property
    def language(self) -> str:
        """The one preferred, without region: "fa"."""
        first = self.request.header(b"accept-language").partition(",")[0].partition(";")[0]
        return first.strip().partition("-")[0].lower()[:8]

    @property
    def shard(self) -> int:
        return visitor_number(self.address, self.nonce)

    def flag(self, code: str) -> None:
        """Note something odd about it, for those who judge."""
        if code not in self.flags:
            self.flags.append(code)


@cache
def _recogniser() -> "Callable[[str], Agent]":
    from tracking.enrich import agent  # its tables take memory, and most edges need them never

    return agent
