"""One visitor on one route. What a step may ask is worked out when one asks; what many visitors share, once for them."""

import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from tracking.edge import callers
from tracking.edge.http import printable
from tracking.edge.pool import randomness
from tracking.edge.route import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from tracking.edge.http import Request
    from tracking.edge.state import Edge
    from tracking.edge.wishes import Wishes
    from tracking.enrich import Agent
    from tracking.places import Place

MAX_AGENT: Final = 512


class Visit:
    __slots__ = (
        "address",
        "at_ms",
        "consent",
        "edge",
        "flags",
        "is_plain",
        "nonce",
        "parameters",
        "request",
        "route",
        "shard",
        "stored_address",
        "surplus",
    )

    def __init__(self, edge: "Edge", request: "Request", route: Route, wishes: "Wishes") -> None:
        self.edge, self.request, self.route = edge, request, route
        self.parameters, self.surplus, repeated, self.is_plain = wishes
        parameters = self.parameters
        self.consent = callers.consent(request, parameters.get("consent", ""))
        self.at_ms = time.time_ns() // 1_000_000
        self.nonce = randomness()
        self.address, number, self.stored_address = edge.origins.of(request)
        self.shard = number if self.address else self.nonce
        self.flags = ["duplicate_parameter"] if repeated else []

    @property
    def user_agent(self) -> str:
        return self.request.header(b"user-agent")[:MAX_AGENT]

    @property
    def agent(self) -> "Agent":
        """Device, system and browser."""
        return _agent(self.request.headers.get(b"user-agent", b"")[: 4 * MAX_AGENT])

    @property
    def place(self) -> "Place":
        return self.edge.places.find(self.address)

    @property
    def connection(self) -> str:
        return self.place.connection

    @property
    def language(self) -> str:
        """The one preferred, without region: "fa"."""
        return _language(self.request.headers.get(b"accept-language", b"").partition(b",")[0][:256])

    def flag(self, code: str) -> None:
        """Note something odd about it, for those who judge."""
        if code not in self.flags:
            self.flags.append(code)


@lru_cache(maxsize=4096)
def _agent(header: bytes) -> "Agent":
    return _recogniser()(printable(header)[:MAX_AGENT])


@cache
def _recogniser() -> "Callable[[str], Agent]":
    from tracking.enrich import agent  # its tables take memory, and most edges need them never

    return agent


@lru_cache(maxsize=4096)
def _language(header: bytes) -> str:
    first = printable(header).partition(",")[0].partition(";")[0]
    return first.strip().partition("-")[0].lower()[:8]
