"""95 % intervals by drawing the rows again, with the same seed each time, so that a page never changes by itself.

Drawing n rows and counting their kinds is drawing the counts from a multinomial distribution: scores that follow
from counts need no rows at all. For the others, `weights` says how often each row was drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Interval = tuple[float | None, float | None]

DRAWS, FEWEST = 1000, 200
SEED = 2026
MOST_CELLS = 20_000_000  # rows × draws: with more than 20,000 rows there are fewer draws, and less need of them
AT_ONCE = 2_000_000  # numbers held in memory
NONE: Interval = (None, None)


def interval(values: Floats) -> Interval:
    """Return where the middle 95 % of the drawn values lie; draws without a value do not count."""
    known = values[np.isfinite(values)]
    if not len(known):
        return NONE
    low, high = np.quantile(known, (0.025, 0.975))
    return float(low), float(high)


def counts(cells: Ints, draws: int = DRAWS) -> Ints:
    """Draw a table of counts again: `draws` × its cells. `cells` has one axis and at least one row in it."""
    total = int(cells.sum())
    return np.asarray(np.random.default_rng(SEED).multinomial(total, cells / total, size=draws), dtype=np.int64)


def share(hits: int, rows: int) -> Interval:
    """The interval of a share, such as of right answers."""
    if not rows:
        return NONE
    return interval(counts(np.array([hits, rows - hits]))[:, 0] / rows)


def mean(values: Floats) -> Interval:
    """The interval of the mean of one number for each row."""
    if not len(values):
        return NONE
    return interval(of_rows(len(values), lambda drawn: drawn @ values / len(values)))


def of_rows(rows: int, score: Callable[[Floats], Floats]) -> Floats:
    """Return `score` of every draw; it gets weights (draws × rows) and gives a number, or some, for each draw."""
    return np.concatenate([score(drawn) for drawn in weights(rows)])


def weights(rows: int) -> Iterator[Floats]:
    """Say how often each row was drawn, a few draws at a time: draws × rows."""
    rng = np.random.default_rng(SEED)
    left = max(FEWEST, min(DRAWS, MOST_CELLS // rows))
    at_once = max(1, AT_ONCE // rows)
    while left:
        some = min(left, at_once)
        drawn = rng.integers(0, rows, (some, rows)) + np.arange(some)[:, None] * rows
        yield np.bincount(drawn.ravel(), minlength=some * rows).reshape(some, rows).astype(np.float64)
        left -= some
