"""The live stream of one fine-tune: what came after a cursor, then whatever happens, until it has ended.

The id of a message is the ordinal of its event, so a browser that comes again with `Last-Event-ID` goes on
exactly where it was: every event once, in order.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from finetunes.frames import ALIVE, END, RETRY, Frame, frame
from finetunes.tail import Watcher, tail

QUIET = 15.0
"""A sign of life at least so often, in seconds, so that nothing on the way takes the stream for dead."""
LONGEST = 15 * 60.0
"""Then the browser comes again, and its right to watch is looked at again."""


async def follow(pk: int, cursor: int, language: str) -> AsyncGenerator[bytes, None]:
    watcher = Watcher(pk, language, cursor)
    tail().join(watcher)  # before reading, so that nothing falls in between
    end = time.monotonic() + LONGEST
    try:
        yield RETRY
        complete = False
        while not complete:
            first = await sync_to_async(_read)(pk, watcher.cursor, language)
            yield _take(first, watcher)
            complete = first.is_complete
        if first.is_last:
            yield END
            return
        while time.monotonic() < end and not watcher.is_behind:
            new = await _next(watcher)
            yield _take(new, watcher) if new else ALIVE
            if new and new.is_last:
                yield END
                return
    finally:
        tail().leave(watcher)


def _read(pk: int, cursor: int, language: str) -> Frame:
    try:
        return frame(pk, cursor, [language])
    finally:
        close_old_connections()  # a stream lives long, and must not keep one for itself


async def _next(watcher: Watcher) -> Frame | None:
    try:
        return await asyncio.wait_for(watcher.frames.get(), QUIET)
    except TimeoutError:
        return None


def _take(new: Frame, watcher: Watcher) -> bytes:
    message = new.since(watcher.cursor, watcher.language)
    watcher.cursor = max(watcher.cursor, new.upto)
    return message
