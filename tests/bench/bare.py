"""The least that a redirecting server can do: the measure for the edge."""

from collections.abc import Awaitable, Callable
from typing import Any

type Message = dict[str, Any]


async def application(
    scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
) -> None:
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
            if message["type"] == "lifespan.shutdown":
                return
    status = 200 if scope["path"] == "/health/live" else 302
    await send({"type": "http.response.start", "status": status, "headers": [(b"location", b"https://shop.example/")]})
    await send({"type": "http.response.body", "body": b""})
