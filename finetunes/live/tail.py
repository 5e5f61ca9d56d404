"""Follow the database for everybody who watches: one question per tick and process, however many watch."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import DatabaseError, close_old_connections, connections

from finetunes.live import frames, rows, watchers
from finetunes.live.frames import Frame, Lines
from finetunes.live.shared import BLOCK, Board, Run
from finetunes.live.watchers import Watcher
from finetunes.models import FineTune
from teams.looks import Look

P = ParamSpec("P")
T = TypeVar("T")
log = logging.getLogger(__name__)
TICK = 0.5
LEAST_PAUSE = 0.05
AT_ONCE = 20
"""So many fine-tunes are read before those who watch them are told."""
QUIET = 15.0
"""A sign of life at least so often, in seconds, so that nothing on the way takes the stream for dead."""
NOTED = 10.0
"""Seconds between two notes that somebody watches, on which the pace of polling depends."""
RIGHTS = 5.0
"""Seconds between two looks at whether those who watch are still members and signed in: asked once for all of them."""


class Tail:
    """Watches while there is somebody to tell."""

    def __init__(self) -> None:
        self.runs: dict[tuple[int, Look], Run] = {}
        self.boards: dict[tuple[int, Look], Board] = {}
        self._wanted = asyncio.Event()  # somebody waits for something that nobody watched before
        self._task: asyncio.Task[None] | None = None
        self._noting: asyncio.Task[None] | None = None
        self._noted: dict[int, float] = {}  # fine-tune → when it was noted that somebody watches
        self._watchers: Counter[Watcher] = Counter()
        self._checked_at = 0.0
        self.lost: set[Watcher] = set()
        """Whoever may watch no more: their streams end."""
        self.took = self.looked_at = 0.0
        """How long the last look at the database took, in seconds, and when it ended."""

    @contextmanager
    def run(self, pk: int, look: Look) -> Iterator[Run]:
        """Lend what is known of a fine-tune for as long as somebody watches it."""
        run = self.runs.get((pk, look))
        if run is None:
            run = self.runs[pk, look] = Run(pk, look)
            self._begin()
        run.watchers += 1
        try:
            yield run
        finally:
            run.watchers -= 1
            if not run.watchers:
                del self.runs[pk, look]

    @contextmanager
    def board(self, organization: int, shown: Collection[int], look: Look) -> Iterator[Board]:
        """Lend the rows of an organization, of which somebody looks at those shown."""
        board = self.boards.setdefault((organization, look), Board(organization, look))
        board.watchers += 1
        board.wanted.update(shown)
        self._keep_on()
        try:
            yield board
        finally:
            board.watchers -= 1
            board.wanted -= Counter(shown)
            if not board.watchers:
                del self.boards[organization, look]

    @contextmanager
    def watcher(self, who: Watcher | None) -> Iterator[None]:
        """Keep an eye on whether somebody still may watch; None is nobody."""
        if who is None:
            yield
            return
        self._watchers[who] += 1
        try:
            yield
        finally:
            self._watchers[who] -= 1
            if not self._watchers[who]:
                del self._watchers[who]
                self.lost.discard(who)

    async def older(self, run: Run, cursor: int) -> tuple[Lines, int]:
        """Return lines that came before those at hand, a block of them, and up to where they go; one reads for all."""
        async with run.reading:
            found = run.block(cursor)
            if found is None:
                start = cursor // BLOCK * BLOCK
                found = await _ask(frames.older, run.pk, start, start + BLOCK, run.look)
                run.keep(cursor, found)
        return found, (cursor // BLOCK + 1) * BLOCK

    def _begin(self) -> None:
        """Look at once: somebody has a page open that says nothing yet."""
        self._wanted.set()
        self._keep_on()

    def _keep_on(self) -> None:
        if self._task is None or self._task.done():
            # A context of its own: the one of the first watcher's request ends with that request.
            loop = asyncio.get_running_loop()
            self._task = loop.create_task(self._follow(), context=contextvars.Context())

    async def _follow(self) -> None:
        while self.runs or self.boards:
            self._wanted.clear()
            begun = time.monotonic()
            try:
                await self._tick()
                self.looked_at = time.monotonic()
                self.took = self.looked_at - begun
            except Exception:
                log.exception("The live pages could not be brought up to date; it is tried again.")
                await sync_to_async(connections.close_all)()
            with suppress(TimeoutError):
                async with asyncio.timeout(max(LEAST_PAUSE, begun + TICK - time.monotonic())):
                    await self._wanted.wait()
        self._task = None  # whoever comes from now on begins anew
        await sync_to_async(close_old_connections)()

    async def _tick(self) -> None:
        runs, boards = list(self.runs.values()), list(self.boards.values())
        await self._check([*runs, *boards])
        now = await sync_to_async(rows.look)({run.pk for run in runs}, {board.organization for board in boards})
        changed = [run for run in runs if run.revision != now.runs.get(run.pk) or not run.is_complete]
        for place in range(0, len(changed), AT_ONCE):
            for run, frame in await sync_to_async(_frames)(changed[place : place + AT_ONCE], now):
                run.take(frame) if frame else run.end()
        self._keep_going(runs, boards)
        for board in boards:
            standing = now.organizations[board.organization]
            stale = board.stale(standing.revisions)
            board.take(await sync_to_async(rows.render)(stale, board.look) if stale else {}, standing.shape)
        self._note()

    async def _check(self, watched: list[Run | Board]) -> None:
        """Wake all who watch when somebody among them is a member, or signed in, no more."""
        if time.monotonic() - self._checked_at < RIGHTS:
            return
        self._checked_at, here = time.monotonic(), set(self._watchers)
        lost = here - await sync_to_async(watchers.still_there)(here)
        if lost - self.lost:
            self.lost |= lost & set(self._watchers)  # who has hung up meanwhile needs no end
            for shared in watched:
                shared.wake()

    def _keep_going(self, runs: list[Run], boards: list[Board]) -> None:
        """Go on at once where more waits to be read, and give a sign of life where nothing happens."""
        quiet = time.monotonic() - QUIET
        for shared in [*runs, *boards]:
            if shared.told_at < quiet:
                shared.wake()
        if any(run.is_known and not run.is_complete for run in runs):
            self._wanted.set()

    def _note(self) -> None:
        """Let it be noted who is watched, beside the reading: a note may have to wait for others who write."""
        now = time.monotonic()
        pks = {pk for pk, _ in self.runs}
        old = [pk for pk in pks if now - self._noted.get(pk, -NOTED) >= NOTED]
        if old and (self._noting is None or self._noting.done()):
            self._noting = asyncio.get_running_loop().create_task(self._watched(old), context=contextvars.Context())
            self._noted = {pk: when for pk, when in self._noted.items() if pk in pks} | dict.fromkeys(old, now)

    async def _watched(self, pks: list[int]) -> None:
        async with ThreadSensitiveContext():
            try:
                await sync_to_async(FineTune.objects.watched)(pks)
            except DatabaseError:
                log.warning("It could not be noted that fine-tunes are watched; it is tried again.", exc_info=True)
                self._noted = {pk: when for pk, when in self._noted.items() if pk not in pks}
            await sync_to_async(close_old_connections)()


def _frames(runs: list[Run], now: rows.Now) -> list[tuple[Run, Frame | None]]:
    """Read what has changed; None is here no more. What goes wrong with one does not keep the others from being told."""
    found: list[tuple[Run, Frame | None]] = []
    for run in runs:
        try:
            found.append((run, _frame(run) if run.pk in now.runs else None))
        except DatabaseError:
            raise
        except Exception:
            log.exception("The live page of fine-tune %s could not be brought up to date; it is tried again.", run.pk)
    return found


def _frame(run: Run) -> Frame:
    if not run.is_known:
        run.begin(frames.last_event(run.pk))
    return frames.frame(run.pk, run.upto, run.look)


async def _ask(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run it in the thread in which the tail asks the database, not in one of the request's own."""

    async def run() -> T:
        return await sync_to_async(function)(*args, **kwargs)

    return await asyncio.get_running_loop().create_task(run(), context=contextvars.Context())


@dataclass(frozen=True)
class Standing:
    """How many streams this process serves, how many seconds the last look took, and how long ago it was."""

    streams: int
    seconds: float
    late: float


def standing() -> Standing:
    tails = list(_tails.values())
    shared = [one for tail in tails for one in (*list(tail.runs.values()), *list(tail.boards.values()))]
    looked = max((tail.looked_at for tail in tails), default=0.0)
    late = time.monotonic() - looked if shared and looked else 0.0
    return Standing(sum(one.watchers for one in shared), max((tail.took for tail in tails), default=0.0), late)


_tails: WeakKeyDictionary[asyncio.AbstractEventLoop, Tail] = WeakKeyDictionary()


def tail() -> Tail:
    """Return the tail of this process."""
    return _tails.setdefault(asyncio.get_running_loop(), Tail())
