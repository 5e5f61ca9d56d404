"""Join tokens to text that can be shown at once: whole characters, and nothing of a stop sequence.

A token may hold a part of a character, and a stop sequence may begin in one token and end in another, so
text is held back as long as it could still become one. All pieces together are the same text as in one go.
"""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

Mark = TypeVar("Mark")


class Placed(NamedTuple, Generic[Mark]):
    mark: Mark
    start: int
    """Characters before the token, from where the writing began."""


@dataclass(frozen=True)
class Shown(Generic[Mark]):
    text: str
    tokens: tuple[Placed[Mark], ...]
    stopped: bool = False


class Writing(Generic[Mark]):
    """Takes tokens' bytes with a mark of the caller's, and shows text and marks when they are certain."""

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stops)
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._shown = 0
        self._waiting: list[tuple[Placed[Mark], int]] = []

    def push(self, raw: bytes, mark: Mark) -> Shown[Mark]:
        start = self._end
        self._held += self._decoder.decode(raw)
        self._waiting.append((Placed(mark, start), self._end))
        return self._stop() or self._show(len(self._held) - self._doubtful())

    def finish(self) -> Shown[Mark]:
        self._held += self._decoder.decode(b"", final=True)
        return self._stop() or self._show(len(self._held), all_tokens=True)

    @property
    def _end(self) -> int:
        return self._shown + len(self._held)

    def _stop(self) -> Shown[Mark] | None:
        """Return the text before the stop sequence that is complete first, however the text came in tokens."""
        found = [(place + len(stop), place) for stop in self._stops if (place := self._held.find(stop)) >= 0]
        if not found:
            return None
        _, place = min(found)
        tokens = tuple(placed for placed, _ in self._waiting if placed.start < self._shown + place)
        return Shown(self._held[:place], tokens, stopped=True)

    def _doubtful(self) -> int:
        """Return how many last characters may turn out to begin a stop sequence."""
        return max((_overlap(self._held, stop) for stop in self._stops), default=0)

    def _show(self, length: int, *, all_tokens: bool = False) -> Shown[Mark]:
        text, self._held = self._held[:length], self._held[length:]
        self._shown += length
        count = len(self._waiting) if all_tokens else sum(1 for _, end in self._waiting if end <= self._shown)
        tokens = tuple(placed for placed, _ in self._waiting[:count])
        del self._waiting[:count]
        return Shown(text, tokens)


def _overlap(text: str, stop: str) -> int:
    """Return the length of the longest end of `text` with which `stop` begins."""
    longest = min(len(text), len(stop) - 1)
    return next((size for size in range(longest, 0, -1) if text.endswith(stop[:size])), 0)
