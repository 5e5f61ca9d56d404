"""A provider on a real socket that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 10.0  # seconds a test waits for something to happen


@dataclass(frozen=True)
class Received:
    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    status: int
    message: str = "no"
    code: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A web page where an API was expected."""

    html: str = "<html><title>Welcome</title></html>"
    status: int = 200


@dataclass(frozen=True)
class Whole:
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Cut:
    """The connection is lost before the answer is complete."""

    data: Mapping[str, Any]


@dataclass(frozen=True)
class Streamed:
    """Chunks one after the other. `breaks`: no end. `waits`: comments for as long as somebody listens.

    `until`: behind the first chunk, comments until that is set.
    """

    chunks: Sequence[Mapping[str, Any]]
    breaks: bool = False
    waits: bool = False
    until: threading.Event | None = None


@dataclass(frozen=True)
class Raw:
    """Any bytes at all, said to be of that kind."""

    body: bytes
    kind: str = "application/json"
    status: int = 200


@dataclass(frozen=True)
class Silent:
    """Nothing for as long as somebody waits; `begins`: a stream that never says anything."""

    begins: bool = False


@dataclass(frozen=True)
class HangsUp:
    """The connection is closed without a word."""


Answer = Refusal | Page | Whole | Cut | Streamed | Raw | Silent | HangsUp


class Provider:
    def __init__(self) -> None:
        self.received: list[Received] = []
        self.answers: deque[Answer] = deque()
        self.of_models: dict[str, Answer] = {}
        self.models: list[dict[str, Any]] = []
        self.hung_up = threading.Event()
        self.closing = threading.Event()

    def will(self, *answers: Answer) -> None:
        """Say what comes next; the last answer is repeated."""
        self.answers.clear()
        self.of_models.clear()
        self.answers.extend(answers)

    def will_as(self, answers: Mapping[str, Answer]) -> None:
        """Say what each model answers, whenever it is asked."""
        self.of_models = dict(answers)

    def answer(self, received: Received) -> Answer:
        """Choose the answer to a request."""
        model = received.body.get("model", "")
        return self.of_models[model] if model in self.of_models else self.next()

    def next(self) -> Answer:
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    provider: Provider

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever asked was killed or has hung up, which is no error of a provider."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.whole(200, {"object": "list", "data": self.server.provider.models})

    def do_POST(self) -> None:
        text = self.rfile.read(int(self.headers["Content-Length"]))
        received = Received(self.path, dict(self.headers), json.loads(text))
        self.server.provider.received.append(received)
        match self.server.provider.answer(received):
            case Refusal(status, message, code, headers):
                error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
                self.whole(status, {"error": error}, headers)
            case Page(html, status):
                self.reply(status, "text/html", html.encode())
            case Whole(data):
                self.whole(200, data)
            case Raw(body, kind, status):
                self.reply(status, kind, body)
            case Silent(begins):
                self.say_nothing(begins)
            case HangsUp():
                self.close_connection = True
            case Cut(data):
                self.close_connection = True
                self.whole(200, data, {"Content-Length": "100000"})
            case Streamed() as streamed:
                self.stream(streamed)

    def say_nothing(self, begins: bool) -> None:
        self.close_connection = True
        if begins:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.end_headers()
        self.server.provider.closing.wait(PATIENCE)

    def stream(self, streamed: Streamed) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        try:
            for chunk in streamed.chunks:
                self.send(f"data: {json.dumps(chunk)}\n\n")
                while streamed.until and not streamed.until.wait(0.02) and not self.server.provider.closing.is_set():
                    self.send(": waiting\n\n")
            while streamed.waits and not self.server.provider.closing.wait(0.02):
                self.send(": waiting\n\n")
            if streamed.breaks:
                self.send('data: {"choices": [{"te')
            elif not streamed.waits:
                self.send("data: [DONE]\n\n")
        except OSError:
            self.server.provider.hung_up.set()

    def send(self, text: str) -> None:
        self.wfile.write(text.encode())
        self.wfile.flush()

    def whole(self, status: int, data: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> None:
        self.reply(status, "application/json", json.dumps(data).encode(), headers)

    def reply(self, status: int, kind: str, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving(provider: Provider | None = None) -> Iterator[tuple[Provider, str]]:
    """Yield a provider and its base URL."""
    server = Server(("127.0.0.1", 0), Handler)
    server.provider = provider or Provider()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server.provider, f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.provider.closing.set()
        server.shutdown()
        server.server_close()
        thread.join(PATIENCE)


def completion(
    text: str, *, finish: str | None = "stop", top: Mapping[str, float] | None = None, index: int = 0, offset: int = 0
) -> dict[str, Any]:
    """Compose a completion, or a chunk of one, with one token and its alternatives."""
    top = top or {}
    logprobs: dict[str, Any] = {
        "tokens": [text],
        "token_logprobs": [top.get(text, -9.0)],
        "top_logprobs": [dict(top)],
        "text_offset": [offset],
    }
    choice = {"text": text, "index": index, "finish_reason": finish, "logprobs": logprobs if top else None}
    return {"id": "cmpl-1", "object": "text_completion", "created": 1700000000, "model": "m", "choices": [choice]}


def chat_chunk(
    text: str,
    *,
    finish: str | None = None,
    index: int = 0,
    calls: Sequence[Mapping[str, Any]] = (),
    refusal: str | None = None,
) -> dict[str, Any]:
    delta = {"content": text} | ({"tool_calls": list(calls)} if calls else {}) | ({"refusal": refusal} if refusal else {})
    choice = {"index": index, "delta": delta, "finish_reason": finish, "logprobs": None}
    return {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1700000000, "model": "m", "choices": [choice]}


def chat_whole(text: str, *, calls: Sequence[Mapping[str, Any]] = (), refusal: str | None = None) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": text or None, "refusal": refusal}
    message |= {"tool_calls": list(calls)} if calls else {}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop", "logprobs": None}
    return {"id": "chatcmpl-1", "object": "chat.completion", "created": 1700000000, "model": "m", "choices": [choice]}


def usage(prompt: int, written: int) -> dict[str, Any]:
    """Compose the chunk that closes a stream when tokens were to be counted."""
    counted = {"prompt_tokens": prompt, "completion_tokens": written, "total_tokens": prompt + written}
    return {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 1700000000,
        "model": "m",
        "choices": [],
        "usage": counted,
    }
