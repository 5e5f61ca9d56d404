"""An ASGI application behind a real server, on a thread of the test, or spoken to as a server speaks to it."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
from asgiref.sync import async_to_sync

from tests.servers import free_port, wait_for_port

SECONDS = 20
WHOLE = {"type": "http.request", "body": b"", "more_body": False}
GONE = {"type": "http.disconnect"}


@contextmanager
def served(app: Any, **options: Any) -> Iterator[int]:
    port = free_port()
    config = uvicorn.Config(app, port=port, lifespan="off", log_config=None, log_level="critical", **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_for_port(port)
        yield port
    finally:
        server.should_exit = True
        thread.join(SECONDS)


def head(path: str, length: int | str, *more: str) -> bytes:
    """The head of a POST; a length that is a text is a way of transfer."""
    size = f"Content-Length: {length}" if isinstance(length, int) else f"Transfer-Encoding: {length}"
    lines = (f"POST {path} HTTP/1.1", "Host: localhost", "Content-Type: application/octet-stream", size, *more)
    return "\r\n".join((*lines, "", "")).encode()


def said(port: int, sent: bytes, *, chunk: bytes = b"", times: int = 0) -> str:
    """Send, and return the head and body of the answer, of which the head names the length."""
    with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as line:
        line.sendall(sent)
        for _each in range(times):
            line.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
        return _answer(line)


def _answer(line: socket.socket) -> str:
    came = b""
    while b"\r\n\r\n" not in came:
        came += _more(line)
    start, _blank, body = came.partition(b"\r\n\r\n")
    length = next(one for one in start.lower().splitlines() if one.startswith(b"content-length:"))
    while len(body) < int(length.split(b":")[1]):
        body += _more(line)
    return f"{start.decode()}\n\n{body.decode()}"


def _more(line: socket.socket) -> bytes:
    got = line.recv(65536)
    assert got, "hung up on before the answer was there"
    return got


def scope(path: str, **more: Any) -> dict[str, Any]:
    return {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": [], **more}


def spoken(app: Any, scope: dict[str, Any], *said: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what the application sends; after what is `said`, nothing more comes."""
    heard, sent = list(said), []

    async def receive() -> dict[str, Any]:
        return heard.pop(0) if heard else await asyncio.Future()

    async def send(message: Any) -> None:
        sent.append(dict(message))

    async def talk() -> None:
        async with asyncio.timeout(30):
            await app(scope, receive, send)

    async_to_sync(talk)()
    return sent
