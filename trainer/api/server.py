"""The trainer's ASGI application: a request is answered from beginning to end on one thread.

Django's own handler begins a thread and a connection to the database for each request and changes threads several
times on the way, which costs more than the answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any

from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from trainer.api import envelope
from trainer.api.seats import Seats

# More than there are seats: whoever writes a long answer has left his own.
THREADS = 200

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Server(ASGIHandler):
    def __init__(self) -> None:
        BaseHandler.__init__(self)
        self.load_middleware()
        self._seats = Seats()
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise ValueError(f"Nothing but HTTP is spoken here, not {scope['type']}.")
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            loop = asyncio.get_running_loop()
            response = await loop.run_in_executor(self._threads, self._answer, scope, body)
            try:
                await (self._stream if response.streaming else self._send)(response, receive, send)
            finally:
                response.close()

    def _answer(self, scope: Message, body: IO[bytes]) -> HttpResponseBase:
        with self._seats.taken():
            set_script_prefix(get_script_prefix(scope))
            request_started.send(sender=type(self), scope=scope)
            request, _ = self.create_request(scope, body)
            if request is None:
                return envelope.refused(envelope.BadRequest("The request could not be understood."))
            return self.get_response(request)

    async def _send(self, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        await self.send_response(response, send)

    async def _stream(self, response: HttpResponseBase, receive: Receive, send: Send) -> None:
        """Send until the end, or until nobody is there any more."""
        sending = asyncio.create_task(self.send_response(response, send))
        gone = asyncio.ensure_future(receive())
        try:
            await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            gone.cancel()
            sending.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)
