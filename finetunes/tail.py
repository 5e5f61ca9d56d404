"""Follow the database for everybody who watches: one question per tick and process, however many watch."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from asgiref.sync import sync_to_async
from django.db import close_old_connections

from finetunes.frames import Frame, frame
from finetunes.models import FineTune

log = logging.getLogger(__name__)
TICK = 0.5
MOST_WAITING = 500
NOTED = 10.0
"""Seconds between two notes that somebody watches, on which the pace of polling depends."""


@dataclass(eq=False)
class Watcher:
    """Somebody who watches a fine-tune and has seen its events up to the cursor."""

    fine_tune: int
    language: str
    cursor: int
    frames: asyncio.Queue[Frame] = field(default_factory=lambda: asyncio.Queue(MOST_WAITING))
    is_behind: bool = False  # too slow to be told everything: it must come again

    def tell(self, one: Frame) -> None:
        try:
            self.frames.put_nowait(one)
        except asyncio.QueueFull:
            self.is_behind = True


class Tail:
    """Watches while there is somebody to tell."""

    def __init__(self) -> None:
        self.watchers: dict[int, set[Watcher]] = {}
        self._seen: dict[int, tuple[int, int]] = {}  # fine-tune → revision and last event that were told
        self._task: asyncio.Task[None] | None = None
        self._noted: dict[int, float] = {}  # fine-tune → when it was noted that somebody watches

    def join(self, watcher: Watcher) -> None:
        self.watchers.setdefault(watcher.fine_tune, set()).add(watcher)
        if self._task is None or self._task.done():
            # A context of its own: the one of the first watcher's request ends with that request.
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._follow(), context=contextvars.Context())

    def leave(self, watcher: Watcher) -> None:
        group = self.watchers.get(watcher.fine_tune, set())
        group.discard(watcher)
        if not group:
            self.watchers.pop(watcher.fine_tune, None)
            self._seen.pop(watcher.fine_tune, None)
            self._noted.pop(watcher.fine_tune, None)

    async def _follow(self) -> None:
        while self.watchers:
            try:
                await self._tick()
            except Exception:
                log.exception("The live pages could not be brought up to date; it is tried again.")
            await asyncio.sleep(TICK)

    async def _tick(self) -> None:
        await self._note()
        for pk, revision in await sync_to_async(_revisions)(list(self.watchers)):
            seen = self._seen.get(pk)
            if seen is None or seen[0] != revision:
                await self._tell(pk, revision, seen[1] if seen else self._least_cursor(pk))

    async def _note(self) -> None:
        now = time.monotonic()
        old = [pk for pk in self.watchers if now - self._noted.get(pk, -NOTED) >= NOTED]
        if old:
            await sync_to_async(FineTune.objects.watched)(old)
            self._noted |= {pk: now for pk in old if pk in self.watchers}

    async def _tell(self, pk: int, revision: int, after: int) -> None:
        languages = {watcher.language for watcher in self.watchers.get(pk, ())}
        if not languages:
            return
        new = await sync_to_async(frame)(pk, after, languages)
        told = [watcher for watcher in self.watchers.get(pk, ()) if watcher.language in new.lines]
        for watcher in told:
            watcher.tell(new)
        if group := self.watchers.get(pk):
            # More is waiting, or somebody came with another language: the next tick goes on with the same revision.
            is_done = new.is_complete and len(told) == len(group)
            self._seen[pk] = (revision if is_done else -1, new.upto if len(told) == len(group) else after)

    def _least_cursor(self, pk: int) -> int:
        return min((watcher.cursor for watcher in self.watchers.get(pk, ())), default=0)


def _revisions(pks: Iterable[int]) -> list[tuple[int, int]]:
    close_old_connections()
    return list(FineTune.objects.filter(pk__in=list(pks)).values_list("pk", "revision"))


_tails: WeakKeyDictionary[asyncio.AbstractEventLoop, Tail] = WeakKeyDictionary()


def tail() -> Tail:
    """Return the tail of this process."""
    return _tails.setdefault(asyncio.get_running_loop(), Tail())
