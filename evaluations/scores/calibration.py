"""Whether a probability of 80 % means right in 8 of 10 cases."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluations.scores import bootstrap
from evaluations.scores.figure import NO_CHANCES, Figure

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
BINS = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """Rows whose probability lies from `low` on and below `high` (1 is in the last one)."""

    low: float
    high: float
    rows: int
    said: float  # the mean probability
    true: float  # the share for which it was true
    true_low: float | None
    true_high: float | None


def brier(is_true: Bools, chances: Floats) -> Figure:
    """The mean squared distance between the probability and what was true: 0 is perfect, 0.25 is tossing a coin."""
    true, values = _known(is_true, chances)
    if not len(values):
        return Figure.missing(NO_CHANCES)
    errors = (values - true) ** 2
    return Figure(float(errors.mean()), len(values), *bootstrap.mean(errors))


def expected_error(is_true: Bools, chances: Floats, bins: int = BINS) -> Figure:
    """The expected calibration error: how far probability and truth lie apart in a bin, on average over the rows."""
    true, values = _known(is_true, chances)
    if not len(values):
        return Figure.missing(NO_CHANCES)
    inside = (_places(values, bins)[:, None] == np.arange(bins)).astype(np.float64)
    gaps = inside * (values - true)[:, None]

    def score(weights: Floats) -> Floats:
        errors: Floats = np.abs(weights @ gaps).sum(axis=1) / len(values)
        return errors

    whole = float(score(np.ones((1, len(values))))[0])
    return Figure(whole, len(values), *bootstrap.interval(bootstrap.of_rows(len(values), score)))


def curve(is_true: Bools, chances: Floats, bins: int = BINS) -> list[Bin]:
    """Return the bins of equal width that have rows."""
    true, values = _known(is_true, chances)
    places = _places(values, bins)
    return [_bin(place, bins, true[places == place], values[places == place]) for place in np.unique(places)]


def _bin(place: int, bins: int, true: Floats, values: Floats) -> Bin:
    low, high = bootstrap.share(int(true.sum()), len(true))
    return Bin(
        low=float(place / bins),
        high=float((place + 1) / bins),
        rows=len(values),
        said=float(values.mean()),
        true=float(true.mean()),
        true_low=low,
        true_high=high,
    )


def _known(is_true: Bools, chances: Floats) -> tuple[Floats, Floats]:
    known = np.isfinite(chances)
    return is_true[known].astype(np.float64), chances[known]


def _places(values: Floats, bins: int) -> NDArray[np.int64]:
    return np.clip(np.searchsorted(np.arange(bins + 1) / bins, values, side="right") - 1, 0, bins - 1)
