"""A noisy curve as a few levels, each a mean with its standard error. Arithmetic only.

A loss that is measured on one batch at a time jumps from value to value, often by more than it changes in a
whole epoch. So no single value is ever compared with another: only means of many, and only as exactly as their
spread allows. The spread is taken from the differences of neighbours, which a slow course hardly changes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from finetunes.metrics import Series

MOST = 16
"""So many levels at most: fine enough to name an epoch, coarse enough to have many values in each."""
IN_EACH = 6
"""Values in a level, at least; with fewer its spread is hardly known."""
LEAST = 12
"""A curve of single batches with fewer values says nothing about its course."""
LEAST_WHOLE = 3
"""One that is measured on all of the data, once an epoch, needs no more."""
WANDER = 0.02
"""By this share even a loss measured on all of the data wanders from epoch to epoch without a meaning."""
CLIPPED_FROM = 200
"""In so many values the highest hundredth is cut off: a spike is a matter of its own."""


@dataclass(frozen=True, slots=True)
class Level:
    """The mean of the values from one step to another, with the standard error of that mean."""

    mean: float
    error: float
    count: int
    first: int
    last: int

    @property
    def middle(self) -> int:
        return (self.first + self.last) // 2

    def above(self, other: Level) -> float:
        """By how many standard errors this lies above the other."""
        spread = float(np.hypot(self.error, other.error))
        return (self.mean - other.mean) / max(spread, 1e-12)


@dataclass(frozen=True, slots=True)
class Curve:
    start: Level  # its mean is the median of the first few
    levels: tuple[Level, ...]
    is_whole: bool  # each value was measured on all of the data, not on a batch
    values: NDArray[np.float64] = field(repr=False)

    @property
    def best(self) -> int:
        """The place of the lowest level, each looked at together with its neighbours where there are many.

        The lowest of many noisy levels is low by luck as well; with its neighbours it is less so.
        """
        return int(np.argmin([self.around(place).mean for place in range(len(self.levels))]))

    def around(self, place: int) -> Level:
        """The level at a place, with its neighbours where there are many levels of single batches."""
        reach = 1 if len(self.levels) >= 8 and not self.is_whole else 0
        return join(self.levels[max(0, place - reach) : place + reach + 1])

    @property
    def end(self) -> Level:
        return self.tail(1 if len(self.levels) < 8 or self.is_whole else 2)

    @property
    def fall(self) -> float:
        return self.start.mean - self.around(self.best).mean

    @property
    def sank(self) -> float:
        """By how many standard errors the first values rank above those around the best level.

        Ranks are used because a loss begins with leaps that leave a mean with hardly any certainty.
        """
        if self.is_whole:
            return self.start.above(self.around(self.best))
        low, count = self.around(self.best), len(self.values)
        before = sum(one.count for one in self.levels if one.last < low.first)
        opening = int(np.clip(count // 20, IN_EACH, 100))
        return rank(self.values[:opening], self.values[max(before, opening) : before + low.count])

    def sinks(self, first: int, middle: int) -> float:
        """By how many standard errors the values of levels from `first` rank above those from `middle` to the end."""
        if self.is_whole:
            return self.between(first, middle).above(self.between(middle, len(self.levels)))
        start, split = (sum(one.count for one in self.levels[:place]) for place in (first, middle))
        return rank(_few(self.values[start:split]), _few(self.values[split:]))

    def tail(self, count: int) -> Level:
        return join(self.levels[-count:])

    def between(self, first: int, last: int) -> Level:
        return join(self.levels[first:last])

    def at(self, step: int) -> Level:
        """The level in which a step lies, or the nearest one."""
        place = next((place for place, one in enumerate(self.levels) if one.last >= step), len(self.levels) - 1)
        return self.around(place)


def curve(series: Series | None, *, whole: bool = False, most: int = MOST) -> Curve | None:
    """Cut a series into levels of equally many values; None if it has too few to say anything."""
    if series is None or len(series) < (LEAST_WHOLE if whole else LEAST):
        return None
    values, count = _clipped(series.values), len(series)
    parts = min(count, most) if whole else int(np.clip(count // IN_EACH, 2, most))
    bounds = np.linspace(0, count, parts + 1).astype(np.int64)
    levels = _levels(series.steps, values, bounds, whole=whole)
    opening = 1 if whole else int(np.clip(count // 20, 2, 10))
    error = levels[0].error * np.sqrt(levels[0].count / opening)
    first = float(np.median(series.values[:opening]))  # the very first learn no more than what an answer looks like
    start = Level(first, float(error), opening, int(series.steps[0]), int(series.steps[opening - 1]))
    return Curve(start, levels, whole, series.values)


def join(levels: Sequence[Level]) -> Level:
    counts = np.array([one.count for one in levels], dtype=np.float64)
    means = np.array([one.mean for one in levels])
    errors = np.array([one.error for one in levels])
    share = counts / counts.sum()
    error = float(np.sqrt(((share * errors) ** 2).sum()))
    return Level(float((share * means).sum()), error, int(counts.sum()), levels[0].first, levels[-1].last)


def rank(high: NDArray[np.float64], low: NDArray[np.float64]) -> float:
    """By how many standard errors the values of one group rank above those of another (Mann and Whitney)."""
    if not len(high) or not len(low):
        return 0.0
    ordered = np.sort(low)
    wins = (np.searchsorted(ordered, high, "left") + np.searchsorted(ordered, high, "right")).sum() / 2
    pairs = len(high) * len(low)
    return float((wins - pairs / 2) / np.sqrt(pairs * (len(high) + len(low) + 1) / 12))


def _few(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Some thousand of very many, evenly: ranks are no surer for more, and sorting takes its time."""
    return values[:: max(1, len(values) // 2000)]


def _clipped(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(values, np.quantile(values, 0.99)) if len(values) >= CLIPPED_FROM else values


def _levels(
    steps: NDArray[np.int64], values: NDArray[np.float64], bounds: NDArray[np.int64], *, whole: bool
) -> tuple[Level, ...]:
    starts, sizes = bounds[:-1], np.diff(bounds)
    means = np.add.reduceat(values, starts) / sizes
    errors = np.abs(means) * WANDER if whole else _errors(values, starts, sizes)
    return tuple(
        Level(float(mean), float(error), int(size), int(steps[start]), int(steps[start + size - 1]))
        for mean, error, size, start in zip(means, errors, sizes, starts, strict=True)
    )


def _errors(values: NDArray[np.float64], starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The standard errors of the means, from half the mean square of neighbours' differences.

    A part that happens to be quiet is not trusted entirely: it counts as at least half as noisy as the middle one.
    """
    squares = np.append(np.diff(values) ** 2, 0.0) / 2
    variances = np.add.reduceat(squares, starts) / sizes
    variances = np.maximum(variances, np.median(variances) / 4)
    return np.asarray(np.sqrt(variances / sizes), dtype=np.float64)
