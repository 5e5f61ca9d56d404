"""A receiver of webhooks: a small HTTP server that keeps what it is sent and answers as the test wants."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from typing import Any, NamedTuple


class Message(NamedTuple):
    headers: dict[str, str]
    body: str


@dataclass
class Receiver:
    url: str
    messages: Queue[Message] = field(default_factory=Queue)
    status: int = 200
    answers: threading.Event = field(default_factory=threading.Event)
    """Not set: whoever calls waits for an answer."""

    def next(self) -> Message:
        return self.messages.get(timeout=60)


@contextmanager
def receiving() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            receiver.messages.put(Message({name.lower(): value for name, value in self.headers.items()}, body))
            receiver.answers.wait(60)
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}/hook")
    receiver.answers.set()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield receiver
    finally:
        receiver.answers.set()
        server.shutdown()
        server.server_close()
