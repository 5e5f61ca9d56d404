"""Many browsers in one process of their own, each with one open stream: `python -m tests.bench.streams.viewers`.

Reads one line of JSON: {"port", "streams": [[path, cookie, last event], …]}. Then it answers each line it reads:
`open` waits until all streams are open, `report` tells what each has seen since the last report.
"""

from __future__ import annotations

import asyncio
import json
import re
import resource
import sys
import time
from collections.abc import Sequence
from typing import Any

LINE = re.compile(rb"event: line\nid: (\d+)\ndata: [^\n]*@(\d+\.\d+)@[^\n]*\n\n")
AT_ONCE = 50


class Viewer(asyncio.Protocol):
    """Reads the lines of one stream and notes when each came, and which were lost, doubled or out of order."""

    def __init__(self, path: str, cookie: str, last: int) -> None:
        self.request = f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie}\r\nAccept: text/event-stream\r\n\r\n"
        self.last = last
        self.wrong = 0
        self.delays: list[float] = []
        self.rest = b""
        self.bytes = 0
        self.is_open: asyncio.Future[bool] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        transport.write(self.request.encode())

    def data_received(self, data: bytes) -> None:
        now = time.time()
        self.bytes += len(data)
        self.rest += data
        if not self.is_open.done() and b"retry:" in self.rest:
            self.is_open.set_result(self.rest.startswith(b"HTTP/1.1 200"))
        end = 0
        for found in LINE.finditer(self.rest):
            end = found.end()
            self.wrong += int(found[1]) != self.last + 1
            self.last = int(found[1])
            self.delays.append(now - float(found[2]))
        self.rest = self.rest[end:] if end else self.rest[-20_000:]

    def connection_lost(self, error: Exception | None) -> None:
        self.wrong += 1
        if not self.is_open.done():
            self.is_open.set_result(False)


async def connect(port: int, streams: Sequence[tuple[str, str, int]]) -> list[Viewer]:
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(path: str, cookie: str, last: int) -> Viewer:
        async with gate:
            made = await asyncio.get_running_loop().create_connection(lambda: Viewer(path, cookie, last), "127.0.0.1", port)
            assert await made[1].is_open, "a stream was refused"
            return made[1]

    return await asyncio.gather(*(one(*stream) for stream in streams))


async def main() -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65_536)), hard))
    loop = asyncio.get_running_loop()
    given = json.loads(await loop.run_in_executor(None, sys.stdin.readline))
    viewers: list[Viewer] = []
    while command := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
        if command == "open":
            viewers = await connect(given["port"], given["streams"])
            print(json.dumps({"open": len(viewers)}), flush=True)
        else:
            print(json.dumps(report(viewers)), flush=True)


def report(viewers: list[Viewer]) -> dict[str, Any]:
    told = {
        "last": [viewer.last for viewer in viewers],
        "wrong": sum(viewer.wrong for viewer in viewers),
        "delays": [delay for viewer in viewers for delay in viewer.delays],
        "bytes": sum(viewer.bytes for viewer in viewers),
    }
    for viewer in viewers:
        viewer.delays, viewer.bytes = [], 0
    return told


if __name__ == "__main__":
    asyncio.run(main())
