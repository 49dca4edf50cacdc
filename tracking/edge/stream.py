"""One raw connection to Redis: commands out, as many replies in. A general client costs a third of the edge's speed, and
of its features only this is needed.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

import hiredis
from redis.asyncio.connection import parse_url

CONNECT_PATIENCE: Final = 2.0

type Replies = list[Any]
"""Errors are among them as values (`hiredis.ReplyError`)."""


class Lost(OSError):
    """The connection is gone; what was on its way may or may not have arrived."""


def command(*parts: bytes) -> bytes:
    return b"*%d\r\n%s" % (len(parts), b"".join(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts))


class Connection(asyncio.Protocol):
    """Use `connect`. One batch of commands at a time."""

    def __init__(self) -> None:
        self._reader = hiredis.Reader()
        self._replies: Replies = []
        self._expected = 0
        self._done: Callable[[Replies | None], None] | None = None
        self._transport: asyncio.Transport | None = None
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def post(self, commands: list[bytes], done: Callable[[Replies | None], None]) -> None:
        """`done` is called once, with the replies or with None when the connection was lost before they were all here."""
        if self._transport is None or self.closed.done():
            done(None)
            return
        self._expected, self._replies, self._done = len(commands), [], done
        self._transport.write(b"".join(commands))

    async def send(self, commands: list[bytes], patience: float) -> Replies:
        """The replies. Raises Lost; then, or after a TimeoutError, the connection is of no more use."""
        answer: asyncio.Future[Replies | None] = asyncio.get_running_loop().create_future()
        self.post(commands, lambda replies: None if answer.done() else answer.set_result(replies))
        try:
            async with asyncio.timeout(patience):
                replies = await answer
        except TimeoutError:
            self.abort()
            raise
        if replies is None:
            raise Lost
        return replies

    def abort(self) -> None:
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its class

    def data_received(self, data: bytes) -> None:
        self._reader.feed(data)
        replies = self._replies
        while (reply := self._reader.gets()) is not False:
            replies.append(reply)
        if len(replies) >= self._expected:
            self._answer(replies)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.done():
            self.closed.set_result(None)
        self._answer(None)

    def _answer(self, replies: Replies | None) -> None:
        done, self._done = self._done, None
        if done:
            done(replies)


async def connect(url: str) -> Connection:
    """Raises OSError (Lost when Redis refuses the login or is still loading its data) or TimeoutError."""
    options = parse_url(url)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(CONNECT_PATIENCE):
        if path := options.get("path"):
            _, connection = await loop.create_unix_connection(Connection, path)
        else:
            secure = url.startswith("rediss://") or None
            _, connection = await loop.create_connection(
                Connection, options.get("host", "localhost"), options.get("port", 6379), ssl=secure
            )
    greeting = [command(b"PING")]
    if database := options.get("db"):
        greeting.insert(0, command(b"SELECT", str(database).encode()))
    if password := options.get("password"):
        login = [options["username"].encode()] if options.get("username") else []
        greeting.insert(0, command(b"AUTH", *login, password.encode()))
    replies = await connection.send(greeting, CONNECT_PATIENCE)
    if any(isinstance(reply, hiredis.ReplyError) for reply in replies):
        connection.abort()
        raise Lost(str(replies[-1]))
    return connection
