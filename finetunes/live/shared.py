"""What all who watch the same thing share, so that it is read and rendered once, however many they are."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

from finetunes.live import frames
from finetunes.live.frames import Frame, Lines
from teams.looks import Look

BLOCK = 100
"""Events are kept and read in blocks of so many, the same for everybody."""
KEPT = 3
"""So many blocks of the newest are kept, and as many older ones that somebody asked for."""
MADE = 64


class Shared:
    """Something that changes, and wakes those who watch it."""

    def __init__(self, look: Look) -> None:
        self.look = look
        self.watchers = 0
        self.changed = asyncio.Event()
        self.told_at = time.monotonic()

    def wake(self) -> None:
        self.told_at = time.monotonic()
        self.changed.set()
        self.changed = asyncio.Event()


class Run(Shared):
    """One fine-tune: its newest lines, and how its parts look now."""

    def __init__(self, pk: int, look: Look) -> None:
        super().__init__(look)
        self.pk = pk
        self.start = self.upto = 0
        """Lines after the start are here, up to this place."""
        self.revision = -1
        self.is_complete = self.is_last = False
        self.reading = asyncio.Lock()
        self._lines: Lines = []
        self._parts: dict[str, tuple[int, str]] = {}  # name → since which revision it looks so
        self._news: dict[str, Any] = {}
        self._made: dict[tuple[int, int], bytes] = {}
        self._blocks: dict[int, Lines] = {}

    @property
    def is_known(self) -> bool:
        return self.revision >= 0

    def begin(self, last_event: int) -> None:
        """Begin somewhat before the end, so that those who come with an older cursor are served as well."""
        self.start = self.upto = max(0, last_event // BLOCK - 1) * BLOCK

    def end(self) -> None:
        """It is here no more."""
        self.is_last = True
        self.revision = max(0, self.revision)
        self.wake()

    def take(self, new: Frame) -> None:
        self._lines += new.lines
        self.upto, self.is_complete, self.is_last = new.upto, new.is_complete, new.is_last
        self.revision, self._news = new.revision, new.news
        for name, html in new.parts.items():
            if self._parts.get(name, (0, None))[1] != html:
                self._parts[name] = (new.revision, html)
        self._forget()
        self._made.clear()
        self.wake()

    def _forget(self) -> None:
        start = (self.upto // BLOCK - KEPT) * BLOCK
        if start > self.start:
            self.start = start
            self._lines = [line for line in self._lines if line[0] > start]

    def since(self, cursor: int, revision: int) -> bytes:
        """Return what somebody has not seen; everybody at the same place gets the same bytes."""
        if cursor >= self.upto and revision >= self.revision:
            return b""
        found = self._made.get((cursor, revision))
        if found is None:
            if len(self._made) > MADE:
                self._made.clear()
            found = self._made[cursor, revision] = self._make(cursor, revision)
        return found

    def _make(self, cursor: int, revision: int) -> bytes:
        changed = {name: html for name, (since, html) in self._parts.items() if since > revision}
        place = f"{max(cursor, self.upto)}-{max(revision, self.revision)}"
        new = [line for ordinal, line in self._lines if ordinal > cursor]
        return b"".join([*new, frames.message("parts", {"parts": changed, **self._news}, place)])

    def block(self, cursor: int) -> Lines | None:
        """Return the older block that comes after a cursor, if somebody has asked for it before."""
        return self._blocks.get(cursor // BLOCK)

    def keep(self, cursor: int, lines: Lines) -> None:
        self._blocks[cursor // BLOCK] = lines
        while len(self._blocks) > KEPT:
            del self._blocks[next(iter(self._blocks))]


class Board(Shared):
    """The rows of an organization that somebody looks at."""

    def __init__(self, organization: int, look: Look) -> None:
        super().__init__(look)
        self.organization = organization
        self.shape = ""
        self.wanted: Counter[int] = Counter()
        self.rows: dict[int, tuple[int, bytes]] = {}  # fine-tune → its revision, and the message

    def stale(self, revisions: dict[int, int]) -> list[int]:
        """Return which rows somebody looks at that have changed, and drop those that nobody needs."""
        self.rows = {pk: row for pk, row in self.rows.items() if pk in revisions and self.wanted[pk]}
        known = {pk: revision for pk, (revision, _) in self.rows.items()}
        return [pk for pk, revision in revisions.items() if self.wanted[pk] and known.get(pk) != revision]

    def take(self, rows: dict[int, tuple[int, bytes]], shape: str) -> None:
        is_new = bool(rows) or shape != self.shape
        self.rows |= rows
        self.shape = shape
        if is_new:
            self.wake()

    def since(self, known: dict[int, int]) -> bytes:
        """Return the rows that are newer than the known revisions, and note them there."""
        new = {pk: self.rows[pk] for pk in known if pk in self.rows and self.rows[pk][0] > known[pk]}
        known |= {pk: revision for pk, (revision, _) in new.items()}
        return b"".join(row for _, row in new.values())
