"""Two models on the same rows: is the one better, or was it chance?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluations.scores import bootstrap

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Paired:
    """`chance`: how often a difference at least this large comes about if the two are equally good (two-sided)."""

    rows: int
    difference: float  # of the means, second minus first
    low: float | None
    high: float | None
    chance: float | None  # None without rows
    only_first: int = 0  # rows that only the first has right, or better
    only_second: int = 0


def right(first: Bools, second: Bools) -> Paired:
    """Compare who is right, by McNemar's exact test: rows on which both are alike say nothing."""
    rows = len(first)
    if not rows:
        return Paired(0, 0.0, None, None, None)
    from scipy.stats import binomtest  # takes a second: for those who compare, not for each process that starts

    mine, other = int((first & ~second).sum()), int((second & ~first).sum())
    drawn = bootstrap.counts(np.array([mine, other, rows - mine - other]))
    low, high = bootstrap.interval((drawn[:, 1] - drawn[:, 0]) / rows)
    chance = float(binomtest(min(mine, other), mine + other).pvalue) if mine + other else 1.0
    return Paired(rows, (other - mine) / rows, low, high, chance, mine, other)


def quality(first: Floats, second: Floats) -> Paired:
    """Compare one number for each row by drawing the rows again; rows where either is unknown do not count."""
    known = np.isfinite(first) & np.isfinite(second)
    gaps = second[known] - first[known]
    if not len(gaps):
        return Paired(0, 0.0, None, None, None)
    drawn = bootstrap.of_rows(len(gaps), lambda weights: weights @ gaps / len(gaps))
    below, above = (drawn <= 0).sum(), (drawn >= 0).sum()
    chance = min(1.0, 2 * (min(int(below), int(above)) + 1) / (len(drawn) + 1))
    low, high = bootstrap.interval(drawn)
    return Paired(len(gaps), float(gaps.mean()), low, high, chance, int((gaps < 0).sum()), int((gaps > 0).sum()))
