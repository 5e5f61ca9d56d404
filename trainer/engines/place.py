"""A place in a completion: what has been said, and which prompt tokens would go on with it."""

from __future__ import annotations

import numpy as np

from trainer.engines.hashing import Ids, mix
from trainer.engines.reading import Reading

START, COPIED, OPEN = -2, -3, -4
_LONGEST_MATCH = 3
_FAR = 32


class Place:
    """History in which a run of copied tokens is one mark, so that unseen names look alike."""

    def __init__(self, reading: Reading, order: int) -> None:
        self.reading = reading
        self.before = reading.before
        self.match = np.zeros(len(reading.offers), np.int64)
        self.used = np.zeros(len(reading.offers), np.int64)
        self._order = order
        self._history = [START if len(reading.tokens) else OPEN]
        self._marks = 0

    def contexts(self) -> list[int]:
        """Return the keys of the last mark with its place, and of the last one, two, … marks."""
        keys = [mix(mix(min(self._marks, _FAR) << 32) ^ (self._history[-1] + 8))]
        key = 0
        for mark in reversed(self._history):
            key = mix(key ^ (mark + 8))
            keys.append(key)
        return keys

    def copies(self, token: int) -> bool:
        """Tell whether this token here counts as copied from the prompt."""
        return token in self.reading.copyable

    def push(self, token: int) -> None:
        mark = COPIED if self.copies(token) else token
        if mark != COPIED or self._history[-1] != COPIED:
            self._history = [*self._history[1 - self._order :], mark]
            self._marks += 1
        self.before = token
        same = self.reading.offers == token
        follower, longer = self.reading.follower[same], np.minimum(self.match[same] + 1, _LONGEST_MATCH)
        # One place more than there are offers: the end of the prompt, where nothing goes on.
        match = np.zeros(len(self.match) + 1, np.int64)
        np.maximum.at(match, follower, longer)
        self.match = match[:-1]
        self.used |= same

    def sources(self) -> Ids:
        """Return which offers of the prompt may be copied now."""
        return np.flatnonzero(self.reading.content | (self.match > 0))
