"""No request is read that is longer than its address takes.

What says so beforehand is answered without its body; what says nothing is cut off when it has become too long. Either
way the application gets a request without a body that bears a mark, and answers with its own words. So does whoever
may not send anything there.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from django.http import HttpRequest

Scope = dict[str, Any]
Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

MARK = "tunedeck.most_bytes"
FORM_BYTES = 1 << 20  # what a form may have besides its file
# Whoever sends on is listened to for a while, without keeping anything: hung up on at once, a browser shows no answer.
LINGER_SECONDS, LINGER_BYTES = 5.0, 64 << 20
NOTHING = {"type": "http.request", "body": b"", "more_body": False}


def exceeded(request: HttpRequest) -> int | None:
    """Return how many bytes the request could have had, if it had more."""
    most: int | None = getattr(request, "scope", {}).get(MARK)
    return most


class Bounds:
    """An ASGI application around another; `most` gives the bytes that an address takes.

    `may` says of a request that has a body whether that is read at all.
    """

    def __init__(self, app: App, most: Callable[[str], int], may: Callable[[Scope], Awaitable[bool]] | None = None) -> None:
        self._app, self._most, self._may = app, most, may

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = dict(scope.get("headers", ()))
        if scope["type"] != "http" or not {b"content-length", b"transfer-encoding"} & headers.keys():
            await self._app(scope, receive, send)
            return
        most = self._most(scope["path"].removeprefix(scope.get("root_path", "")))
        body = _Body(dict(scope), receive, send, most)
        if int(headers.get(b"content-length", 0)) > most or (self._may and not await self._may(scope)):
            body.refuse()
        await self._app(body.scope, body.receive, body.send)


class _Body:
    def __init__(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        self.scope, self._receive, self._send, self._most = scope, receive, send, most
        self._came = 0
        self._told: bool | None = None  # whether the end of a refused body was told
        self._start: Message = {}

    def refuse(self) -> None:
        self.scope[MARK], self._told = self._most, False

    async def receive(self) -> Message:
        if self._told is None:
            message = await self._receive()
            self._came += len(message.get("body", b""))
            if self._came <= self._most:
                return message
            self.refuse()
        if self._told:
            await asyncio.Event().wait()  # until whoever waits for a disconnection stops waiting
        self._told = True
        return dict(NOTHING)

    async def send(self, message: Message) -> None:
        if self._told is None:
            await self._send(message)
        elif message["type"] == "http.response.start":
            self._start = message
        elif self._start:
            await self._answer(message)

    async def _answer(self, message: Message) -> None:
        """Send an answer whose end is known, then let the sender come to an end, and hang up."""
        headers = [*self._start["headers"], (b"Connection", b"close")]
        if b"content-length" not in {name.lower() for name, _value in headers}:
            headers.append((b"Content-Length", str(len(message["body"])).encode()))
        await self._send({**self._start, "headers": headers})
        await self._send({**message, "more_body": True})
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._linger(), LINGER_SECONDS)
        await self._send({"type": "http.response.body"})

    async def _linger(self) -> None:
        heard = 0
        while heard < LINGER_BYTES:
            message = await self._receive()
            heard += len(message.get("body", b""))
            if not message.get("more_body"):
                return
