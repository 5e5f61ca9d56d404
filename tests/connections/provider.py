"""A provider that really listens: what a connection sends goes over a socket to it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

EMPTY = {"object": "list", "data": []}


@dataclass
class Provider:
    """Answers each path with a status and JSON; other paths are not found."""

    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)  # method, path, headers
    refusal: tuple[int, Any] = (400, {"error": {"message": "file-0 does not exist"}})  # of whatever is created
    url: str = ""

    def refuse_all(self, status: int, message: str, **fields: str) -> None:
        self.answers = dict.fromkeys(self.answers, (status, {"error": {"message": message, **fields}}))

    def handler(provider) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def do_GET(self) -> None:
                path = self.path.split("?")[0].removeprefix("/v1")
                provider.asked.append((self.command, path, {name.lower(): value for name, value in self.headers.items()}))
                status, data = provider.answers.get(path, (404, {"error": {"message": "Unknown request URL"}}))
                if self.command == "POST":
                    status, data = provider.refusal
                body = json.dumps(data).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.send_header("x-request-id", "req_42")
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Stay silent."""

        return Handler


@contextmanager
def listening() -> Iterator[Provider]:
    """Serve a provider that has both generations of the API and nothing in them."""
    provider = Provider(dict.fromkeys(("/models", "/files", "/fine-tunes", "/fine_tuning/jobs"), (200, EMPTY)))
    server = ThreadingHTTPServer(("127.0.0.1", 0), provider.handler())
    provider.url = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
