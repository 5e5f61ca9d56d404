"""Labels: how often the right one, and what is taken for what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from evaluations.scores import bootstrap
from evaluations.scores.figure import NEVER_SAID, NO_ROWS, ONE_CLASS, Figure

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

OUTSIDE = -1
"""What stands for an answer that is none of the known labels."""


@dataclass(frozen=True)
class Confusion:
    """How many rows expect the one label and were given the other; cells without rows are left out."""

    labels: tuple[str, ...]
    expected: Ints  # of each cell, the place of a label
    said: Ints  # of each cell, the place of a label or OUTSIDE
    counts: Ints  # of each cell, at least 1

    @cached_property
    def rows(self) -> int:
        return int(self.counts.sum())

    @cached_property
    def right(self) -> int:
        return int(self.counts[self.expected == self.said].sum())

    @cached_property
    def sums(self) -> tuple[Ints, Ints, Ints]:
        """Of each label: rows that expect it and got it, that expect it, that got it."""
        hit, wanted, given = _sums(self, self.counts[None, :])
        return hit[0], wanted[0], given[0]

    @property
    def cells(self) -> list[list[int]]:
        """For JSON: [expected, said, rows]."""
        return np.stack([self.expected, self.said, self.counts], axis=1).tolist()  # type: ignore[no-any-return]


@dataclass(frozen=True, slots=True)
class OfClass:
    """One label against all others."""

    label: str
    expected: int
    said: int
    precision: Figure
    recall: Figure
    f1: Figure


def confusion(labels: Sequence[str], expected: Ints, said: Ints) -> Confusion:
    """Count the pairs of two arrays of places, one of each for each row."""
    width = len(labels) + 1
    keys, counted = np.unique(expected * width + np.where(said == OUTSIDE, width - 1, said), return_counts=True)
    places = keys % width
    return Confusion(tuple(labels), keys // width, np.where(places == width - 1, OUTSIDE, places), counted)


def from_cells(labels: Sequence[str], cells: Sequence[Sequence[int]]) -> Confusion:
    """Read what `cells` wrote."""
    table = np.array(cells, dtype=np.int64).reshape(-1, 3)
    return Confusion(tuple(labels), table[:, 0], table[:, 1], table[:, 2])


def accuracy(found: Confusion) -> Figure:
    if not found.rows:
        return Figure.missing(NO_ROWS)
    return Figure(found.right / found.rows, found.rows, *bootstrap.share(found.right, found.rows))


def outside(found: Confusion) -> Figure:
    """The share of answers that are none of the known labels."""
    if not found.rows:
        return Figure.missing(NO_ROWS)
    strange = int(found.counts[found.said == OUTSIDE].sum())
    return Figure(strange / found.rows, found.rows, *bootstrap.share(strange, found.rows))


def weighted(found: Confusion) -> dict[str, Figure]:
    """Precision, recall and F1 of each label, averaged by how many rows expect it.

    As scikit-learn counts it, a precision that is undefined counts as 0.
    """
    if not found.rows:
        return {name: Figure.missing(NO_ROWS) for name in ("precision", "recall", "f1")}
    drawn = _weighted(*_sums(found, bootstrap.counts(found.counts)))
    whole = _weighted(*_sums(found, found.counts[None, :]))
    pairs = zip(("precision", "recall", "f1"), whole, drawn, strict=True)
    return {name: Figure(float(value[0]), found.rows, *bootstrap.interval(values)) for name, value, values in pairs}


def each(found: Confusion) -> list[OfClass]:
    """Measure every label that is expected or said, against all others."""
    if not found.rows:
        return []
    hit, wanted, given = _sums(found, bootstrap.counts(found.counts))
    tp, expected, said = found.sums
    return [
        OfClass(
            label,
            int(expected[place]),
            int(said[place]),
            _ratio(tp[place], said[place], hit[:, place], given[:, place], NEVER_SAID),
            _ratio(tp[place], expected[place], hit[:, place], wanted[:, place], ONE_CLASS),
            _ratio(2 * tp[place], expected[place] + said[place], 2 * hit[:, place], (wanted + given)[:, place], ONE_CLASS),
        )
        for place, label in enumerate(found.labels)
    ]


def _ratio(part: int, whole: int, parts: Ints, wholes: Ints, why: str) -> Figure:
    if not whole:
        return Figure.missing(why)
    return Figure(float(part / whole), int(whole), *bootstrap.interval(_divided(parts, wholes, np.nan)))


def _weighted(hit: Ints, wanted: Ints, given: Ints) -> tuple[Floats, Floats, Floats]:
    rows = wanted.sum(axis=1)
    ratios = _divided(hit, given), _divided(hit, wanted), _divided(2 * hit, wanted + given)
    precision, recall, f1 = ((ratio * wanted).sum(axis=1) / rows for ratio in ratios)
    return precision, recall, f1


def _divided(part: Ints, whole: Ints, otherwise: float = 0.0) -> Floats:
    ratio: Floats = np.divide(part, whole, out=np.full(np.shape(part), otherwise), where=whole > 0)
    return ratio


def _sums(found: Confusion, counts: Ints) -> tuple[Ints, Ints, Ints]:
    """Add up `counts` (draws × cells) by label: hits, expected, said (draws × labels each)."""
    right, inside = found.expected == found.said, found.said != OUTSIDE
    hit = _gathered(counts[:, right], found.expected[right], len(found.labels))
    wanted = _gathered(counts, found.expected, len(found.labels))
    return hit, wanted, _gathered(counts[:, inside], found.said[inside], len(found.labels))


def _gathered(counts: Ints, places: Ints, width: int) -> Ints:
    from scipy.sparse import csr_array  # for those who score, not for each process that starts

    ones = np.ones(len(places), dtype=np.int64)
    of_label = csr_array((ones, (np.arange(len(places)), places)), shape=(len(places), width))
    return np.asarray(counts @ of_label)
