"""A line between the dashboard and a provider that goes wrong in every way that lines go wrong, by a seed.

What a request meets is drawn when it arrives: nothing, or one of the faults before the provider has heard of it or
after it has acted. Answers that do come may be out of order, come twice, and tell times of a clock that is wrong.
"""

from __future__ import annotations

import http.client
import json
import random
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import groupby
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

TIMES = frozenset({"created", "created_at", "updated_at", "finished_at", "estimated_finish", "expires_at"})
LISTS = ("/v1/files", "/v1/fine-tunes", "/v1/fine_tuning/jobs", "/v1/models")
DROPPED = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"})
BEFORE = ("reset", "too many", "broken", "bad gateway", "silence", "late")
AFTER = ("reset", "broken", "bad gateway", "silence", "half", "cut off")
PAGE = 7


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


@dataclass
class Weather:
    """How often what goes wrong: shares of all requests, and of those that start something."""

    seed: int
    silence: float  # seconds
    usual: float = 0.12
    starting: float = 0.5
    silent: float = 0.1  # of the faults; they take long
    skew: int = -5400  # seconds by which the provider's clock is wrong, in calm weather, too
    calm: bool = True


@dataclass
class Line:
    """The proxy: requests go to `target`, an address such as http://127.0.0.1:8001."""

    target: str
    weather: Weather
    met: Counter[str] = field(default_factory=Counter)
    address: str = ""

    def __post_init__(self) -> None:
        self._chance = random.Random(self.weather.seed)
        self._lock = threading.Lock()

    def draw(self, method: str, path: str) -> str:
        """Return what a request meets: "" or the name of a fault, those after the act with a + before it."""
        with self._lock:
            if self.weather.calm:
                return ""
            share = self.weather.starting if method == "POST" else self.weather.usual
            if self._chance.random() > share:
                return ""
            fault = self._fault()
            # Half a results file is a table too, and nobody could tell: what is cut off everybody can.
            if fault == "+half" and path.endswith("/content"):
                fault = "+cut off"
            self.met[f"{method} {fault}"] += 1
            return fault

    def _fault(self) -> str:
        is_before = self._chance.random() < 0.5
        names = BEFORE if is_before else AFTER
        slow = [name for name in names if name in ("silence", "late")]
        quick = [name for name in names if name not in slow]
        name = self._chance.choice(slow if self._chance.random() < self.weather.silent else quick)
        return name if is_before else f"+{name}"

    def chance(self, share: float) -> bool:
        with self._lock:
            return not self.weather.calm and self._chance.random() < share

    def shuffled(self, things: list[Any]) -> list[Any]:
        with self._lock:
            return self._chance.sample(things, len(things))

    def ask(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """Ask the provider itself."""
        connection = http.client.HTTPConnection(urlsplit(self.target).netloc, timeout=120)
        try:
            connection.request(method, path, body or None, headers)
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders() if name.lower() not in DROPPED}
            return Answer(answer.status, kept, answer.read())
        finally:
            connection.close()

    def request(self, method: str, path: str, headers: dict[str, str]) -> tuple[str, dict[str, str]]:
        """Return what is asked in the place of a request: shorter pages, an old page again, no key."""
        parts = urlsplit(path)
        query = dict(parse_qsl(parts.query))
        if "limit" in query and not self.weather.calm:
            query["limit"] = str(PAGE)
            if "after" in query and self.chance(0.1):
                del query["after"]
                self.met["page twice"] += 1
        if "Idempotency-Key" in headers and self.chance(0.5):
            headers = {name: value for name, value in headers.items() if name != "Idempotency-Key"}
            self.met["key dropped"] += 1
        return parts._replace(query=urlencode(query)).geturl(), headers

    def spoilt(self, path: str, answer: Answer) -> Answer:
        """Return an answer with the times of the wrong clock, and lists out of order and with things twice."""
        if "json" not in answer.headers.get("Content-Type", answer.headers.get("content-type", "")):
            return answer
        data = json.loads(answer.body)
        place = urlsplit(path).path
        if isinstance(data.get("data"), list) and answer.status == 200:
            data["data"] = self._out_of_order(place, data["data"])
        return Answer(answer.status, answer.headers, json.dumps(skewed(data, self.weather.skew)).encode())

    def _out_of_order(self, place: str, things: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if things and all("id" in one for one in things) and self.chance(0.2):
            things = things + things[: len(things) // 2 + 1]
            self.met["things twice"] += 1
        if not self.chance(0.2):
            return things
        self.met["out of order"] += 1
        if place in LISTS:
            return self.shuffled(things)
        # Events: within a second only their order in the list tells their order, so seconds change places.
        seconds = [list(group) for _time, group in groupby(things, key=lambda one: one.get("created_at"))]
        return [one for group in self.shuffled(seconds) for one in group]


def skewed(data: Any, seconds: int) -> Any:
    if isinstance(data, list):
        return [skewed(one, seconds) for one in data]
    if not isinstance(data, dict):
        return data
    return {
        name: value + seconds if name in TIMES and isinstance(value, int) and value else skewed(value, seconds)
        for name, value in data.items()
    }


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    line: Line

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.line.draw(self.command, self.path)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        if fault in ("", "late") or fault.startswith("+"):
            if fault == "late":
                time.sleep(self.line.weather.silence)
            path, headers = self.line.request(self.command, self.path, headers)
            try:
                answer = self.line.spoilt(path, self.line.ask(self.command, path, headers, body))
            except OSError:  # the provider is being started again
                return self._reset()
            if not fault:
                return self._say(answer)
        else:
            answer = Answer(200, {}, b"")
        self._effects()[fault.removeprefix("+")](answer)
        return None

    do_GET = do_POST = do_DELETE = _handle

    def _effects(self) -> dict[str, Callable[[Answer], None]]:
        json_type = {"Content-Type": "application/json"}
        broken = Answer(500, json_type, b'{"error": {"message": "The server had an error", "type": "server_error"}}')
        gateway = Answer(502, {"Content-Type": "text/html"}, b"<html><title>502 Bad Gateway</title></html>")
        return {
            "reset": lambda _answer: self._reset(),
            "late": lambda _answer: self._reset(),
            "silence": self._be_silent,
            "too many": lambda _answer: self._say(self._too_many()),
            "broken": lambda _answer: self._say(broken),
            "bad gateway": lambda _answer: self._say(gateway),
            "half": lambda answer: self._say(Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])),
            "cut off": self._cut_off,
        }

    def _too_many(self) -> Answer:
        again = formatdate(self._now() + 1, usegmt=True) if self.line.chance(0.5) else "1"
        body = b'{"error": {"message": "Rate limit reached", "type": "requests", "code": "rate_limit_exceeded"}}'
        return Answer(429, {"Content-Type": "application/json", "Retry-After": again}, body)

    def _now(self) -> float:
        return time.time() + self.line.weather.skew

    def _be_silent(self, _answer: Answer) -> None:
        time.sleep(self.line.weather.silence)
        self._reset()

    def _reset(self) -> None:
        """Hang up as a crash does, with a reset instead of an end."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def _cut_off(self, answer: Answer) -> None:
        self._head(answer)
        self.wfile.write(answer.body[: len(answer.body) // 2])
        self.wfile.flush()
        self._reset()

    def _say(self, answer: Answer) -> None:
        self._head(answer)
        self.wfile.write(answer.body)

    def _head(self, answer: Answer) -> None:
        self.send_response_only(answer.status)
        self.send_header("Date", formatdate(self._now(), usegmt=True))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()

    def handle(self) -> None:
        try:
            super().handle()
        except (OSError, ValueError):  # whoever asked has gone, or we have hung up
            self.close_connection = True

    def finish(self) -> None:
        with suppress(OSError, ValueError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def shutdown_request(self, request: Any) -> None:
        with suppress(OSError):
            super().shutdown_request(request)


@contextmanager
def bad_line(target: str, weather: Weather) -> Iterator[Line]:
    line = Line(target, weather)
    server = Server(("127.0.0.1", 0), type("Bound", (Handler,), {"line": line}))
    line.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield line
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
