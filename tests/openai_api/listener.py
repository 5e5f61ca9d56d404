"""A real HTTP server for tests, which writes what it is told, when it is told."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

Pieces = AsyncIterator[bytes]
EVENT_STREAM = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"


@dataclass
class Listener:
    """Writes the same pieces at every request; says whether the other side hung up meanwhile."""

    pieces: Callable[[], Pieces]
    requests: list[bytes] = field(default_factory=list)
    hung_up: threading.Event = field(default_factory=threading.Event)

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(dict(_fields(head)).get(b"content-length", b"0"))
        self.requests.append(head + await reader.readexactly(length))
        watch = asyncio.create_task(self._watch(reader))
        try:
            async for piece in self.pieces():
                writer.write(piece)
                await writer.drain()
        except ConnectionError:
            self.hung_up.set()
        finally:
            watch.cancel()
            writer.close()

    async def _watch(self, reader: asyncio.StreamReader) -> None:
        if not await reader.read(1):
            self.hung_up.set()


def _fields(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        yield name.lower(), value.strip()


@contextmanager
def listening(pieces: Callable[[], Pieces]) -> Iterator[tuple[Listener, str]]:
    """Serve in a thread of its own and yield the listener and its base URL."""
    listener = Listener(pieces)
    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(listener.answer, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield listener, f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
