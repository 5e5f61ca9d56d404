"""The hashed weights and the optimiser that moves them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from trainer.engines.hashing import Floats, Ids

_CALM = 0.3
_PENDING = 1 << 18


class Gradient:
    """The sum of one batch's gradient, sparse until it grows large."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._places: list[Ids] = []
        self._values: list[Floats] = []
        self._pending = 0
        self._dense: Floats | None = None

    def add(self, places: Ids, values: Floats) -> None:
        self._places.append(places)
        self._values.append(values)
        self._pending += len(places)
        if self._pending > _PENDING:
            self._flush()

    def total(self) -> tuple[Ids, Floats]:
        """Return the distinct places and the sum at each."""
        if not self._places and self._dense is None:
            return np.zeros(0, np.int64), np.zeros(0)
        if self._dense is not None or self._pending * 16 > self._size:
            dense = self._flush()
            places = np.flatnonzero(dense)
            return places, dense[places]
        places, owner = np.unique(np.concatenate(self._places), return_inverse=True)
        sums = np.bincount(owner, np.concatenate(self._values), len(places))
        return places.astype(np.int64), sums.astype(np.float64)

    def _flush(self) -> Floats:
        dense = np.zeros(self._size) if self._dense is None else self._dense
        if self._places:
            places, values = np.concatenate(self._places), np.concatenate(self._values)
            dense += np.bincount(places, values, self._size)
        self._places, self._values, self._pending = [], [], 0
        self._dense = dense
        return dense


class Weights:
    """2**bits weights shared by all features, and beside each what is known of its feature.

    `squares` are AdaGrad's sums; `seen` counts how often the feature was there.

    AdaGrad (Duchi, Hazan, Singer 2011): w -= rate * d / sqrt(0.3 + sum of d**2). The 0.3
    keeps the first steps of a new feature as small as those of an old one.
    """

    def __init__(self, bits: int) -> None:
        self.bits = bits
        self.value: NDArray[np.float32] = np.zeros(1 << bits, np.float32)
        self.squares: NDArray[np.float32] = np.zeros(1 << bits, np.float32)
        self.seen: NDArray[np.float32] = np.zeros(1 << bits, np.float32)

    def step(self, gradient: Gradient, rate: float) -> None:
        """Move along the gradient of the log-likelihood."""
        places, slope = gradient.total()
        self.squares[places] += slope * slope
        self.value[places] += rate * slope / np.sqrt(_CALM + self.squares[places])
