"""Which rows a check found, as numbers that can be joined, thinned out and counted."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

RowNumbers = NDArray[np.int32]
Mask = NDArray[np.bool_]
_NONE: RowNumbers = np.zeros(0, np.int32)


class Hits:
    """Numbers of rows in rising order, counted from 0."""

    def __init__(self) -> None:
        self._parts: list[RowNumbers] = []
        self.latest = _NONE  # the rows that were added last, counted from the first of their batch

    def add(self, at: int, wrong: Sequence[bool] | Mask) -> None:
        """Note the rows that are wrong of a batch whose first row has the number `at`."""
        self.latest = np.flatnonzero(wrong).astype(np.int32) if _any(wrong) else _NONE
        if len(self.latest):
            self._parts.append(self.latest + np.int32(at))

    def note(self, wrong: Mask) -> None:
        """Note all rows at once, in the place of what was noted before."""
        self._parts = [np.flatnonzero(wrong).astype(np.int32)]

    def join(self, other: Hits, at: int) -> None:
        """Take over what was found in the rows from `at` on, which were counted from 0 there."""
        self._parts += [part + np.int32(at) for part in other._parts]

    def keep(self, kept: Mask) -> None:
        """Let go of rows that are not kept; those that are move up."""
        rows = self.rows()
        numbers = np.cumsum(kept, dtype=np.int32) - np.int32(1)
        self._parts = [numbers[rows[kept[rows]]]]

    def rows(self) -> RowNumbers:
        if len(self._parts) != 1:
            self._parts = [np.concatenate(self._parts) if self._parts else np.zeros(0, np.int32)]
        return self._parts[0]

    def __len__(self) -> int:
        return sum(map(len, self._parts))


def _any(wrong: Sequence[bool] | Mask) -> bool:
    return bool(wrong.any()) if isinstance(wrong, np.ndarray) else True in wrong
