"""Where it is better and where worse: the same score on parts of the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from evaluations.scores import bootstrap
from evaluations.scores.figure import Figure

Floats = NDArray[np.float64]

MOST_GROUPS = 20
FEWEST_ROWS = 4
PARTS = 4


@dataclass(frozen=True, slots=True)
class Slice:
    name: str
    figure: Figure


def by_value(values: Floats, groups: Sequence[str]) -> list[Slice]:
    """Return the mean of `values` of each group, the largest first; [] unless the groups say something.

    They say nothing if all rows are in one, or if there are so many that most are of few rows.
    """
    counts = Counter(groups)
    if not 1 < len(counts) <= max(MOST_GROUPS, 1) or len(counts) * 2 > len(groups):
        return []
    place = np.array(groups, dtype=object)
    return [Slice(name, _mean(values[place == name])) for name, _rows in counts.most_common()]


def by_length(values: Floats, lengths: NDArray[np.int64]) -> list[Slice]:
    """Cut the rows into quarters by length; names are `from-to`."""
    if len(values) < PARTS * FEWEST_ROWS:
        return []
    edges = np.unique(np.quantile(lengths, np.arange(1, PARTS) / PARTS, method="lower"))
    places = np.searchsorted(edges, lengths, side="left")
    parts = [places == place for place in range(len(edges) + 1)]
    return [Slice(f"{lengths[part].min()}–{lengths[part].max()}", _mean(values[part])) for part in parts if part.any()]


def _mean(values: Floats) -> Figure:
    if set(np.unique(values)) <= {0.0, 1.0}:
        return Figure(float(values.mean()), len(values), *bootstrap.share(int(values.sum()), len(values)))
    return Figure(float(values.mean()), len(values), *bootstrap.mean(values))
