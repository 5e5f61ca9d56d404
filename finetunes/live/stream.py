"""The live streams: of one fine-tune, and of the rows that somebody looks at.

The id of a message is the ordinal of the last event and the revision that the page shows then, so a browser
that comes again with `Last-Event-ID`, to whichever web process, goes on exactly where it was: every event
once, in order. Rows need no id: the browser says which revision of each it shows.
"""

from __future__ import annotations

import random
import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass

from finetunes.live.frames import ALIVE, END
from finetunes.live.shared import Run
from finetunes.live.tail import tail
from finetunes.live.watchers import Watcher
from teams.looks import Look

LONGEST = 15 * 60.0
"""Then the browser comes again, and its right to watch is looked at again; who has lost it is cut off before."""
MOVED = b"event: moved\ndata: {}\n\n"


@dataclass(slots=True)
class Seen:
    """The last event that somebody has seen, and the revision that the page shows; -1 is none."""

    cursor: int = 0
    revision: int = -1

    @classmethod
    def of(cls, id: str) -> Seen | None:
        """Read the id of a message, such as `17` of a line or `17-4` of changed parts; None is no such id."""
        numbers = [int(number) for number in id.split("-") if number.isascii() and number.isdecimal() and len(number) < 12]
        return cls(*numbers) if 0 < len(numbers) < 3 and len(numbers) == id.count("-") + 1 else None


async def follow(pk: int, seen: Seen, look: Look, who: Watcher | None = None) -> AsyncGenerator[bytes, None]:
    """Tell what came after what somebody has seen, then whatever happens, until it has ended."""
    end = _end()
    with tail().run(pk, look) as run, tail().watcher(who):
        yield _retry()
        while time.monotonic() < end and who not in tail().lost:
            changed = run.changed
            if run.is_known:
                while seen.cursor < run.start:
                    yield await _older(run, seen)
                is_last = run.is_last
                yield _take(run, seen) or ALIVE
                if is_last:
                    yield END
                    return
            await changed.wait()


async def follow_rows(
    organization: int, known: dict[int, int], shape: str, look: Look, who: Watcher | None = None
) -> AsyncGenerator[bytes, None]:
    """Tell of the known rows what is newer, and once that rows came or moved, for which the page is to be read again."""
    end = _end()
    with tail().board(organization, list(known), look) as board, tail().watcher(who):
        yield _retry()
        while time.monotonic() < end and who not in tail().lost:
            changed = board.changed
            if board.shape:
                moved, shape = board.shape != shape, board.shape
                yield board.since(known) + MOVED * moved or ALIVE
            await changed.wait()


def _take(run: Run, seen: Seen) -> bytes:
    """Return what is new; it counts as seen from now on, for while it is sent more may come."""
    new = run.since(seen.cursor, seen.revision)
    seen.cursor, seen.revision = max(seen.cursor, run.upto), max(seen.revision, run.revision)
    return new


async def _older(run: Run, seen: Seen) -> bytes:
    """Return the next block of lines from before those that all share."""
    lines, upto = await tail().older(run, seen.cursor)
    chunk = b"".join(line for ordinal, line in lines if ordinal > seen.cursor)
    seen.cursor = upto
    return chunk or ALIVE


def _end() -> float:
    """Not all at the same moment: those who came together do not come again together."""
    return time.monotonic() + LONGEST * random.uniform(0.8, 1.0)


def _retry() -> bytes:
    return f"retry: {random.randint(1000, 3000)}\n\n".encode()
