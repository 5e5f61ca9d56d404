"""People who click, in a process of their own: `python -m tests.bench.load.people`.

It reads one line of JSON: {"port", "people": [{"cookie", "role", "fine_tunes", …}], "seconds", "pause", "only"}, and
prints one: what took how long, by route, and every answer that was none. Each person opens a page, reads for `pause`
seconds on average (exponentially distributed, as pauses of many people are), and goes on to the next. What a page asks
for by itself (charts, fragments) follows at once, as in a browser, and on as many connections as browsers keep open.
Pages that are live stay open as streams until their reader goes on.

Reading HTTP by hand costs a tenth of what a client library does: the machine is the server's.
"""

from __future__ import annotations

import asyncio
import json
import random
import re
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlencode

LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
TOKEN = re.compile(rb'name="csrfmiddlewaretoken" value="([^"]+)"')
STREAM = re.compile(rb'data-stream="([^"]+)"')
PLOT = re.compile(rb'data-plot="(/finetunes/\d+/charts/)([^"]+)/"')
WORDS = ("billing", "delivery", "offers 1", "reviews")

KEPT = 4.0
"""A connection that was idle so long is left: uvicorn closes it after five seconds."""

Step = tuple[str, str]
"""What is opened: the name of the route, and the address."""


class Refused(Exception):
    """An answer that is no page; the message says which."""


class Person:
    def __init__(self, port: int, known: dict[str, Any], seed: int) -> None:
        self.port, self.known, self.chance = port, known, random.Random(seed)
        self.cookie = known["cookie"]
        self.took: dict[str, list[float]] = defaultdict(list)
        self.errors: list[str] = []
        self.lines: list[tuple[float, asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.stream: asyncio.StreamWriter | None = None

    async def live(self, until: float, pause: float, only: list[Step] | None) -> None:
        """Open page after page until it is time to go home."""
        await asyncio.sleep(self.chance.expovariate(1 / pause))  # as if it had always gone on like this
        steps: Iterator[Step] = islice(self.clicks(), self.chance.randrange(5), None)  # nobody has just come
        if only:
            steps = iter(lambda: self.chance.choice(only), None)
        while time.monotonic() < until:
            name, address = next(steps)
            try:
                await self.visit(name, address)
            except (OSError, asyncio.IncompleteReadError, Refused) as error:
                self.errors.append(f"{name} {address}: {type(error).__name__} {error}")
                self.lines.clear()
            await asyncio.sleep(self.chance.expovariate(1 / pause))
        self._leave()

    async def visit(self, name: str, address: str) -> None:
        self._leave()
        page = await self.ask(name, address)
        if name == "playground" and self.known["role"] != "viewer" and (token := TOKEN.search(page)):
            await self.run(token[1].decode(), address)
        if name == "detail" and (found := PLOT.findall(page)):
            keys = b",".join(key for _place, key in found[:4])
            await self.ask("chart data", f"{(found[0][0] + keys).decode()}/?width=900")
        if name in {"home", "list", "detail"} and (stream := STREAM.search(page)):
            self.stream = await self._listen(stream[1].decode())

    async def run(self, token: str, address: str) -> None:
        """Ask the model, as the form does."""
        fields = {"model": address.rpartition("=")[2], "prompt": "Where is box 7?", "csrfmiddlewaretoken": token}
        body = urlencode(fields).encode()
        await self.ask("playground preview", "/playground/request/", body, "HX-Request: true\r\nHX-Target: request\r\n")
        await self.ask("playground run", "/playground/stream/", body + b"&stream=on")

    async def ask(self, name: str, address: str, body: bytes | None = None, headers: str = "") -> bytes:
        """Return the page; how long it took, from the first byte that is sent to the last one that comes, is noted."""
        reader, writer = await self._line()
        begun = time.perf_counter()
        writer.write(self._request(address, body, headers))
        head = await reader.readuntil(b"\r\n\r\n")
        answer = await self._body(reader, head)
        self.took[name].append(time.perf_counter() - begun)
        self.lines.append((time.monotonic(), reader, writer))
        status = int(head[9:12])
        if status != 200 or b'class="error' in answer:
            raise Refused(f"{status} {answer[:80]!r}")
        return answer

    def _request(self, address: str, body: bytes | None, headers: str = "") -> bytes:
        head = f"{'GET' if body is None else 'POST'} {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {self.cookie}\r\n"
        head += headers
        if body is None:
            return f"{head}\r\n".encode()
        form = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        return (head + form).encode() + body

    async def _body(self, reader: asyncio.StreamReader, head: bytes) -> bytes:
        for cookie in re.findall(rb"set-cookie: (csrftoken=[^;]+)", head, re.IGNORECASE):
            self.cookie = f"{self.known['cookie']}; {cookie.decode()}"
        if found := LENGTH.search(head):
            return await reader.readexactly(int(found[1]))
        parts = []
        while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
            parts.append((await reader.readexactly(size + 2))[:-2])
        await reader.readexactly(2)
        return b"".join(parts)

    async def _line(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Return a connection that is open, one of those used before if the server has not closed it by now."""
        while self.lines:
            since, reader, writer = self.lines.pop()
            if time.monotonic() - since < KEPT:
                return reader, writer
            writer.close()
        return await self._connect()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, limit=2**22)

    async def _listen(self, address: str) -> asyncio.StreamWriter:
        """Open the page's stream and leave it open; what comes is drained by the system's own buffers."""
        _reader, writer = await self._connect()
        writer.write(self._request(address, None))
        return writer

    def _leave(self) -> None:
        if self.stream is not None:
            self.stream.close()
            self.stream = None

    def clicks(self) -> Iterator[Step]:
        """Where people go: most often home, lists and details; owners look at the audit log now and then."""
        known, chance = self.known, self.chance
        while True:
            one = chance.choice(known["fine_tunes"])
            yield "home", "/"
            yield "list", self._list()
            yield "detail", f"/finetunes/{one}/"
            places = [
                ("events", f"/finetunes/{one}/events/"),
                ("list", self._list()),
                ("models", "/models/"),
                ("model", f"/models/{chance.choice(known['models'])}/"),
                ("datasets", "/datasets/"),
                ("dataset", f"/datasets/{chance.choice(known['datasets'])}/"),
                ("playground", f"/playground/?model={chance.choice(known['models'])}"),
                ("notifications", "/notifications/"),
            ]
            yield chance.choice(places)
            yield chance.choice(places)
            if known["role"] == "owner" and chance.random() < 0.2:
                yield "audit", "/audit/"

    def _list(self) -> str:
        filters: list[dict[str, Any]] = [{}, {}, {"page": self.chance.randint(1, self.known["pages"])}, {"status": "failed"}]
        filters += [{"status": "succeeded"}, {"q": self.chance.choice(WORDS)}, {"dataset": self.known["datasets"][0]}]
        return f"/finetunes/?{urlencode(self.chance.choice(filters))}"


async def main(given: dict[str, Any]) -> None:
    people = [Person(given["port"], known, seed) for seed, known in enumerate(given["people"])]
    until = time.monotonic() + given["seconds"]
    only = [tuple(step) for step in given["only"]] if given.get("only") else None
    await asyncio.gather(*(person.live(until, given["pause"], only) for person in people))
    took: dict[str, list[float]] = defaultdict(list)
    for person in people:
        for name, times in person.took.items():
            took[name] += times
    print(json.dumps({"took": took, "errors": [error for person in people for error in person.errors]}))


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.stdin.readline())))
