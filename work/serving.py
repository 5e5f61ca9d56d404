"""An ASGI application that answers a request from beginning to end on one thread.

Django's own begins a thread for each request, with a connection to the database, and changes threads for every
middleware on the way, which costs more than most answers do. With a few threads for all, those who come together wait
for each other instead of fighting for the interpreter.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context, copy_context
from functools import partial
from typing import IO, Any, cast

from asgiref.sync import SyncToAsync, sync_to_async
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, get_script_prefix
from django.core.handlers.base import BaseHandler
from django.core.signals import request_started
from django.db import close_old_connections
from django.http import FileResponse
from django.http.response import HttpResponseBase
from django.urls import get_resolver, set_script_prefix

LONG = 0.5
"""Seconds."""
YOUNG = 10_000
"""So many objects more than before make the garbage collector look at the new ones."""

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class OneThread(ASGIHandler):
    """Answers with views and middleware that are all synchronous, so many at a time.

    One that takes long, such as a large file or a provider that is slow, makes room for another after a moment: there
    are more threads than `at_once`.
    """

    def __init__(self, threads: int, at_once: int) -> None:
        BaseHandler.__init__(self)
        self.load_middleware()
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._room = asyncio.Semaphore(at_once)

    async def handle(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            context = copy_context()  # a thread keeps nothing of one request for the next
            response = await self._on_a_thread(partial(context.run, self.answer, scope, body))
            if response.streaming:
                await self._stream(response, receive, send, context)
            else:
                await self._send(response, send)

    async def _on_a_thread(self, call: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        async with self._room:
            making = asyncio.get_running_loop().run_in_executor(self._threads, call)
            await asyncio.wait((making,), timeout=LONG)
        return await making

    def answer(self, scope: Message, body: IO[bytes]) -> HttpResponseBase:
        """Return the answer to a request; runs on a thread and leaves no connection to the database in it."""
        set_script_prefix(get_script_prefix(scope))
        request_started.send(sender=type(self), scope=scope)
        try:
            request, refusal = self.create_request(scope, body)
            return self.get_response(request) if request else self.misunderstood(cast("HttpResponseBase", refusal))
        finally:
            close_old_connections()

    def misunderstood(self, refusal: HttpResponseBase) -> HttpResponseBase:
        """Return the answer to what is no request."""
        return refusal

    async def _send(self, response: HttpResponseBase, send: Send) -> None:
        try:
            await self.send_response(response, send)
        finally:
            response.close()

    async def _stream(self, response: HttpResponseBase, receive: Receive, send: Send, context: Context) -> None:
        """Send until the end, or until nobody is there any more."""
        if isinstance(response, FileResponse):
            response.block_size = self.chunk_size
        sending = asyncio.create_task(self.send_response(response, send), context=context)
        gone = asyncio.ensure_future(receive())
        try:
            await asyncio.wait((sending, gone), return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            gone.cancel()
            sending.cancel()
            await asyncio.gather(sending, gone, return_exceptions=True)
            # On the thread that the pieces came from, if they needed one: the connection to the database is there.
            if _has_thread():
                await sync_to_async(response.close)()
            else:
                response.close()


def settle() -> None:
    """Take all that is loaded by now out of the garbage collector's sight.

    Else it looks through all of it again and again, in the middle of answers, and finds that it is needed still.
    """
    get_resolver().url_patterns  # noqa: B018 — loads the views
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG)


def _has_thread() -> bool:
    """Tell whether something synchronous was done while the pieces were made."""
    return SyncToAsync.thread_sensitive_context.get(None) in SyncToAsync.context_to_thread_executor
