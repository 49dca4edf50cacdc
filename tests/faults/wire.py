"""A wire that can be made bad: a TCP proxy between a client and a service, in a thread of the test.

`delay`: seconds that each piece of an answer is late. `freeze()`: nothing passes and nobody is told, as in a partition;
`thaw()` lets pass what TCP would have sent again. `tear`: the share of answers cut off in the middle, the connection with
them. `cut()` refuses and drops connections until `mend()`.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from random import Random
from typing import Any

PIECE = 65_536

type End = tuple[str, int] | str
type Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Wire:
    """To a TCP address ("127.0.0.1", 8001) or a unix socket's path."""

    def __init__(self, target: End) -> None:
        self.target = target
        self.delay = 0.0
        self.tear = 0.0
        self.torn = 0
        self.port = 0
        self._dice = Random("wire")
        self._is_cut = False
        self._open: set[asyncio.StreamWriter] = set()
        self._loop: asyncio.AbstractEventLoop
        self._passing = asyncio.Event()

    def freeze(self) -> None:
        self._loop.call_soon_threadsafe(self._passing.clear)

    def thaw(self) -> None:
        self._loop.call_soon_threadsafe(self._passing.set)

    def cut(self) -> None:
        self._is_cut = True
        self._loop.call_soon_threadsafe(self._drop)

    def mend(self) -> None:
        self._is_cut = False

    def _drop(self) -> None:
        for writer in self._open:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        async with self._held(writer):
            try:
                far_reader, far_writer = await self._reach()
            except OSError:
                writer.transport.abort()
                return
            async with self._held(far_writer):
                there = self._pass(reader, far_writer, is_answer=False)
                back = self._pass(far_reader, writer, is_answer=True)
                await asyncio.wait(
                    [asyncio.ensure_future(there), asyncio.ensure_future(back)],
                    return_when=asyncio.FIRST_COMPLETED,
                )

    async def _reach(self) -> Streams:
        if isinstance(self.target, str):
            return await asyncio.open_unix_connection(self.target)
        return await asyncio.open_connection(*self.target)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool) -> None:
        try:
            while piece := await reader.read(PIECE):
                await self._passing.wait()
                if is_answer and self.delay:
                    await asyncio.sleep(self.delay)
                if is_answer and self._dice.random() < self.tear:
                    self.torn += 1
                    writer.write(piece[: len(piece) // 2])
                    await writer.drain()
                    return
                writer.write(piece)
                await writer.drain()
        except OSError:
            return

    @asynccontextmanager
    async def _held(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        self._open.add(writer)
        try:
            yield
        finally:
            self._open.discard(writer)
            writer.close()

    async def _listen(self, ready: threading.Event, over: asyncio.Event) -> None:
        self._passing.set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await over.wait()
        server.close()
        self._drop()

    @contextmanager
    def up(self) -> Iterator["Wire"]:
        ready, over = threading.Event(), asyncio.Event()
        thread = threading.Thread(target=self._run, args=[self._listen(ready, over)], daemon=True)
        thread.start()
        assert ready.wait(10)
        try:
            yield self
        finally:
            self._loop.call_soon_threadsafe(self._passing.set)
            self._loop.call_soon_threadsafe(over.set)
            thread.join(10)

    def _run(self, main: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            runner.run(main)


@contextmanager
def wire(target: End) -> Iterator[Wire]:
    with Wire(target).up() as found:
        yield found
