"""What the fake providers have in common: a real HTTP server in a thread, and a table of routes."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

KEY = "sk-fake-0123456789abcdef"


@dataclass(frozen=True)
class Request:
    method: str
    path: str  # without the prefix, quoting undone
    query: dict[str, str]
    headers: Mapping[str, str]  # lower-case names
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        data = json.loads(self.body)
        assert isinstance(data, dict)
        return data

    def form(self) -> tuple[dict[str, str], str, bytes]:
        """Return the fields of a multipart form, and the file's name and content."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        fields, name, content = {}, "", b""
        for part in message_from_bytes(head + self.body, policy=policy.HTTP).iter_parts():
            value = part.get_payload(decode=True)
            assert isinstance(value, bytes)
            if part.get_filename():
                name, content = str(part.get_filename()), value
            else:
                fields[str(part.get_param("name", header="content-disposition"))] = value.decode()
        return fields, name.rsplit("/", 1)[-1], content


@dataclass(frozen=True)
class Answer:
    data: Any = None  # bytes go out as they are, everything else as JSON
    status: int = 200
    headers: Mapping[str, str] | None = None


class Refusal(Exception):
    def __init__(self, status: int, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        kind = "invalid_request_error" if status < 500 else "server_error"
        self.answer = Answer({"error": {"message": message, "type": kind, "param": param, "code": code}}, status)


Verb = Callable[..., Any]


class Fake:
    """A stateful provider. Subclasses name their routes; a route's groups are the verb's arguments."""

    prefix = "/v1"
    routes: ClassVar[list[tuple[str, str, str]]] = []  # method, pattern of the path, name of the verb

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.clock = 1_760_000_000
        self.url = ""
        self._lock = threading.Lock()

    def now(self) -> int:
        self.clock += 1
        return self.clock

    def place(self, path: str, query: dict[str, str]) -> str:
        """Return the path within the API."""
        return path.removeprefix(self.prefix)

    def is_allowed(self, request: Request) -> bool:
        return request.headers.get("authorization") == f"Bearer {KEY}"

    def answer(self, request: Request) -> Answer:
        with self._lock:
            self.asked.append(request)
            try:
                if not self.is_allowed(request):
                    raise Refusal(401, "Incorrect API key provided.", "invalid_api_key")
                found = self._act(request)
            except Refusal as refusal:
                return refusal.answer
            return found if isinstance(found, Answer) else Answer(found)

    def _act(self, request: Request) -> Any:
        for method, pattern, verb in self.routes:
            found = re.fullmatch(pattern, request.path)
            if found and method == request.method:
                return getattr(self, verb)(request, *found.groups())
        raise Refusal(404, f"Unknown request URL: {request.method} {request.path}.", "unknown_url")


Server = TypeVar("Server", bound=Fake)


@contextmanager
def serving(fake: Server) -> Iterator[Server]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    server.daemon_threads = True
    fake.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield fake
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _handler(fake: Fake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            parts = urlsplit(self.path)
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            answer = fake.answer(
                Request(
                    method=self.command,
                    path=unquote(fake.place(parts.path, query)),
                    query=query,
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=body,
                )
            )
            self.write(answer)

        def write(self, answer: Answer) -> None:
            raw = isinstance(answer.data, bytes)
            body = answer.data if isinstance(answer.data, bytes) else json.dumps(answer.data).encode()
            kind = "application/octet-stream" if raw else "application/json"
            self.send_response(answer.status)
            headers = {"Content-Type": kind, "x-request-id": "req_fake", **(answer.headers or {})}
            for name, value in (headers | {"Content-Length": str(len(body))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_DELETE = reply

        def log_message(self, *args: Any) -> None:
            """Stay silent."""

    return Handler


def streamed(chunks: list[Any]) -> Answer:
    lines = [f"data: {json.dumps(chunk)}\n\n" for chunk in chunks] + ["data: [DONE]\n\n"]
    return Answer("".join(lines).encode(), headers={"Content-Type": "text/event-stream", "Connection": "close"})
