"""A line to a server that counts the questions that go through it, byte by byte and as fast as it can."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

QUESTION = b"POST /v1/"
PATIENCE = 10.0


class Relay:
    def __init__(self, port: int) -> None:
        self.port = 0
        self.questions = 0
        self._target = port

    async def serve(self, ready: threading.Event, done: asyncio.Event) -> None:
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        await done.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, asks: asyncio.StreamReader, hears: asyncio.StreamWriter) -> None:
        answers, asked = await asyncio.open_connection("127.0.0.1", self._target)
        await asyncio.gather(self._pass(asks, asked, count=True), self._pass(answers, hears, count=False))

    async def _pass(self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, count: bool) -> None:
        with suppress(OSError):
            while data := await source.read(1 << 16):
                self.questions += data.count(QUESTION) if count else 0
                target.write(data)
                await target.drain()
        target.close()


@contextmanager
def counting(port: int) -> Iterator[Relay]:
    """Yield a relay to that port of this machine."""
    relay, ready, loop, done = Relay(port), threading.Event(), asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(relay.serve(ready, done),), daemon=True)
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield relay
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(PATIENCE)
