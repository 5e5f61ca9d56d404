"""The horizontal axis of a chart: steps, or what the run had seen or when it was by then. Arithmetic only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finetunes.metrics import Series

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Along:
    """Where each step lies on the axis; without `known`, at its own number.

    `known` never descends. Between two known steps places are interpolated, beyond them nobody knows.
    """

    title: str
    known: Series | None = None
    is_time: bool = False
    """Whether places are moments, in milliseconds since 1970."""

    def place(self, steps: NDArray[np.generic]) -> Numbers:
        """Return the places of steps; NaN where nobody knows."""
        at = steps.astype(np.float64)
        if self.known is None:
            return at
        return np.interp(at, self.known.steps, self.known.values, left=np.nan, right=np.nan)

    def step(self, place: float) -> float:
        """Return the step that lies there, which may lie between two."""
        if self.known is None:
            return place
        return float(np.interp(place, self.known.values, self.known.steps))


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a step, with a few words."""

    step: float
    label: str


def ascending(points: Series) -> Series | None:
    """Return the points as an axis needs them: at least two, and never descending; else None."""
    if len(points) < 2 or bool((np.diff(points.values) < 0).any()) or points.values[-1] <= points.values[0]:
        return None
    return points
