"""A request that has become a stream keeps no thread."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

from asgiref.sync import ThreadSensitiveContext, sync_to_async

from work import thread


def test_the_thread_ends_and_what_follows_gets_a_new_one() -> None:
    async def request() -> tuple[threading.Thread, threading.Thread]:
        async with ThreadSensitiveContext():
            first = await sync_to_async(threading.current_thread)()
            await thread.give_back()
            await asyncio.to_thread(first.join, 10)
            assert not first.is_alive()
            return first, await sync_to_async(threading.current_thread)()

    with ThreadPoolExecutor(1) as outside:  # as a server, which has no thread of a test above it
        first, second = outside.submit(asyncio.run, request()).result(20)
    assert first is not second
