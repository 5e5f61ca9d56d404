"""How well the probability of a label tells its rows from the others, whatever the threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evaluations.scores import bootstrap
from evaluations.scores.figure import NO_CHANCES, ONE_CLASS, Figure

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def auroc(is_positive: Bools, chances: Floats) -> Figure:
    """The chance that a row of the label gets a higher probability than another row. Rows without one do not count."""
    return areas(is_positive, chances)[0]


def auprc(is_positive: Bools, chances: Floats) -> Figure:
    """Average precision: precision at each threshold, weighted by the recall that it adds."""
    return areas(is_positive, chances)[1]


def areas(is_positive: Bools, chances: Floats, *, intervals: bool = True) -> tuple[Figure, Figure]:
    """Return both, from the same draws; without intervals it takes no draws and no time to speak of."""
    known = np.isfinite(chances)
    positive, values = is_positive[known], chances[known]
    if not len(values):
        return Figure.missing(NO_CHANCES), Figure.missing(NO_CHANCES)
    if positive.all() or not positive.any():
        return Figure.missing(ONE_CLASS, len(values)), Figure.missing(ONE_CLASS, len(values))
    order = np.argsort(-values, kind="stable")
    positive, values = positive[order], values[order]
    starts = np.flatnonzero(np.r_[True, values[1:] != values[:-1]])

    def score(weights: Floats) -> Floats:
        """`weights` are in the order of the rows, each of which was drawn alike."""
        yes = np.add.reduceat(weights * positive, starts, axis=1)
        no = np.add.reduceat(weights, starts, axis=1) - yes
        return np.stack([_auroc(yes, no), _auprc(yes, no)], axis=1)

    [whole] = score(np.ones((1, len(values))))
    drawn = bootstrap.of_rows(len(values), score) if intervals else np.empty((0, 2))
    first, second = (Figure(float(whole[side]), len(values), *bootstrap.interval(drawn[:, side])) for side in (0, 1))
    return first, second


def _auroc(yes: Floats, no: Floats) -> Floats:
    """Both are draws × groups of the same probability, the highest first."""
    above = np.cumsum(yes, axis=1) - yes / 2
    return _divided((no * above).sum(axis=1), yes.sum(axis=1) * no.sum(axis=1))


def _auprc(yes: Floats, no: Floats) -> Floats:
    found = np.cumsum(yes, axis=1)
    precision = _divided(found, found + np.cumsum(no, axis=1))
    return _divided((yes * precision).sum(axis=1), yes.sum(axis=1))


def _divided(part: Floats, whole: Floats) -> Floats:
    """A draw without rows of both kinds has no value."""
    ratio: Floats = np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole > 0)
    return ratio
