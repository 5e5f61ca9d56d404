"""Which rows have to stay on one side of a split: those that ask the same, in any spelling, or nearly the same.

A large share of all rows that ask nearly the same are no copies of each other but filled-in forms. Holding these
together would leave nothing to validate on, so of them only those in the same wording stay together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from datasets.checks import near_duplicates
from datasets.checks.alike import Places, Signatures, pairs, signatures
from datasets.checks.keys import Keys

SHARE = 0.1  # of all rows; more that ask nearly the same are a form
FEW = 3  # rows that stay together however few there are in all
_TOGETHER = 1_000


class Together:
    """Takes the words of what each row asks, in order, and tells which rows belong together."""

    def __init__(self, rows: int) -> None:
        self.compares = rows <= near_duplicates.MOST
        self.parts: list[Signatures] = []
        self.waiting: list[bytes] = []

    def add(self, words: bytes) -> None:
        if self.compares:
            self.waiting.append(words)
            if len(self.waiting) >= _TOGETHER:
                self._sign()

    def _sign(self) -> None:
        self.parts.append(signatures(self.waiting))
        self.waiting = []

    def groups(self, questions: Keys, wordings: Keys) -> Keys:
        """A key for each row, equal for rows that belong together: that of the question of the first of them."""
        self._sign()
        exact = _first(wordings)
        if not self.compares or not len(questions):
            return questions[exact]
        return questions[_near(exact, np.concatenate(self.parts))]


def _near(exact: Places, signed: Signatures) -> Places:
    """The first of the rows that each row belongs to, given the first of those in the same wording."""
    distinct = np.flatnonzero(exact == np.arange(len(exact)))
    one, other = pairs(signed[distinct])
    near = distinct[joined(len(distinct), one, other)[np.searchsorted(distinct, exact)]]
    sizes = np.bincount(near, minlength=len(near))
    return np.where(sizes[near] <= max(FEW, len(near) * SHARE), near, exact)


def joined(count: int, one: Places, other: Places) -> Places:
    """For each of `count` things the first one that pairs connect it with, if by way of others."""
    found = np.arange(count)
    while True:
        here, there = found[one], found[other]
        if (here == there).all():
            return found
        np.minimum.at(found, np.maximum(here, there), np.minimum(here, there))
        while (found != (nearer := found[found])).any():
            found = nearer


def _first(keys: Keys) -> NDArray[np.int64]:
    _unique, first, group = np.unique(keys, return_index=True, return_inverse=True)
    found: NDArray[np.int64] = first[group]
    return found
